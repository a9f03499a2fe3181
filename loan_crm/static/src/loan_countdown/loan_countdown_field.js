import { Component, onWillUnmount, useState } from "@odoo/owl";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

/**
 * A moment and how long it is until then: what ends by itself says so while one looks at it.
 *
 * When it is over the words say that, too; what the server shows by then is for the next click to tell.
 */
export class LoanCountdownField extends Component {
    static template = "loan_crm.LoanCountdownField";
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ now: DateTime.now() });
        const timer = setInterval(() => (this.state.now = DateTime.now()), 10000);
        onWillUnmount(() => clearInterval(timer));
    }

    get until() {
        return this.props.record.data[this.props.name];
    }

    get moment() {
        const today = this.until.hasSame(this.state.now, "day");
        return today ? this.until.toFormat("HH:mm") : formatDateTime(this.until, { showSeconds: false });
    }

    /** The minutes that are left, begun ones counted whole. */
    get minutes() {
        return Math.ceil(this.until.diff(this.state.now, "minutes").minutes);
    }

    get left() {
        return this.minutes > 0 ? _t("%s min left", this.minutes) : _t("it is over");
    }
}

registry.category("fields").add("loan_countdown", {
    component: LoanCountdownField,
    supportedTypes: ["datetime"],
});
