import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatPercentage } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { keyInLanes, useDeeds, useLook } from "../loan_work/loan_work_hooks";
import { LoanWorkLane } from "../loan_work/loan_work_row";

const LOOK_AGAIN = 1000; // ms: what changes at once is looked at once

/**
 * A person's day: what waits for them, in lanes, worst first (`loan.worklist`).
 *
 * A deed is a verb of the row's record: what it opens lies over the page, and when that closes the lanes are read again.
 */
export class LoanWorklist extends Component {
    static template = "loan_crm.LoanWorklist";
    static components = { Layout, LoanWorkLane };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.lanesRef = useRef("lanes");
        this.display = { controlPanel: false };
        this.state = useState({ day: null });
        this.now = useLook(() => this.look(), LOOK_AGAIN);
        this.deeds = useDeeds(() => this.look());
        onWillStart(() => this.look());
    }

    async look() {
        this.state.day = await this.orm.silent.call("loan.worklist", "action_look", []);
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

    // ------------------------------------------------------------ what is done

    async openLane(key) {
        await this.action.doAction(await this.orm.call("loan.worklist", "action_open_lane", [key]));
    }

    onKeydown(ev) {
        keyInLanes(ev, this.lanesRef.el, this.lanes, {
            act: (row) => (row.deeds.length ? this.deeds.do(row, row.deeds[0]) : this.deeds.open(row)),
            open: (row) => this.deeds.open(row),
        });
    }
}

registry.category("actions").add("loan_crm.worklist", LoanWorklist);
