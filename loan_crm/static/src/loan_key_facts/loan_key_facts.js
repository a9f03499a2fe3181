import { Component, markup, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * The loan in plain words. Read when the page is opened and not with the form: working out the examples takes a moment.
 */
export class LoanKeyFacts extends Component {
    static template = "loan_crm.LoanKeyFacts";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ html: null });
        this.loadedId = null;
        useRecordObserver((record) => {
            // The form replaces `data` whenever it loads, saves or discards, not on a keystroke.
            record.data;
            this.load(record.resId);
        });
    }

    async load(contractId) {
        if (contractId !== this.loadedId) {
            this.state.html = null; // another loan's terms must not stand under this one's name
            this.loadedId = contractId;
        }
        const [row] = await this.keepLast.add(
            contractId
                ? this.orm.read("loan.contract", [contractId], ["key_facts_html"])
                : Promise.resolve([{ key_facts_html: "" }])
        );
        // Written by our own template, which escapes all that people have typed.
        this.state.html = markup(row?.key_facts_html || "");
    }

    get isNew() {
        return !this.props.record.resId;
    }
}

export const loanKeyFacts = { component: LoanKeyFacts, label: _t("Plain Terms") };

registry.category("view_widgets").add("loan_key_facts", loanKeyFacts);
