import { expect, test } from "@odoo/hoot";
import { click, press, queryAll, queryAllTexts, queryOne, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";
import { startBusService } from "@bus/../tests/bus_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, getService, MockServer, mockService, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useServiceProtectMethodHandling } from "@web/core/utils/hooks";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

class Elsewhere extends Component {
    static template = xml`<div class="o_loan_elsewhere"/>`;
    static props = ["*"];
}

const row = (id, title, more = {}) => ({
    key: `loan.case,${id}`,
    model: "loan.case",
    id,
    title,
    lines: ["CS00001", "About the rate"],
    mark: "",
    told: "",
    since: false,
    by: false,
    phone: "",
    owner: "",
    deeds: [
        { model: "loan.case", id, method: "action_answer", label: "Reply", icon: "fa-reply" },
        { model: "loan.case", id, method: "action_pass", label: "Pass on", icon: "fa-share" },
    ],
    ...more,
});
const lane = (key, title, rows, late = 0) => ({ key, title, rows, count: rows.length, late, empty: "Nothing here." });
const day = (lanes, more = {}) => ({
    day: "2026-03-10",
    away: "",
    load: { points: 12, ceiling: 10, share: 1.2, told: "12 of 10 points", team: "Retail", team_share: 0.5 },
    week: [{ key: "talks", label: "calls and visits", count: 3 }],
    lanes,
    ...more,
});

const open = async () => {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "loan_crm.worklist" });
    await animationFrame();
};

test("a day: lanes with their rows, how long somebody waits, and the load beside the team's", async () => {
    mockDate("2026-03-10 02:00:00", 0);
    onRpc("loan.worklist", "action_look", () =>
        day([
            lane("waiting", "Waiting for an answer", [
                row(1, "Wang Fang", { since: "2026-03-09 01:30:00", mark: "danger", phone: "+86 21 5550 1007" }),
                row(2, "Zhou Yu", { by: "2026-03-10 06:30:00", owner: "Lin Mei" }),
            ], 1),
            lane("due", "To call about money", []),
        ])
    );
    await open();
    expect("h1").toHaveText("Tuesday, March 10");
    expect(queryAllTexts(".o_loan_lane h2")).toEqual(["Waiting for an answer", "To call about money"]);
    expect(queryAllTexts(".o_loan_work_title")).toEqual(["Wang Fang", "Zhou Yu"]);
    expect(queryAllTexts(".o_loan_work_time")).toEqual(["1 day ago", "in 4 hr."]);
    expect(".o_loan_lane[data-key=due] .o_loan_lane_empty").toHaveText("Nothing here.");
    expect(queryOne("a[href^=tel]")).toHaveAttribute("href", "tel:+862155501007");
    expect(".o_loan_work_row:eq(1)").toHaveText(/Lin Mei/);
    expect(".o_loan_my_load").toHaveText(/120%/);
    expect(".o_loan_my_load").toHaveText(/Team Retail: 50% on average/);
    await advanceTime(3600000);
    expect(queryAllTexts(".o_loan_work_time")).toEqual(["1 day ago", "in 3 hr."]);
});

test("who has nothing to do is told so", async () => {
    onRpc("loan.worklist", "action_look", () => day([lane("waiting", "Waiting for an answer", [])], { load: null }));
    await open();
    expect(".o_view_nocontent_smiling_face").toHaveText("All is done");
    expect(".o_loan_lane").toHaveCount(0);
    expect(".o_loan_my_load").toHaveCount(0);
});

test("arrows go from row to row and from lane to lane, and Enter does what is mostly done", async () => {
    const done = [];
    onRpc("loan.worklist", "action_look", () =>
        day([
            lane("waiting", "Waiting for an answer", [row(1, "Wang Fang"), row(2, "Zhou Yu")]),
            lane("promised", "We promised", []),
            lane("due", "To call about money", [row(3, "Tom Becker")]),
        ])
    );
    onRpc("loan.case", "action_answer", ({ args }) => {
        done.push(args[0][0]);
        return true;
    });
    await open();
    const [first, second, third] = queryAll(".o_loan_work_row");
    first.focus();
    await press("ArrowDown");
    expect(second).toBeFocused();
    await press("ArrowDown");
    expect(second).toBeFocused();
    await press("ArrowRight");
    expect(third).toBeFocused({ message: "a lane without rows is passed over" });
    await press("ArrowLeft");
    expect(first).toBeFocused();
    await press("Enter");
    await animationFrame();
    expect(done).toEqual([1]);
});

test("a deed that is done takes its row away, and what comes in appears by itself", async () => {
    let rows = [row(1, "Wang Fang")];
    onRpc("loan.worklist", "action_look", () => day([lane("waiting", "Waiting for an answer", rows)]));
    onRpc("loan.case", "action_answer", () => {
        rows = [row(2, "Zhou Yu")];
        return true;
    });
    await open();
    await contains(".o_loan_work_first").click();
    await animationFrame();
    expect(queryAllTexts(".o_loan_work_title")).toEqual(["Zhou Yu"]);
    rows = [row(2, "Zhou Yu"), row(3, "Tom Becker")];
    await startBusService();
    MockServer.env["bus.bus"]._sendone("broadcast", "loan.worklist/changed", {});
    await waitFor(".o_loan_work_row:eq(1)", { timeout: 5000 });
    expect(queryAllTexts(".o_loan_work_title")).toEqual(["Zhou Yu", "Tom Becker"]);
});

test("a title opens its record, a figure its list", async () => {
    const opened = [];
    mockService("action", {
        doAction(action, options) {
            if (action.tag === "loan_crm.worklist") {
                return super.doAction(action, options);
            }
            opened.push([action.res_model, action.res_id || action.domain]);
        },
    });
    onRpc("loan.worklist", "action_look", () => day([lane("waiting", "Waiting for an answer", [row(7, "Wang Fang")])]));
    onRpc("loan.worklist", "action_open_lane", ({ args }) => ({
        type: "ir.actions.act_window",
        res_model: "loan.response",
        domain: [["key", "=", args[0]]],
    }));
    await open();
    await click(".o_loan_work_title");
    await animationFrame();
    await click(".o_loan_lane_all");
    await animationFrame();
    await click(".o_loan_week button");
    await animationFrame();
    expect(opened).toEqual([
        ["loan.case", 7],
        ["loan.response", [["key", "=", "waiting"]]],
        ["loan.response", [["key", "=", "talks"]]],
    ]);
});

test("a deed that leads to another page lets the day be", async () => {
    // As in a browser: in tests what a page asks that is gone would just stay without an answer.
    patchWithCleanup(useServiceProtectMethodHandling, { fn: useServiceProtectMethodHandling.original });
    let looks = 0;
    onRpc("loan.worklist", "action_look", () => {
        looks += 1;
        return day([lane("waiting", "Waiting for an answer", [row(1, "Wang Fang")])]);
    });
    onRpc("loan.case", "action_answer", () => ({ type: "ir.actions.client", tag: "loan_crm.elsewhere" }));
    registry.category("actions").add("loan_crm.elsewhere", Elsewhere);
    await open();
    await contains(".o_loan_work_first").click();
    await waitFor(".o_loan_elsewhere");
    await animationFrame();
    expect(looks).toBe(1);
});
