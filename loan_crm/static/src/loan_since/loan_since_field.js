import { Component, onWillUnmount, useState } from "@odoo/owl";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

/** Since when somebody waits, as the time that has gone by: minutes, hours, then days. */
export class LoanSinceField extends Component {
    static template = "loan_crm.LoanSinceField";
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ now: DateTime.now() });
        const timer = setInterval(() => (this.state.now = DateTime.now()), 30000);
        onWillUnmount(() => clearInterval(timer));
    }

    get since() {
        return this.props.record.data[this.props.name];
    }

    get moment() {
        return formatDateTime(this.since, { showSeconds: false });
    }

    get gone() {
        // Less than a minute, and a clock that runs behind the server's, are no time to speak of.
        if (this.state.now.diff(this.since, "minutes").minutes < 1) {
            return _t("just now");
        }
        return this.since.toRelative({ base: this.state.now, style: "short" });
    }

    /** How grave it is: a day of waiting is too long, whatever a service level says. */
    get grave() {
        const hours = this.state.now.diff(this.since, "hours").hours;
        if (hours >= 24) {
            return "text-danger fw-bold";
        }
        return hours >= 4 ? "text-warning-emphasis" : "";
    }
}

registry.category("fields").add("loan_since", {
    component: LoanSinceField,
    supportedTypes: ["datetime"],
});
