import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * A letter as its reader gets it, on a phone and on a desk. In frames without any right: its styles do not leak into
 * Odoo's, nothing of it runs, and its links lead nowhere.
 */
export class LoanLetterFrames extends Component {
    static template = "loan_crm.LoanLetterFrames";
    static props = { ...standardFieldProps };

    get html() {
        const body = this.props.record.data[this.props.name] || "";
        return `<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><body style="margin:0">${body}</body>`;
    }
}

registry.category("fields").add("loan_letter_frames", {
    component: LoanLetterFrames,
    supportedTypes: ["text"],
});
