import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What one must know of a customer in five seconds: tiles that the server has put into words (`loan.strip.mixin`).
 * A tile that leads somewhere is a button; what it knows more stands in its tooltip.
 */
export class LoanStrip extends Component {
    static template = "loan_crm.LoanStrip";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get tiles() {
        return this.props.record.data[this.props.name] || [];
    }

    /** What a screen reader and the mouse tell in full. */
    told(tile) {
        if (tile.how.length) {
            return tile.how.join("\n");
        }
        const { value, text } = tile;
        return value && text ? _t("%(value)s, %(text)s", { value, text }) : value || text || "";
    }

    async open(tile) {
        // Whoever leaves a form half-written is not to lose it.
        if (await this.props.record.save()) {
            const { resModel, resId } = this.props.record;
            this.action.doAction(await this.orm.call(resModel, tile.action, [[resId]]));
        }
    }
}

export const loanStrip = {
    component: LoanStrip,
    displayName: _t("Customer at a Glance"),
    supportedTypes: ["json"],
};

registry.category("fields").add("loan_strip", loanStrip);
