import { Component, onWillStart, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

/**
 * What a new lender needs until its first reminder leaves safely (`loan.setup`), for its administrator.
 *
 * The server says what is missing, each time anew: whoever comes back from a screen sees what is true now.
 */
export class LoanSetup extends Component {
    static template = "loan_crm.LoanSetup";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: false };
        this.state = useState({ page: null, busy: false });
        onWillStart(() => this.look());
    }

    async look() {
        if (status(this) === "destroyed") {
            return; // a screen was opened in its place, and coming back looks anew
        }
        this.state.page = await this.orm.call("loan.setup", "action_look", []);
    }

    get page() {
        return this.state.page;
    }

    get intro() {
        return _t(
            "What %s needs until its first reminder leaves safely. Each step looks at what is there; you can leave and come back at any time.",
            this.page.company
        );
    }

    get doneCount() {
        return this.page.steps.filter((step) => step.state === "done").length;
    }

    get progress() {
        return _t("%(done)s of %(all)s done", { done: this.doneCount, all: this.page.steps.length });
    }

    get width() {
        return `${Math.round((this.doneCount / this.page.steps.length) * 100)}%`;
    }

    /** What the mark beside a title says to who does not see it. */
    stateTold(step) {
        return { done: _t("Done"), open: _t("Still to do"), aside: _t("Left aside") }[step.state];
    }

    async call(method, ...args) {
        if (this.state.busy) {
            return; // of two clicks the first one counts
        }
        this.state.busy = true;
        try {
            const action = await this.orm.call("loan.setup", method, args);
            if (action) {
                await this.action.doAction(action, { onClose: () => this.look() });
            }
        } finally {
            this.state.busy = false;
        }
        await this.look();
    }
}

registry.category("actions").add("loan_crm.setup", LoanSetup);
