import { expect, test } from "@odoo/hoot";
import { drag, press, queryAll, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";
import { startBusService } from "@bus/../tests/bus_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, getService, MockServer, mockService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const card = (id, title, more = {}) => ({
    key: `loan.case,${id}`,
    model: "loan.case",
    id,
    title,
    lines: ["CS00001 · About the rate"],
    mark: "danger",
    told: "",
    since: "2026-03-09 01:30:00",
    by: false,
    phone: "",
    owner: "Lin Mei",
    deeds: [{ model: "loan.case", id, method: "action_answer", label: "Reply", icon: "fa-reply" }],
    hand: { model: "loan.case", id },
    ...more,
});
const lane = (key, rows) => ({ key, title: key, rows, count: rows.length, late: 0, empty: "Nothing here.", also: null });
const columns = ["load", "waiting", "over", "late", "overdue", "stuck"];
const person = (id, name, figures, more = {}) => ({
    id,
    name,
    away: "",
    cells: columns.map((key, at) => ({ key, value: figures[at], step: figures[at] > 1 ? 2 : 0, told: "" })),
    ...more,
});
const board = (more = {}) => ({
    teams: [{ id: 5, name: "Retail" }],
    team: false,
    may_hand: true,
    day: "2026-03-10",
    head: [
        { key: "waiting", label: "wait for an answer", count: 2, mark: "" },
        { key: "over", label: "over their time", count: 1, mark: "danger" },
    ],
    round: { at: "2026-03-10 01:00:00", told: "Runs as it should", mark: "", figures: [] },
    ages: [
        { key: "hours", label: "Under 4 hours", count: 0, parts: [] },
        {
            key: "older",
            label: "Over 3 days",
            count: 3,
            parts: [
                { user: 7, name: "Lin Mei", count: 2 },
                { user: false, name: "Nobody of the team", count: 1 },
            ],
        },
    ],
    columns: columns.map((key) => ({ key, label: key, told: `${key} told` })),
    rows: [
        person(7, "Lin Mei", [1.2, 2, 1, 0, 3, 0], { away: "Away until 03/12/2026 · Chen Bo" }),
        person(8, "Chen Bo", [0.4, 0, 0, 0, 0, 0]),
        person(9, "Fan Jie", [null, 0, 0, 0, 0, 0]),
        person(false, "Nobody of the team", [null, 1, 0, 0, null, null]),
    ],
    away: [],
    lanes: [lane("waiting", [card(1, "Wang Fang"), card(2, "Zhou Yu")]), lane("risk", [card(3, "Tom Becker")])],
    ...more,
});
const candidate = (id, name, fit, more = {}) => ({
    id,
    name,
    fit,
    reasons: "Speaks Chinese",
    against: "",
    before: 0.4,
    share: 0.4,
    step: 0,
    ...more,
});
const question = (more = {}) => ({
    what: "About the rate",
    who: "Wang Fang",
    owner: { id: 7, name: "Lin Mei" },
    customer: false,
    needs: "",
    people: [
        candidate(8, "Chen Bo", "good"),
        candidate(10, "Deng Yi", "good"),
        candidate(11, "Guo Wei", "possible", { against: "Does not speak Chinese" }),
        candidate(12, "He Lan", "possible"),
        candidate(9, "Fan Jie", "barred", { against: "Does not see this customer" }),
        candidate(7, "Lin Mei", "barred", { against: "Has it today" }),
    ],
    ...more,
});

const open = async (told = board) => {
    mockDate("2026-03-10 02:00:00", 0);
    onRpc("loan.board", "action_look", ({ args }) => {
        expect.step(`look ${args[0]}`);
        return told();
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "loan_crm.board" });
    await animationFrame();
};

/** Hold a card in the hand, as a mouse does. */
const hold = async (at) => {
    const held = await drag(`.o_loan_work_row:eq(${at})`);
    await held.moveTo(".o_loan_board_person[data-user='8']");
    await animationFrame();
    await animationFrame();
    return held;
};

test("a board: figures, people with their load, and how long who waits", async () => {
    await open();
    expect(queryAllTexts(".o_loan_board_head > li > button")).toEqual(["2\nwait for an answer", "1\nover their time"]);
    expect(queryAllTexts(".o_loan_board_person .o_loan_board_name > div:first-child")).toEqual([
        "Lin Mei",
        "Chen Bo",
        "Fan Jie",
        "Nobody of the team",
    ]);
    expect(queryAllTexts(".o_loan_board_person:eq(0) td")).toEqual(["120%", "2", "1", "0", "3", "0"]);
    expect(queryAllTexts(".o_loan_board_person:eq(2) td:eq(0)")).toEqual(["–"]);
    expect(".o_loan_board_person:eq(0) .o_loan_heat:eq(1)").toHaveAttribute("data-step", "2");
    expect(".o_loan_board_person:eq(0) .o_loan_heat:eq(1)").toHaveAttribute(
        "aria-label",
        "Lin Mei, waiting: 2. waiting told"
    );
    expect(".o_loan_board_person:eq(0) .o_loan_board_away_badge").toHaveText("Away until 03/12/2026 · Chen Bo");
    expect(".o_loan_board_round").toHaveText(/1 hr. ago/);
    expect(queryAllTexts(".o_loan_age_part")).toEqual(["3"]);
    await contains("#o_loan_by_person").click();
    expect(queryAllTexts(".o_loan_age_part")).toEqual(["2", "1"]);
    expect(queryAllTexts(".o_loan_age_legend li")).toEqual(["Lin Mei", "Nobody of the team"]);
    expect(".o_loan_board_teams").toHaveCount(0, { message: "of one team there is nothing to choose" });
    expect.verifySteps(["look false"]);
});

test("a figure opens its list, of the person, the age and the team it counts", async () => {
    const opened = [];
    const teams = [
        { id: 5, name: "Retail" },
        { id: 6, name: "Corporate" },
    ];
    mockService("action", {
        doAction(action, options) {
            return action.tag === "loan_crm.board" ? super.doAction(action, options) : undefined;
        },
    });
    onRpc("loan.board", "action_open", ({ args }) => {
        opened.push(args);
        return { type: "ir.actions.act_window", res_model: "loan.case" };
    });
    await open(() => board({ teams }));
    await contains(".o_loan_board_teams button:contains(Corporate)").click();
    expect.verifySteps(["look false", "look 6"]);
    await contains(".o_loan_figure[data-key=over]").click();
    await contains(".o_loan_board_person:eq(0) .o_loan_heat[data-key=overdue]").click();
    await contains(".o_loan_board_person:eq(3) .o_loan_heat[data-key=waiting]").click();
    await contains(".o_loan_age[data-key=older] .o_loan_age_part").click();
    await contains(".o_loan_lane[data-key=risk] .o_loan_lane_all").click();
    expect(opened).toEqual([
        ["over", 6, null, null],
        ["overdue", 6, 7, null],
        ["waiting", 6, false, null],
        ["waiting", 6, null, "older"],
        ["risk", 6, null, null],
    ]);
});

test("a card in the hand tells who fits, and asks when it is dropped on somebody", async () => {
    onRpc("loan.board", "action_weigh", ({ args }) => {
        expect.step(`weigh ${args}`);
        return question();
    });
    onRpc("loan.board", "action_hand", ({ args }) => {
        expect.step(`hand ${args}`);
        return "Deng Yi has it now.";
    });
    await open();
    const held = await hold(0);
    expect(".o_loan_board_person[data-user='8']").toHaveClass(["o_loan_fit_good", "o_loan_board_over"]);
    expect(".o_loan_board_person[data-user='8'] .o_loan_board_fit").toHaveText("Fits");
    expect(".o_loan_board_person[data-user='9']").toHaveClass("o_loan_fit_barred");
    expect(".o_loan_board_person[data-user='9'] .o_loan_board_fit").toHaveText("Does not see this customer");
    await held.drop(".o_loan_board_person[data-user='8']");
    await animationFrame();
    expect(".o_loan_fit_good").toHaveCount(0);
    expect(".modal .o_loan_hand_chosen").toHaveText(/Chen Bo\s*Fits/);
    expect(".modal .o_loan_hand_chosen .o_loan_hand_for").toHaveText(/Speaks Chinese/);
    expect(queryAllTexts(".modal .o_loan_hand_others strong")).toEqual(["Deng Yi", "Guo Wei", "He Lan"]);
    expect(".modal .o_loan_hand_others .o_loan_hand_against").toHaveText(/Does not speak Chinese/);
    await contains(".modal .o_loan_hand_others button[data-user='10']").click();
    expect(".modal .o_loan_hand_confirm").toHaveText("Hand to Deng Yi");
    await contains(".modal .o_loan_hand_confirm").click();
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(".o_notification").toHaveText(/Deng Yi has it now/);
    expect.verifySteps([
        "look false",
        "weigh loan.case,1", // once, when it was taken up
        "look false",
        "hand loan.case,1,10,7,",
        "look false",
    ]);
});

test("who is barred is told why, and gets nothing", async () => {
    onRpc("loan.board", "action_weigh", () => question());
    await open();
    const held = await hold(0);
    await held.moveTo(".o_loan_board_person[data-user='9']");
    await held.drop(".o_loan_board_person[data-user='9']");
    await animationFrame();
    expect(".modal .o_loan_hand_chosen .o_loan_hand_against").toHaveText(/Does not see this customer/);
    expect(".modal .o_loan_hand_confirm").not.toBeEnabled();
    expect(".modal .o_loan_hand_missing").toHaveText("Fan Jie cannot take it. Choose somebody else.");
    await contains(".modal .o_loan_hand_all").click();
    expect(queryAllTexts(".modal .o_loan_hand_others strong")).toEqual([
        "Chen Bo",
        "Deng Yi",
        "Guo Wei",
        "He Lan",
        "Lin Mei",
    ]);
    expect(".modal .o_loan_hand_others button[data-user='7']").not.toBeEnabled();
    await contains(".modal .o_loan_hand_others button[data-user='8']").click();
    expect(".modal .o_loan_hand_confirm").toBeEnabled();
    expect.verifySteps(["look false", "look false"]);
});

test("what is dropped beside everybody, or on nobody, is not asked about", async () => {
    onRpc("loan.board", "action_weigh", () => question());
    await open();
    for (const target of [".o_loan_board_nobody", "h1"]) {
        const held = await hold(0);
        await held.moveTo(target);
        await held.drop(target);
        await animationFrame();
        expect(".modal").toHaveCount(0);
        expect(".o_dragged").toHaveCount(0);
    }
    expect.verifySteps(["look false", "look false", "look false"]);
});

test("by the keyboard: choose a card, Enter asks, a customer needs a reason, Enter hands on", async () => {
    onRpc("loan.board", "action_weigh", () => question({ customer: true, needs: "Chinese · Load points: 3" }));
    onRpc("loan.board", "action_hand", ({ args }) => {
        expect.step(`hand ${args}`);
        return "Done.";
    });
    await open(() =>
        board({ lanes: [lane("waiting", [card(1, "Wang Fang")]), lane("risk", [card(3, "Tom Becker")])] })
    );
    queryOne(".o_loan_work_row:eq(0)").focus();
    await press("ArrowRight");
    expect(queryAll(".o_loan_work_row")[1]).toBeFocused();
    await press("Enter");
    await animationFrame();
    expect(".modal .o_loan_hand_chosen strong").toHaveText("Chen Bo", { message: "who fits best is proposed" });
    expect(".modal #o_loan_hand_reason").toBeFocused();
    expect(".modal .o_loan_hand_facts").toHaveText(/Load points: 3/);
    await press("Enter");
    await animationFrame();
    expect(".modal .o_loan_hand_missing").toHaveText(/Say why/);
    await contains(".modal #o_loan_hand_reason").edit("Speaks her dialect", { confirm: false });
    await press("Enter");
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect.verifySteps(["look false", "hand loan.case,3,8,7,Speaks her dialect", "look false"]);
});

test("an application goes alone, with what it asks and what stays", async () => {
    const application = card(31, "Zhou Yu", {
        key: "crm.lead,31",
        model: "crm.lead",
        lines: ["Checking · Zhou Yu's car"],
        told: "26 days late",
        since: false,
        hand: { model: "crm.lead", id: 31 },
    });
    onRpc("loan.board", "action_weigh", ({ args }) => {
        expect.step(`weigh ${args}`);
        return question({
            what: "Zhou Yu's car",
            who: "Zhou Yu",
            needs: "Chinese · Car loan",
            note: "The application goes alone: Lin Mei goes on looking after Zhou Yu.",
        });
    });
    onRpc("loan.board", "action_hand", ({ args }) => {
        expect.step(`hand ${args}`);
        return "Done.";
    });
    await open(() => board({ lanes: [lane("waiting", []), lane("stuck", [application])] }));
    const held = await hold(0);
    expect(".o_loan_board_person[data-user='8']").toHaveClass("o_loan_fit_good");
    await held.drop(".o_loan_board_person[data-user='8']");
    await animationFrame();
    expect(".modal-title").toHaveText("Hand On: Zhou Yu's car");
    expect(".modal .o_loan_hand_facts").toHaveText(/Zhou Yu[^]*Lin Mei[^]*Chinese · Car loan/);
    expect(".modal .o_loan_hand_note").toHaveText(/goes alone/);
    expect(".modal .o_loan_hand_confirm").toBeEnabled({ message: "it needs no reason" });
    await contains(".modal .o_loan_hand_confirm").click();
    await animationFrame();
    expect.verifySteps(["look false", "weigh crm.lead,31", "look false", "hand crm.lead,31,8,7,", "look false"]);
});

test("what is pressed in the dialog goes, and the cursor does not go with it", async () => {
    onRpc("loan.board", "action_weigh", () => question());
    await open();
    await contains(".o_loan_work_row:eq(0) .o_loan_work_first").click();
    queryOne(".modal .o_loan_hand_others button[data-user='10']").focus();
    await press("Enter");
    await animationFrame();
    expect(".modal .o_loan_hand_chosen strong").toHaveText("Deng Yi");
    expect(".modal #o_loan_hand_reason").toBeFocused();
    queryOne(".modal .o_loan_hand_all").focus();
    await press("Enter");
    await animationFrame();
    expect(".modal .o_loan_hand_all").toHaveCount(0);
    expect(".modal .o_loan_hand_others").toBeFocused();
    expect.verifySteps(["look false"]);
});

test("who only keeps the rules looks, and hands nothing on", async () => {
    const rows = [card(1, "Wang Fang", { hand: false, deeds: [] })];
    await open(() => board({ may_hand: false, lanes: [lane("waiting", rows)] }));
    expect(".o_loan_work_first").toHaveCount(0);
    expect(".o_loan_work_hands").toHaveCount(0);
    expect(".o_loan_board").not.toHaveText(/Drag a card/);
    expect.verifySteps(["look false"]);
});

test("much that happens at once is looked at once, and a held card stays in the hand", async () => {
    onRpc("loan.board", "action_weigh", () => question());
    await open();
    await startBusService();
    const tell = () => MockServer.env["bus.bus"]._sendone("broadcast", "loan.worklist/changed", {});
    for (let times = 0; times < 20; times++) {
        tell();
        await advanceTime(100);
    }
    expect.verifySteps(["look false"]);
    await advanceTime(3000);
    expect.verifySteps(["look false"]);
    const held = await hold(0);
    tell();
    await advanceTime(4000);
    expect.verifySteps([]);
    await held.drop("h1");
    await animationFrame();
    expect.verifySteps(["look false"]);
});

test("who leads nobody, and a team nothing presses on, are told so", async () => {
    let told = board({ rows: [], lanes: [] });
    await open(() => told);
    expect(".o_view_nocontent_smiling_face").toHaveText("You lead nobody yet");
    told = board({ lanes: [lane("waiting", []), lane("risk", [])] });
    await getService("action").doAction({ type: "ir.actions.client", tag: "loan_crm.board" });
    await animationFrame();
    expect(".o_loan_board_quiet").toHaveText(/Nothing presses/);
    expect(".o_loan_board_person").toHaveCount(4);
    expect.verifySteps(["look false", "look false"]);
});
