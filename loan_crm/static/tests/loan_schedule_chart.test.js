import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame, runAllTimers } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    makeMockEnv,
    models,
    mountView,
    onRpc,
    preloadBundle,
} from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { deserializeDate } from "@web/core/l10n/dates";
import { formatShortAmount, shortFigure } from "@loan_crm/loan_chart/short_figures";
import { CASES } from "./short_figures.cases";
import { positionOfDay } from "@loan_crm/loan_schedule_chart/loan_schedule_chart";

const { DateTime } = luxon;

const FORM = /* xml */ `
    <form>
        <field name="currency_id" invisible="1"/>
        <field name="name"/>
        <widget name="loan_schedule_chart"/>
    </form>`;

class LoanContract extends models.Model {
    _name = "loan.contract";
    name = fields.Char();
    currency_id = fields.Many2one({ relation: "res.currency", default: 1 });
    _records = [
        { id: 1, name: "Long", currency_id: 1 },
        { id: 2, name: "Late", currency_id: 1 },
    ];
}

class LoanInstallment extends models.Model {
    _name = "loan.installment";
    contract_id = fields.Many2one({ relation: "loan.contract" });
    number = fields.Integer();
    due_date = fields.Date();
    principal = fields.Float();
    interest = fields.Float();
    amount = fields.Float();
    balance = fields.Float();
    principal_paid = fields.Float();
    interest_paid = fields.Float();
    amount_open = fields.Float();
    state = fields.Char();
    days_past_due = fields.Integer();
    version_to = fields.Integer();
    _records = [...makeRows(1, 360), ...makeRows(2, 3)];
}

defineMailModels(); // the addon depends on mail, whose services ask for its models
defineModels([LoanContract, LoanInstallment]);
preloadBundle("web.chartjs_lib");

function makeRows(contractId, count) {
    const first = DateTime.fromISO("2025-01-15");
    return Array.from({ length: count }, (_, index) => ({
        contract_id: contractId,
        number: index + 1,
        due_date: first.plus({ months: index }).toISODate(),
        principal: 100,
        interest: 10,
        amount: 110,
        balance: 100 * (count - index - 1),
        principal_paid: 0,
        interest_paid: 0,
        amount_open: 110,
        state: "open",
        days_past_due: 0,
        version_to: false,
    }));
}

function pay(row, interest, principal) {
    const amount_open = 110 - interest - principal;
    Object.assign(row, {
        interest_paid: interest,
        principal_paid: principal,
        amount_open,
        state: amount_open ? "open" : "paid",
    });
}

async function mountLoan(resId) {
    const view = await mountView({ type: "form", resModel: "loan.contract", resId, arch: FORM });
    await animationFrame();
    return view;
}

const getChart = () => Chart.getChart(queryOne(".o_loan_schedule_chart canvas"));
const summary = () => queryOne(".o_loan_schedule_chart p.visually-hidden").textContent;

test("a long loan is drawn with all its rows, read in one call", async () => {
    onRpc("loan.installment", "*", ({ method, kwargs }) => {
        expect.step(method);
        expect(kwargs.limit).toBe(undefined);
    });
    await mountLoan(1);
    expect.verifySteps(["search_read"]);
    expect(getChart().data.labels).toHaveLength(360);
    for (const dataset of getChart().data.datasets) {
        expect(dataset.data).toHaveLength(360);
    }
    expect(summary()).toBe(
        "360 installments, from Jan 15, 2025 to Dec 15, 2054. Total interest: $\u00a03,600.00. " +
            "Still to pay: $\u00a039,600.00."
    );
});

test("what is paid, open and overdue is told apart, also in words", async () => {
    const rows = LoanInstallment._records.filter((row) => row.contract_id === 2);
    pay(rows[0], 10, 100);
    pay(rows[1], 10, 40);
    rows[1].days_past_due = 5;
    await mountLoan(2);
    const [principalPaid, principal, interestPaid, interest, balance] = getChart().data.datasets;
    expect(principalPaid.data).toEqual([100, 40, 0]);
    expect(principal.data).toEqual([0, 60, 100]);
    expect(interestPaid.data).toEqual([10, 10, 0]);
    expect(interest.data).toEqual([0, 0, 10]);
    expect(balance.data).toEqual([200, 100, 0]);
    expect(principal.backgroundColor[1]).not.toBe(principal.backgroundColor[2]);
    expect(queryAllTexts(".o_loan_schedule_legend li")).toEqual([
        "Principal",
        "Interest",
        "Paid",
        "Overdue",
        "Balance After",
    ]);
    expect(summary()).toInclude("Paid installments: 1. Overdue installments: 1.");
});

test("the tooltip tells date, number, amounts and state of the row under the pointer", async () => {
    const rows = LoanInstallment._records.filter((row) => row.contract_id === 2);
    pay(rows[1], 10, 40);
    rows[1].days_past_due = 5;
    await mountLoan(2);
    const chart = getChart();
    const show = (index) =>
        chart.options.plugins.tooltip.external({
            chart,
            tooltip: { opacity: 1, dataPoints: [{ dataIndex: index }] },
        });
    show(1);
    await animationFrame();
    expect(".o_loan_schedule_tooltip > div:first").toHaveText("Feb 15, 2025");
    expect(queryAllTexts(".o_loan_schedule_tooltip > div > span")).toEqual([
        "Installment 2 of 3",
        "5 days overdue",
    ]);
    const cells = queryAllTexts(".o_loan_schedule_tooltip td:not(:empty)");
    expect(cells.map((text) => text.replace("\u00a0", " ")).filter(Boolean)).toEqual([
        ...["Principal", "$ 100.00"],
        ...["Interest", "$ 10.00"],
        ...["Payment", "$ 110.00"],
        ...["Still open", "$ 60.00"],
        ...["Balance After", "$ 100.00"],
    ]);
    chart.options.plugins.tooltip.external({ chart, tooltip: { opacity: 0 } });
    await animationFrame();
    expect(".o_loan_schedule_tooltip").toHaveCount(0);
});

test("a new loan asks to be saved, and is drawn once it is", async () => {
    onRpc("loan.installment", "search_read", () => expect.step("search_read"));
    onRpc("loan.contract", "web_save", function ({ parent }) {
        const records = parent();
        this.env["loan.installment"].create(makeRows(records[0].id, 12)); // as the server does
        return records;
    });
    await mountLoan();
    expect(".o_loan_schedule_empty").toHaveText("Save the loan to see its schedule.");
    expect.verifySteps([]);
    await contains(".o_field_widget[name=name] input").edit("New");
    await clickSave();
    await runAllTimers();
    await animationFrame();
    expect.verifySteps(["search_read"]);
    expect(".o_loan_schedule_empty").toHaveCount(0);
    expect(getChart().data.labels).toHaveLength(12);
});

test("a saved change is read again, a keystroke is not", async () => {
    onRpc("loan.installment", "search_read", () => expect.step("search_read"));
    await mountLoan(2);
    const before = getChart();
    expect.verifySteps(["search_read"]);
    await contains(".o_field_widget[name=name] input").edit("Later");
    await runAllTimers();
    expect.verifySteps([]);
    await clickSave();
    await runAllTimers();
    await animationFrame();
    expect.verifySteps(["search_read"]);
    expect(before.ctx).toBe(null, { message: "the former chart is destroyed" });
    expect(getChart().data.labels).toHaveLength(3);
});

test("a loan without rows says so", async () => {
    LoanContract._records.push({ id: 4, name: "Empty", currency_id: 1 });
    await mountLoan(4);
    expect(".o_loan_schedule_empty").toHaveText("This loan has no installments yet.");
    expect("canvas").toHaveCount(0);
});

test("the marker stands where the day lies between the due dates", async () => {
    const dates = ["2025-01-15", "2025-02-15", "2025-03-15"].map((day) => deserializeDate(day));
    const at = (day) => positionOfDay(dates, deserializeDate(day));
    expect(at("2025-01-15")).toBe(0);
    expect(at("2025-03-15")).toBe(2);
    expect(at("2025-03-01")).toBe(1.5);
    expect(at("2025-01-10")).toBeWithin(-0.5, -0.01);
    expect(at("2024-12-15")).toBe(-0.5, { message: "the day of disbursement is on the left edge" });
    expect(at("2025-03-30")).toBe(2.5);
    expect(at("2024-06-01")).toBe(null);
    expect(at("2026-06-01")).toBe(null);
    expect(positionOfDay([], deserializeDate("2025-01-01"))).toBe(null);
    expect(positionOfDay(dates.slice(0, 1), dates[0])).toBe(0);
});

test("figures are as short as the server has them", async () => {
    await makeMockEnv();
    for (const [value, language, digits, told] of CASES) {
        expect(shortFigure(Number(value), language, digits)).toBe(told, { message: `${value} in ${language}` });
    }
});

test("a Chinese axis counts in ten thousands and puts no space after the sign", async () => {
    await makeMockEnv();
    const short = (value) => formatShortAmount(value, 1, "zh-CN");
    expect([0, 0.5, 500, 1500, 10000, 12500, 35000000].map(short)).toEqual([
        "$0",
        "$0.50",
        "$500",
        "$1,500",
        "$1万",
        "$1.25万",
        "$3,500万",
    ]);
});

test("an axis says amounts as short as they can be said exactly", async () => {
    await makeMockEnv(); // loads the translations an amount's unit is taken from
    const short = (value) => formatShortAmount(value, 1).replace("\u00a0", " ");
    expect([0, 0.5, 500, 1000, 1500, 2250, 25000, 1500000].map(short)).toEqual([
        "$ 0",
        "$ 0.50",
        "$ 500",
        "$ 1k",
        "$ 1.5k",
        "$ 2.25k",
        "$ 25k",
        "$ 1.5M",
    ]);
});
