import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Of each band of satisfaction how many borrowed again, with the range in which the true share lies.
 *
 * The form hands the figures over as JSON.
 */
export class LoanRepeat extends Component {
    static template = "loan_crm.LoanRepeat";
    static props = { ...standardWidgetProps };

    get bands() {
        return this.props.record.data.figures?.bands || [];
    }

    percent(share) {
        return `${Math.round(share * 100)}%`;
    }
}

export const loanRepeat = {
    component: LoanRepeat,
    fieldDependencies: [{ name: "figures", type: "json" }],
};

registry.category("view_widgets").add("loan_repeat", loanRepeat);
