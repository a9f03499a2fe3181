import { Component } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

/**
 * A piece of work: whom it is about, how late it is, and what moves it.
 *
 * The server puts everything into words but how long ago and until when, which go on while one looks. Where work is
 * handed on (`onHand`), that is what the first button does with a row that can be.
 */
export class LoanWorkRow extends Component {
    static template = "loan_crm.LoanWorkRow";
    static components = { Dropdown, DropdownItem };
    static props = {
        row: Object,
        now: Object,
        busy: Boolean,
        onOpen: Function,
        onDo: Function,
        onHand: { type: Function, optional: true },
    };

    get row() {
        return this.props.row;
    }

    get hands() {
        return Boolean(this.props.onHand && this.row.hand);
    }

    /** What is mostly done, in words. */
    get firstLabel() {
        return this.hands ? _t("Hand To…") : this.row.deeds[0].label;
    }

    get others() {
        return this.hands ? this.row.deeds : this.row.deeds.slice(1);
    }

    doFirst() {
        return this.hands ? this.props.onHand(this.row) : this.props.onDo(this.row, this.row.deeds[0]);
    }

    /** How long somebody waits, or is left, in short words; what the server has put into words stays as it is. */
    get time() {
        const { told, since, by } = this.row;
        if (told) {
            return told;
        }
        const moment = since || by;
        if (!moment) {
            return "";
        }
        const at = deserializeDateTime(moment);
        if (Math.abs(this.props.now.diff(at, "minutes").minutes) < 1) {
            return _t("just now");
        }
        return at.toRelative({ base: this.props.now, style: "short" });
    }

    get moment() {
        const moment = this.row.since || this.row.by;
        return moment ? formatDateTime(deserializeDateTime(moment), { showSeconds: false }) : "";
    }

    get callTitle() {
        return _t("Call %s", this.row.title);
    }

    get callTo() {
        return `tel:${this.row.phone.replace(/[^+\d]/g, "")}`;
    }
}

/**
 * A lane of such rows, worst first, with how many there are in all.
 */
export class LoanWorkLane extends Component {
    static template = "loan_crm.LoanWorkLane";
    static components = { LoanWorkRow };
    static props = {
        lane: Object,
        now: Object,
        busy: String,
        onOpenLane: Function,
        onOpen: Function,
        onDo: Function,
        onHand: { type: Function, optional: true },
    };

    get more() {
        return _t("All %s", this.props.lane.count);
    }
}
