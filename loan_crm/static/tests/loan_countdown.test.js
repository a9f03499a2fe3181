import { animationFrame, expect, test } from "@odoo/hoot";
import { advanceTime, mockDate } from "@odoo/hoot-mock";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Open extends models.Model {
    _name = "loan.open.test";

    until = fields.Datetime();

    _records = [
        { id: 1, until: "2026-03-10 02:30:00" },
        { id: 2, until: false },
    ];
}

defineMailModels();
defineModels([Open]);

test("a moment tells how long it is until then, and when it is over", async () => {
    mockDate("2026-03-10 02:28:30", 0);
    await mountView({
        type: "list",
        resModel: "loan.open.test",
        arch: `<list><field name="until" widget="loan_countdown"/></list>`,
    });
    expect(queryAllTexts(".o_loan_countdown")).toEqual(["02:30 (2 min left)"]);
    await advanceTime(40000);
    await animationFrame();
    expect(queryAllTexts(".o_loan_countdown")).toEqual(["02:30 (1 min left)"]);
    await advanceTime(60000);
    await animationFrame();
    expect(queryAllTexts(".o_loan_countdown")).toEqual(["02:30 (it is over)"]);
});
