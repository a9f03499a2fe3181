import { onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

/** A list of reminders says above its rows that reminders are paused: else nobody knows why nothing leaves. */
export class LoanReminderListController extends ListController {
    static template = "loan_crm.LoanReminderList";

    setup() {
        super.setup();
        this.loan = useState({ pausedTold: "" });
        const orm = useService("orm");
        onWillStart(async () => {
            const companies = await orm.read(
                "res.company",
                user.activeCompanies.map((company) => company.id),
                ["name", "loan_paused_told"]
            );
            const paused = companies.filter((company) => company.loan_paused_told);
            this.loan.pausedTold = paused
                .map((company) =>
                    companies.length > 1 ? `${company.name} – ${company.loan_paused_told}` : company.loan_paused_told
                )
                .join(" · ");
        });
    }
}

registry.category("views").add("loan_reminder_list", {
    ...listView,
    Controller: LoanReminderListController,
});
