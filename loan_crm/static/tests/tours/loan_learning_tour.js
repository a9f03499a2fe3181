import { registry } from "@web/core/registry";

const input = (name) => `.o_field_widget[name=${name}] input`;

registry.category("web_tour.tours").add("loan_learning_head", {
    steps: () => [
        {
            content: "What most complaints are about stands first",
            trigger: ".o_loan_pareto tbody tr:eq(0):contains('Papers')",
        },
        {
            trigger: ".o_loan_pareto:contains('The vital few:')",
        },
        {
            content: "Sort them by their cause",
            trigger: input("sort_by"),
            run: "click",
        },
        {
            trigger: ".o-dropdown-item:contains('Root Cause')",
            run: "click",
        },
        {
            trigger: ".o_loan_pareto tbody tr:eq(0):contains('Process')",
        },
        {
            trigger: input("sort_by"),
            run: "click",
        },
        {
            trigger: ".o-dropdown-item:contains(/^Category$/)",
            run: "click",
        },
        {
            content: "See the cases behind a row",
            trigger: ".o_loan_pareto tbody tr:contains('Papers') .btn-link",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains('Papers asked for twice')",
        },
        {
            content: "Back to the weak spots, where the choice still stands",
            trigger: ".breadcrumb-item a:contains('Weak Spots')",
            run: "click",
        },
        {
            content: "Make an improvement of it",
            trigger: ".o_loan_pareto tbody tr:contains('Papers') .o_loan_pareto_improve",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=name] input:value(/Papers/)",
        },
        {
            trigger: input("user_id"),
            run: "edit Lin Mei",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Lin Mei')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=date_due] input, .o_field_widget[name=date_due] button",
            run: "click",
        },
        {
            trigger: ".o_date_item_cell:not(.o_out_of_range):last",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: "button[name=action_agree]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button[aria-checked=true]:contains('Agreed')",
        },
        {
            content: "What spoke for it is kept",
            trigger: ".o_field_widget[name=evidence_told]:contains('12 of 14 cases')",
        },
    ],
});

registry.category("web_tour.tours").add("loan_learning_report", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The page is counted at once",
            trigger: ".o_loan_voice:contains('What Complaints Are About')",
        },
        {
            trigger: "button[name=action_issue]",
            run: "click",
        },
        {
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_loan_voice:contains('Issued on')",
        },
        {
            content: "It is frozen",
            trigger: ".o_form_view:not(:has(button[name=action_count]))",
        },
    ],
});
