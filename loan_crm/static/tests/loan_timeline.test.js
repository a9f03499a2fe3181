import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";
import { contains, defineModels, fields, mockService, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { browser } from "@web/core/browser/browser";
import { groupByDay, olderThan } from "@loan_crm/loan_timeline/loan_timeline";

const { DateTime } = luxon;

const FORM = /* xml */ `<form><field name="name"/><widget name="loan_timeline"/></form>`;
const KINDS = [
    ["mail", "Email"],
    ["talk", "Call or Visit"],
    ["repayment", "Repayment"],
];

class LoanCustomer extends models.Model {
    _name = "loan.customer";
    name = fields.Char();
    _records = [
        { id: 1, name: "Wang Fang" },
        { id: 2, name: "New Here" },
    ];
}

class LoanTouch extends models.Model {
    _name = "loan.touch";
    date = fields.Datetime();
    all_day = fields.Boolean();
    kind = fields.Selection({ selection: KINDS });
    direction = fields.Selection({ selection: [["in", "In"], ["out", "Out"]] });
    summary = fields.Char();
    customer_id = fields.Many2one({ relation: "loan.customer" });
    contract_id = fields.Many2one({ relation: "loan.customer" });
    author_id = fields.Many2one({ relation: "res.partner" });
    res_model = fields.Char();
    res_id = fields.Integer();
    can_open = fields.Boolean();
    _records = [
        row(1001, "2026-03-10 01:00:00", "mail", { summary: "About my loan", res_model: "mail.message", res_id: 77 }),
        row(1002, "2026-03-10 00:30:00", "talk", { summary: "Telephone · 5 min", direction: "out" }),
        row(1003, "2026-03-09 04:00:00", "repayment", { summary: "500 received", all_day: true, can_open: false }),
        row(1004, "2026-02-01 04:00:00", "talk", { summary: "Visit" }),
    ];
}

function row(id, date, kind, values = {}) {
    return {
        id,
        date,
        kind,
        direction: "in",
        customer_id: 1,
        res_model: "loan.interaction",
        res_id: id,
        can_open: true,
        ...values,
    };
}

defineMailModels();
defineModels([LoanCustomer, LoanTouch]);
// The mock server does not sort by two columns downwards; the database does.
onRpc("loan.touch", "search_read", function ({ kwargs }) {
    expect(kwargs.order).toBe("date desc, id desc");
    const rows = this.env["loan.touch"].search_read(kwargs.domain, kwargs.fields);
    rows.sort((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : b.id - a.id));
    return rows.slice(0, kwargs.limit);
});

async function mountTimeline(resId = 1) {
    mockDate("2026-03-10 02:00:00");
    await mountView({ type: "form", resModel: "loan.customer", resId, arch: FORM });
    await animationFrame();
}

const told = () => queryAllTexts(".o_loan_timeline_told > span:not(.o_loan_timeline_meta)");

test("rows stand under their days, newest first", async () => {
    await mountTimeline();
    expect(".o_loan_timeline_month").toHaveCount(2);
    expect(queryAllTexts(".o_loan_timeline_date").slice(0, 2)).toEqual(["Today", "Yesterday"]);
    expect(told()).toEqual(["About my loan", "Telephone · 5 min", "500 received", "Visit"]);
    expect(".o_loan_timeline_row .fa-long-arrow-right").toHaveCount(1);
    // Where nothing is to be opened, nothing is to be clicked.
    expect("button.o_loan_timeline_row").toHaveCount(3);
    expect(".o_loan_timeline_more").toHaveCount(0);
});

test("a chip shows one kind, and is remembered", async () => {
    await mountTimeline();
    await contains("[data-kind='talk']").click();
    await animationFrame();
    expect(told()).toEqual(["Telephone · 5 min", "Visit"]);
    expect("[data-kind='talk']").toHaveAttribute("aria-pressed", "true");
    const key = Object.keys(browser.localStorage).find((name) => name.startsWith("loan_timeline_kinds_"));
    expect(browser.localStorage.getItem(key)).toBe('["talk"]');
    await contains("[data-kind='talk']").click();
    await animationFrame();
    expect(told()).toHaveLength(4);
});

test("a search looks into what was said", async () => {
    await mountTimeline();
    await contains(".o_loan_timeline_search").edit("tele", { confirm: false });
    await advanceTime(400);
    await animationFrame();
    expect(told()).toEqual(["Telephone · 5 min"]);
    await contains(".o_loan_timeline_search").edit("nobody said this", { confirm: false });
    await advanceTime(400);
    await animationFrame();
    expect(".o_loan_timeline_empty").toHaveText(/Nothing of this kind/);
    await contains(".o_loan_timeline_empty button").click();
    await animationFrame();
    expect(told()).toHaveLength(4);
});

test("older rows follow without a gap or a double", async () => {
    LoanTouch._records = Array.from({ length: 45 }, (_, index) => {
        const moment = DateTime.fromISO("2026-03-09T05:00:00").minus({ minutes: index });
        return row(2000 - index, moment.toFormat("yyyy-MM-dd HH:mm:ss"), "talk", { summary: `Talk ${index}` });
    });
    await mountTimeline();
    expect(told()).toHaveLength(30);
    await contains(".o_loan_timeline_more").click();
    await animationFrame();
    expect(told()).toEqual(Array.from({ length: 45 }, (_, index) => `Talk ${index}`));
    expect(".o_loan_timeline_more").toHaveCount(0);
});

test("a mail opens in its place, another row where it stands", async () => {
    onRpc("mail.message", "read", ({ args }) => {
        expect.step(`read ${args[0]}`);
        return [{ id: 77, body: "<p>May I pay on the <b>20th</b>?</p>", email_from: "wang@example.com" }];
    });
    onRpc("loan.touch", "action_open", ({ args }) => {
        expect.step(`open ${args[0]}`);
        return { type: "ir.actions.act_window_close" };
    });
    mockService("action", { doAction: (action) => expect.step(action.type) });
    await mountTimeline();
    await contains("[data-id='1001']").click();
    await animationFrame();
    expect(queryOne(".o_loan_timeline_mail b").textContent).toBe("20th");
    expect("[data-id='1001']").toHaveAttribute("aria-expanded", "true");
    await contains("[data-id='1001']").click();
    expect(".o_loan_timeline_mail").toHaveCount(0);
    await contains("[data-id='1002']").click();
    expect.verifySteps(["read 77", "open 1002", "ir.actions.act_window_close"]);
});

test("arrows go from row to row", async () => {
    await mountTimeline();
    await contains("[data-id='1001']").focus();
    await contains("[data-id='1001']").press("ArrowDown");
    expect("[data-id='1002']").toBeFocused();
    await contains("[data-id='1002']").press("ArrowUp");
    expect("[data-id='1001']").toBeFocused();
});

test("who was never in touch has an empty page that says so, in one call for rows", async () => {
    onRpc("loan.touch", "search_read", () => {
        expect.step("rows");
    });
    await mountTimeline(2);
    expect(".o_loan_timeline_empty").toHaveText(/Nothing yet/);
    expect.verifySteps(["rows"]);
});

test("days and pages are told apart by moment and number", () => {
    const at = (iso) => ({ moment: DateTime.fromISO(iso) });
    const months = groupByDay([at("2026-03-10T10:00"), at("2026-03-10T09:00"), at("2026-02-10T09:00")]);
    expect(months.map((month) => month.days.map((day) => day.rows.length))).toEqual([[2], [1]]);
    expect(olderThan({ id: 5, date: "2026-03-10 01:00:00" })).toEqual([
        ["date", "<=", "2026-03-10 01:00:00"],
        "|",
        ["date", "<", "2026-03-10 01:00:00"],
        ["id", "<", 5],
    ]);
});
