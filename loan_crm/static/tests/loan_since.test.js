import { animationFrame, expect, test } from "@odoo/hoot";
import { advanceTime, mockDate } from "@odoo/hoot-mock";
import { queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

class Waiting extends models.Model {
    _name = "loan.waiting.test";

    since = fields.Datetime();

    _records = [
        { id: 1, since: "2026-03-10 02:20:00" },
        { id: 2, since: "2026-03-09 21:30:00" },
        { id: 3, since: "2026-03-08 02:30:00" },
        { id: 4, since: false },
    ];
}

defineMailModels();
defineModels([Waiting]);

const ARCH = `<list><field name="since" widget="loan_since"/></list>`;

test("a moment tells how long somebody has waited, and goes on while one looks", async () => {
    mockDate("2026-03-10 02:30:00", 0);
    await mountView({ type: "list", resModel: "loan.waiting.test", arch: ARCH });
    expect(queryAllTexts(".o_loan_since")).toEqual(["10 min. ago", "5 hr. ago", "2 days ago"]);
    await advanceTime(60000);
    await animationFrame();
    expect(queryAllTexts(".o_loan_since")[0]).toBe("11 min. ago");
});

test("four hours are long, a day is too long, and who waits for nothing shows nothing", async () => {
    mockDate("2026-03-10 02:30:00", 0);
    await mountView({ type: "list", resModel: "loan.waiting.test", arch: ARCH });
    const [fresh, long, tooLong] = queryAll(".o_loan_since");
    expect(queryAll(".o_loan_since")).toHaveLength(3);
    expect(fresh).not.toHaveClass("text-warning-emphasis");
    expect(fresh).not.toHaveClass("text-danger");
    expect(long).toHaveClass("text-warning-emphasis");
    expect(tooLong).toHaveClass("text-danger");
    expect(tooLong).toHaveAttribute("title", /03\/08\/2026/);
});

test("a clock that runs ahead of the server's shows no time to come", async () => {
    mockDate("2026-03-10 02:19:00", 0);
    await mountView({
        type: "list",
        resModel: "loan.waiting.test",
        domain: [["id", "=", 1]],
        arch: ARCH,
    });
    expect(queryAllTexts(".o_loan_since")).toEqual(["just now"]);
});
