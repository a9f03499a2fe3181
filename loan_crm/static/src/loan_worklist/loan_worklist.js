import { Component, onWillStart, onWillUnmount, useExternalListener, useRef, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDate, deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { debounce } from "@web/core/utils/timing";
import { formatFloat, formatPercentage } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;
const LOOK_AGAIN = 1000; // ms: what changes at once is looked at once
const TICK = 30000; // ms

/**
 * A person's day: what waits for them, in lanes, worst first (`loan.worklist`).
 *
 * The server puts everything into words but how long ago and until when, which go on while one looks. A deed is a verb
 * of the row's record: what it opens lies over the page, and when that closes the lanes are read again.
 */
export class LoanWorklist extends Component {
    static template = "loan_crm.LoanWorklist";
    static components = { Dropdown, DropdownItem, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.busService = useService("bus_service");
        this.lanesRef = useRef("lanes");
        this.display = { controlPanel: false };
        this.state = useState({ day: null, now: DateTime.now(), busy: "" });
        this.lookAgain = debounce(() => this.look(), LOOK_AGAIN);

        onWillStart(() => this.look());
        for (const type of ["loan.worklist/changed", "mail.activity/updated"]) {
            this.busService.subscribe(type, this.lookAgain);
        }
        const timer = setInterval(() => (this.state.now = DateTime.now()), TICK);
        // Who comes back to the page after lunch sees what is true now, whatever a lost connection has missed.
        useExternalListener(document, "visibilitychange", () => document.hidden || this.lookAgain());
        onWillUnmount(() => {
            clearInterval(timer);
            this.lookAgain.cancel();
            for (const type of ["loan.worklist/changed", "mail.activity/updated"]) {
                this.busService.unsubscribe(type, this.lookAgain);
            }
        });
    }

    async look() {
        const day = await this.orm.silent.call("loan.worklist", "action_look", []);
        Object.assign(this.state, { day, now: DateTime.now() });
    }

    // ------------------------------------------------------------ what is told

    get lanes() {
        return this.state.day.lanes;
    }

    /** Today in words, in the order in which the reader's language says it. */
    get today() {
        const parts = { weekday: "long", day: "numeric", month: "long" };
        return deserializeDate(this.state.day.day).toLocaleString(parts);
    }

    get isQuiet() {
        return this.lanes.every((lane) => !lane.rows.length);
    }

    get load() {
        return this.state.day.load;
    }

    get loadShare() {
        return formatPercentage(this.load.share, { digits: [16, 0] });
    }

    get teamShare() {
        return formatPercentage(this.load.team_share, { digits: [16, 0] });
    }

    get loadPoints() {
        const digits = (value) => formatFloat(value, { digits: [16, Number.isInteger(value) ? 0 : 1] });
        return _t("%(points)s of %(ceiling)s points", {
            points: digits(this.load.points),
            ceiling: digits(this.load.ceiling),
        });
    }

    /** As much of the bar as a share takes; what is more than all stands in the words. */
    width(share) {
        return `${Math.min(100, Math.round(share * 100))}%`;
    }

    get loadGrave() {
        return this.load.share >= 1 ? "bg-danger" : this.load.share >= 0.85 ? "bg-warning" : "bg-success";
    }

    /** How long somebody waits, or is left, in short words; what the server has put into words stays as it is. */
    time(row) {
        if (row.told) {
            return row.told;
        }
        const moment = row.since || row.by;
        if (!moment) {
            return "";
        }
        const at = deserializeDateTime(moment);
        if (Math.abs(this.state.now.diff(at, "minutes").minutes) < 1) {
            return _t("just now");
        }
        return at.toRelative({ base: this.state.now, style: "short" });
    }

    moment(row) {
        const moment = row.since || row.by;
        return moment ? formatDateTime(deserializeDateTime(moment), { showSeconds: false }) : "";
    }

    more(lane) {
        return _t("All %s", lane.count);
    }

    callTitle(row) {
        return _t("Call %s", row.title);
    }

    callTo(row) {
        return `tel:${row.phone.replace(/[^+\d]/g, "")}`;
    }

    // ------------------------------------------------------------ what is done

    async open(row) {
        await this.action.doAction({
            type: "ir.actions.act_window",
            res_model: row.model,
            res_id: row.id,
            views: [[false, "form"]],
        });
    }

    async openLane(key) {
        await this.action.doAction(await this.orm.call("loan.worklist", "action_open_lane", [key]));
    }

    async do(row, deed) {
        if (this.state.busy) {
            return; // of two clicks the first one counts
        }
        this.state.busy = row.key;
        try {
            const action = deed.action || (await this.orm.call(deed.model, deed.method, [[deed.id]]));
            if (action && typeof action === "object") {
                await this.action.doAction(action, { onClose: () => this.look() });
            }
        } finally {
            this.state.busy = "";
            await this.look();
        }
    }

    /** Up and down from row to row, left and right from lane to lane; Enter does what is mostly done. */
    onKeydown(ev) {
        const rowEl = ev.target.closest(".o_loan_work_row");
        if (!rowEl || ev.target !== rowEl || ev.altKey || ev.ctrlKey || ev.metaKey) {
            return;
        }
        const lanes = [...this.lanesRef.el.querySelectorAll(".o_loan_lane")].filter((laneEl) =>
            laneEl.querySelector(".o_loan_work_row")
        );
        const laneEl = rowEl.closest(".o_loan_lane");
        const rows = [...laneEl.querySelectorAll(".o_loan_work_row")];
        const [atLane, atRow] = [lanes.indexOf(laneEl), rows.indexOf(rowEl)];
        const lane = this.lanes.find((each) => each.key === laneEl.dataset.key);
        const row = lane.rows[atRow];
        const firstOf = (at) => lanes[at]?.querySelector(".o_loan_work_row");
        const moves = {
            ArrowDown: () => (rows[atRow + 1] || rows[atRow])?.focus(),
            ArrowUp: () => (rows[atRow - 1] || rows[atRow])?.focus(),
            ArrowRight: () => firstOf(atLane + 1)?.focus(),
            ArrowLeft: () => firstOf(atLane - 1)?.focus(),
            Enter: () => (ev.shiftKey || !row.deeds.length ? this.open(row) : this.do(row, row.deeds[0])),
        };
        if (moves[ev.key]) {
            ev.preventDefault();
            ev.stopPropagation();
            moves[ev.key]();
        }
    }
}

registry.category("actions").add("loan_crm.worklist", LoanWorklist);
