import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { deserializeDate, deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useDraggable } from "@web/core/utils/draggable";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { useSetupAction } from "@web/search/action_hook";
import { formatPercentage } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { keyInLanes, useDeeds, useLook } from "../loan_work/loan_work_hooks";
import { LoanWorkLane } from "../loan_work/loan_work_row";
import { LoanHandDialog } from "./loan_hand_dialog";

const LOOK_AGAIN = 3000; // ms: a team makes more changes than a person, and a glance is soon enough
const TINTS = 8; // so many colors tell people apart, see the style sheet

/**
 * A team's board: what presses, on whom, who is away, and who could take what (`loan.board`).
 *
 * A card that can be handed on is dragged onto a person, or its button pressed: both ask first, with the reasons for
 * and against that person. While it is dragged, each row tells whether its person fits.
 */
export class LoanBoard extends Component {
    static template = "loan_crm.LoanBoard";
    static components = { Layout, LoanWorkLane };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.rootRef = useRef("root");
        this.lanesRef = useRef("lanes");
        this.rowsRef = useRef("rows");
        this.display = { controlPanel: false };
        this.keepLast = new KeepLast();
        this.state = useState({
            board: null,
            team: this.props.state?.team || false,
            byPerson: this.props.state?.byPerson || false,
            // What is dragged: its row, who fits once that is known, and over whom it is.
            dragged: null,
        });
        this.now = useLook(() => this.look(), LOOK_AGAIN);
        this.deeds = useDeeds(() => this.look());
        useSetupAction({
            getLocalState: () => ({ team: this.state.team, byPerson: this.state.byPerson }),
        });
        useDraggable({
            ref: this.rootRef,
            elements: ".o_loan_work_hands",
            ignore: ".o_loan_work_deeds",
            cursor: "grabbing",
            onDragStart: ({ element }) => this.onDragStart(element.dataset.record),
            onDrag: ({ x, y }) => this.hover(x, y),
            onDragEnd: () => this.onDragEnd(),
            onDrop: ({ x, y }) => this.onDrop(x, y),
        });
        onWillStart(() => this.look());
    }

    async look() {
        if (this.state.dragged) {
            return; // a card that is held in the hand is not taken away; it is looked when it is let go
        }
        const board = await this.keepLast.add(
            this.orm.silent.call("loan.board", "action_look", [this.state.team])
        );
        if (!this.state.dragged) {
            this.state.board = board;
        }
    }

    // ------------------------------------------------------------ what is told

    get board() {
        return this.state.board;
    }

    get today() {
        const parts = { weekday: "long", day: "numeric", month: "long" };
        return deserializeDate(this.board.day).toLocaleString(parts);
    }

    get isQuiet() {
        return this.board.lanes.every((lane) => !lane.rows.length);
    }

    get roundAt() {
        const { at } = this.board.round;
        return at ? deserializeDateTime(at).toRelative({ base: this.now.at, style: "short" }) : "";
    }

    get roundMoment() {
        const { at } = this.board.round;
        return at ? formatDateTime(deserializeDateTime(at), { showSeconds: false }) : "";
    }

    get allAway() {
        return _t("All %s", this.board.away.length);
    }

    /** How wide a part of a bar is, in hundredths of the widest bar. */
    width(count) {
        const most = Math.max(1, ...this.board.ages.map((age) => age.count));
        return `${(count / most) * 100}%`;
    }

    /** Which color tells a person apart; the same one in each bar. */
    tint(userId) {
        const at = this.people.findIndex((person) => person.id === userId);
        return at < 0 ? "none" : at % TINTS;
    }

    get people() {
        const people = new Map();
        for (const part of this.board.ages.flatMap((age) => age.parts)) {
            people.set(part.user, { id: part.user, name: part.name });
        }
        return [...people.values()].sort((one, other) => one.name.localeCompare(other.name));
    }

    partTitle(age, part) {
        return _t("%(name)s: %(count)s (%(age)s)", { name: part.name, count: part.count, age: age.label });
    }

    column(key) {
        return this.board.columns.find((column) => column.key === key);
    }

    cellText(cell) {
        if (cell.value === null) {
            return "–";
        }
        return cell.key === "load" ? formatPercentage(cell.value, { digits: [16, 0] }) : `${cell.value}`;
    }

    cellTitle(row, cell) {
        const { label, told } = this.column(cell.key);
        return _t("%(name)s, %(column)s: %(figure)s. %(told)s", {
            name: row.name,
            column: label,
            figure: this.cellText(cell),
            told: cell.told || told,
        });
    }

    /** Whether a row's person fits what is dragged: nothing, or `fit` and `told`. */
    fitOf(row) {
        const { dragged } = this.state;
        if (!dragged || !row.id) {
            return null;
        }
        const person = dragged.people?.[row.id];
        if (!dragged.people) {
            return { fit: "asked", told: "" };
        }
        if (!person) {
            return { fit: "barred", told: _t("Cannot take it") };
        }
        const told = { good: _t("Fits"), possible: _t("Possible: %s", person.against), barred: person.against };
        return { fit: person.fit, told: told[person.fit] };
    }

    fitIcon({ fit }) {
        return { good: "fa-check", possible: "fa-exclamation-triangle", barred: "fa-ban" }[fit];
    }

    rowClass(row) {
        const { dragged } = this.state;
        const fit = this.fitOf(row);
        return [
            fit ? `o_loan_fit_${fit.fit}` : "",
            dragged && row.id && dragged.over === row.id ? "o_loan_board_over" : "",
            row.id ? "" : "o_loan_board_nobody",
        ].join(" ");
    }

    // ------------------------------------------------------------ what is opened

    async choose(team) {
        this.state.team = team;
        await this.look();
    }

    /** Open the list of what a figure counts. */
    async openFigure(key, userId = null, age = null) {
        const args = [key, this.state.team, userId, age];
        await this.action.doAction(await this.orm.call("loan.board", "action_open", args));
    }

    openCell(row, cell) {
        return this.openFigure(cell.key, row.id);
    }

    openCover(cover) {
        return this.deeds.open({ model: "loan.cover", id: cover.id });
    }

    async openGaps(cover) {
        await this.action.doAction(await this.orm.call("loan.cover", "action_open_gaps", [[cover.id]]));
    }

    onKeydown(ev) {
        if (this.lanesRef.el?.contains(ev.target)) {
            keyInLanes(ev, this.lanesRef.el, this.board.lanes, {
                act: (row) => (row.hand ? this.ask(row) : this.deeds.open(row)),
                open: (row) => this.deeds.open(row),
            });
        }
    }

    // ------------------------------------------------------------ handing on

    weigh(row) {
        return this.orm.call("loan.board", "action_weigh", [row.hand.model, row.hand.id]);
    }

    /**
     * Ask whether a row is handed to somebody, and do it.
     *
     * @param {Object} row
     * @param {{ userId?: number, asked?: Promise }} [more] to whom, else to who fits best; what is known of who fits
     */
    async ask(row, { userId = false, asked } = {}) {
        const question = await (asked || this.weigh(row));
        this.dialog.add(
            LoanHandDialog,
            {
                question,
                userId,
                hand: async (toId, reason) => {
                    const { model, id } = row.hand;
                    const args = [model, id, toId, question.owner.id, reason];
                    const told = await this.orm.call("loan.board", "action_hand", args);
                    this.notification.add(told, { type: "success" });
                },
            },
            { onClose: () => this.look() }
        );
    }

    rowOf(key) {
        return this.board.lanes.flatMap((lane) => lane.rows).find((row) => row.key === key);
    }

    onDragStart(key) {
        const row = this.rowOf(key);
        const dragged = { row, people: null, over: null, asked: this.weigh(row) };
        this.state.dragged = dragged;
        // A refusal is told where the card is dropped; here who has let go by then is told nothing.
        dragged.asked.then(
            ({ people }) => {
                if (this.state.dragged?.row.key === key) {
                    this.state.dragged.people = Object.fromEntries(people.map((each) => [each.id, each]));
                }
            },
            () => {}
        );
    }

    /** Note over whom a card is held: while it is dragged, nothing below it hears of the mouse. */
    hover(x, y) {
        const rowEls = this.rowsRef.el?.querySelectorAll(".o_loan_board_person[data-user]") || [];
        const overEl = [...rowEls].find((rowEl) => {
            const { left, right, top, bottom } = rowEl.getBoundingClientRect();
            return left <= x && x < right && top <= y && y < bottom;
        });
        const over = overEl ? Number(overEl.dataset.user) : null;
        if (this.state.dragged && this.state.dragged.over !== over) {
            this.state.dragged.over = over;
        }
    }

    onDrop(x, y) {
        this.hover(x, y); // moves are told once in a frame, and a fast hand is faster
        const { row, over, asked } = this.state.dragged;
        if (over) {
            this.ask(row, { userId: over, asked });
        }
    }

    onDragEnd() {
        this.state.dragged = null;
        this.look();
    }
}

registry.category("actions").add("loan_crm.board", LoanBoard);
