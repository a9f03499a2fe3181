import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    preloadBundle,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { deserializeDate } from "@web/core/l10n/dates";
import { axisDays, balanceAt } from "@loan_crm/loan_what_if_chart/loan_what_if_chart";

const FORM = /* xml */ `
    <form>
        <field name="currency_id" invisible="1"/>
        <field name="name"/>
        <widget name="loan_what_if_chart"/>
    </form>`;

const AGREED = {
    kind: "agreed",
    name: "As agreed",
    points: [
        ["2025-01-15", 300],
        ["2025-02-15", 200],
        ["2025-03-15", 100],
        ["2025-04-15", 0],
    ],
};
const SETTLED = {
    kind: "settle",
    name: "Settle",
    points: [
        ["2025-01-15", 300],
        ["2025-01-15", 0],
    ],
};

class LoanWhatIf extends models.Model {
    _name = "loan.what.if";
    name = fields.Char({ onChange: () => {} });
    currency_id = fields.Many2one({ relation: "res.currency", default: 1 });
    chart = fields.Json();
    _records = [
        { id: 1, name: "Two", currency_id: 1, chart: [AGREED, SETTLED] },
        { id: 2, name: "None", currency_id: 1, chart: [] },
    ];
}

defineMailModels(); // the addon depends on mail, whose services ask for its models
defineModels([LoanWhatIf]);
preloadBundle("web.chartjs_lib");

async function mountForm(resId) {
    await mountView({ type: "form", resModel: "loan.what.if", resId, arch: FORM });
    await animationFrame();
}

const getChart = () => Chart.getChart(queryOne(".o_loan_what_if_chart canvas"));
const millis = (day) => deserializeDate(day).toMillis();

test("each variant is a line, told apart by colour and dashes, and in words", async () => {
    await mountForm(1);
    const { datasets } = getChart().data;
    expect(datasets.map(({ label }) => label)).toEqual(["As agreed", "Settle"]);
    expect(datasets[0].data[1]).toEqual({ x: millis("2025-02-15"), y: 200 });
    expect(datasets[0].borderColor).not.toBe(datasets[1].borderColor);
    expect(datasets[0].borderDash).not.toEqual(datasets[1].borderDash);
    expect(queryAllTexts(".o_loan_what_if_legend li")).toEqual(["As agreed", "Settle"]);
    expect(".o_loan_what_if_chart p.visually-hidden").toHaveText(
        "As agreed: $ 300.00 owed at first, repaid on Apr 15, 2025. " +
            "Settle: $ 300.00 owed at first, repaid on Jan 15, 2025."
    );
});

test("the tooltip tells what is owed in each variant on the day under the pointer", async () => {
    await mountForm(1);
    const chart = getChart();
    const show = (tooltip) => chart.options.plugins.tooltip.external({ chart, tooltip });
    show({ opacity: 1, dataPoints: [{ parsed: { x: millis("2025-02-15") } }] });
    await animationFrame();
    expect(".o_loan_what_if_tooltip > div").toHaveText("Feb 15, 2025");
    expect(queryAllTexts(".o_loan_what_if_tooltip td:not(:empty)").filter(Boolean)).toEqual([
        ...["As agreed", "$ 200.00"],
        ...["Settle", "$ 0.00"],
    ]);
    show({ opacity: 0 });
    await animationFrame();
    expect(".o_loan_what_if_tooltip").toHaveCount(0);
});

test("a comparison without an answer has no chart", async () => {
    await mountForm(2);
    expect(".o_loan_what_if_chart").toHaveCount(0);
});

test("the lines follow each answer of the server", async () => {
    onRpc("loan.what.if", "onchange", () => ({ value: { chart: [AGREED] } }));
    await mountForm(1);
    expect(getChart().data.datasets).toHaveLength(2);
    await contains(".o_field_widget[name=name] input").edit("Other");
    await animationFrame();
    expect(getChart().data.datasets).toHaveLength(1);
});

test("a balance stands until the next one", () => {
    const points = [
        { x: 10, y: 300 },
        { x: 20, y: 200 },
        { x: 20, y: 50 },
    ];
    expect([5, 10, 19, 20, 99].map((x) => balanceAt(points, x))).toEqual([null, 300, 300, 50, 50]);
});

test("an axis of time is labelled on first days, few enough to be read", () => {
    const days = (from, to) =>
        axisDays(deserializeDate(from), deserializeDate(to)).map((day) => day.toISODate());
    expect(days("2025-01-15", "2025-04-15")).toEqual(["2025-02-01", "2025-03-01", "2025-04-01"]);
    expect(days("2025-06-15", "2055-06-15")).toHaveLength(6);
    expect(days("2025-06-15", "2055-06-15")[0]).toBe("2030-01-01");
    expect(days("2025-01-15", "2025-01-15")).toEqual([]);
});
