import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { contains, defineModels, fields, mockService, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { percent, shortened } from "@loan_crm/loan_pareto/loan_pareto";

const ROW = { share: 0.75, cumulative: 0.75, vital: true, before: 3, rate: 12.34, verdict: "few", verdict_told: "Too few to tell" };

class Pareto extends models.Model {
    _name = "loan.pareto.test";

    name = fields.Char();
    figures = fields.Json();

    _records = [
        {
            id: 1,
            figures: {
                by: "Category",
                improves: true,
                rows: [
                    { ...ROW, key: [7], name: "Papers", count: 6 },
                    { ...ROW, key: [8], name: "Manner", count: 2, share: 0.25, cumulative: 1, vital: false },
                ],
                trend: [{ name: "Mar 2026", count: 8, rate: 20, low: 10, high: 40, verdict: false }],
            },
        },
        { id: 2, figures: { by: "Category", improves: false, rows: [], trend: [] } },
    ];
}

defineMailModels();
defineModels([Pareto]);

const arch = `<form><field name="name"/><widget name="loan_pareto"/></form>`;

test("shares are whole percent, and names fit below a bar", () => {
    expect(percent(0.8349)).toBe("83%");
    expect(shortened("Papers")).toBe("Papers");
    expect(shortened("a".repeat(30))).toHaveLength(22);
});

test("a row tells what it counts and opens its cases", async () => {
    onRpc("loan.pareto.test", "action_open_cases", ({ args }) => {
        expect.step(JSON.stringify(args));
        return { type: "ir.actions.act_window_close" };
    });
    mockService("action", { doAction: (action) => expect.step(action.type) });
    await mountView({ type: "form", resModel: "loan.pareto.test", resId: 1, arch });
    expect(queryAllTexts(".o_loan_pareto table:first tbody tr:first td").slice(1, 7)).toEqual([
        "6",
        "75%",
        "75%",
        "12.3",
        "3",
        "Too few to tell",
    ]);
    expect(".o_loan_pareto_improve").toHaveCount(2);
    expect(".o_loan_pareto").toHaveText(/The vital few: 1 of 2 make up 75%/);
    await contains(".o_loan_pareto tbody tr:first .btn-link").click();
    expect.verifySteps(["[[1],[7]]", "ir.actions.act_window_close"]);
});

test("where nothing came in, it says so", async () => {
    await mountView({ type: "form", resModel: "loan.pareto.test", resId: 2, arch });
    expect(".o_loan_pareto").toHaveText(/Nothing came in/);
    expect(".o_loan_pareto_improve").toHaveCount(0);
});
