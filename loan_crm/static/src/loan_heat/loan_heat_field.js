import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger, formatPercentage } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * A number on a ground that is the stronger the more of a ceiling it takes: a cell of a heat map.
 *
 * The record's `heat` tells for each column the step, 0 to 4, and why in words, so that nobody has to see
 * colours to read it. A click opens what is counted.
 */
export class LoanHeatField extends Component {
    static template = "loan_crm.LoanHeatField";
    static props = { ...standardFieldProps, percentage: { type: Boolean, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get heat() {
        return (this.props.record.data.heat || {})[this.props.name] || [0, ""];
    }

    get formatted() {
        if (this.props.percentage) {
            return formatPercentage(this.value, { digits: [16, 0] });
        }
        if (this.props.record.fields[this.props.name].type === "integer") {
            return formatInteger(this.value);
        }
        return formatFloat(this.value, { digits: [16, Number.isInteger(this.value) ? 0 : 1] });
    }

    /** What the cell says, for those who do not see its ground. */
    get title() {
        const [, told] = this.heat;
        const { string } = this.props.record.fields[this.props.name];
        return told ? _t("%(column)s: %(told)s", { column: string, told }) : string;
    }

    async onClick() {
        const { resModel, resId } = this.props.record;
        this.action.doAction(
            await this.orm.call(resModel, "action_open_customers", [[resId], this.props.name])
        );
    }
}

export const loanHeatField = {
    component: LoanHeatField,
    supportedTypes: ["integer", "float"],
    fieldDependencies: [{ name: "heat", type: "json" }],
    extractProps: ({ options }) => ({ percentage: Boolean(options.percentage) }),
};

registry.category("fields").add("loan_heat", loanHeatField);
