import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { contains, defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { scaled } from "@loan_crm/loan_load_chart/loan_load_chart";

class Load extends models.Model {
    _name = "loan.load.test";

    late_count = fields.Integer({ string: "Late Loans" });
    share = fields.Float();
    heat = fields.Json();
    chart = fields.Json();

    _records = [
        {
            id: 1,
            late_count: 12,
            share: 0.62,
            heat: { late_count: [3, "36 points, 36 % of the ceiling"], share: [1, "62 of 100 points"] },
            chart: [
                { id: 7, name: "Lin Mei", before: 80, after: 40, ceiling: 100 },
                { id: 8, name: "Chen Jie", before: 60, after: 125, ceiling: 100 },
            ],
        },
        { id: 2, late_count: 0, share: 0, heat: {}, chart: [] },
    ];
}

defineMailModels();
defineModels([Load]);

test("a cell is tinted by its step, says why, and opens what is counted", async () => {
    onRpc("action_open_customers", ({ args }) => {
        expect.step(args);
        return { type: "ir.actions.act_window_close" };
    });
    await mountView({
        type: "list",
        resModel: "loan.load.test",
        arch: `<list><field name="late_count" widget="loan_heat"/><field name="share" widget="loan_heat" options="{'percentage': true}"/></list>`,
    });
    expect(queryAllTexts(".o_loan_heat")).toEqual(["12", "62%", "0", "0%"]);
    const cell = queryOne(".o_loan_heat:first");
    expect(cell).toHaveAttribute("data-step", "3");
    expect(cell).toHaveAttribute("aria-label", "12. Late Loans: 36 points, 36 % of the ceiling");
    await contains(cell).click();
    expect.verifySteps([[[1], "late_count"]]);
});

test("bars share one scale, and who is over their ceiling stands out", async () => {
    const [lin, chen] = scaled([
        { before: 80, after: 40, ceiling: 100 },
        { before: 60, after: 125, ceiling: 100 },
    ]);
    expect([lin.beforeWidth, lin.afterWidth, lin.ceilingAt, lin.over]).toEqual([64, 32, 80, false]);
    expect([chen.afterWidth, chen.over]).toEqual([100, true]);
    await mountView({
        type: "form",
        resModel: "loan.load.test",
        resId: 1,
        arch: `<form><widget name="loan_load_chart"/></form>`,
    });
    expect(queryAllTexts(".o_loan_load_name")).toEqual(["Lin Mei", "Chen Jie"]);
    expect(".o_loan_load_over").toHaveCount(1);
    expect("tbody tr:last").toHaveAttribute(
        "title",
        "Chen Jie: 60 points before, 125 after, ceiling 100"
    );
});
