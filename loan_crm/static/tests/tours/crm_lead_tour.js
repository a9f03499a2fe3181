import { registry } from "@web/core/registry";

const paper = (name) => `.o_field_widget[name=loan_document_ids] .o_data_row:contains('${name}')`;

/** Starts on the pipeline: from an application and its papers to the draft of the loan. */
registry.category("web_tour.tours").add("loan_crm_application", {
    steps: () => [
        {
            content: "The card tells what is missing",
            trigger: ".o_kanban_record:contains('Zhou Yu'):contains('Documents: 0 of 2')",
            run: "click",
        },
        {
            content: "The loan comes first",
            trigger: ".o_notebook .nav-link[name=loan].active",
        },
        {
            content: "Without a word on what is missing nothing is refused",
            trigger: `${paper("Proof of income")} button[name=action_refuse]`,
            run: "click",
        },
        {
            trigger: ".modal:contains('Say what is missing')",
        },
        {
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "Both are fine",
            trigger: `body:not(:has(.modal)) ${paper("Proof of income")} button[name=action_check]`,
            run: "click",
        },
        {
            trigger: `${paper("Proof of income")} .badge:contains('Accepted')`,
        },
        {
            trigger: `${paper("Identity card")} button[name=action_check]`,
            run: "click",
        },
        {
            content: "All is there",
            trigger: ".o_field_widget[name=loan_document_told]:contains('2 of 2')",
        },
        {
            content: "One click makes customer and loan",
            trigger: ".o_form_view button[name=action_make_loan]",
            run: "click",
        },
        {
            content: "The draft is open",
            trigger: ".o_form_view .o_field_widget[name=principal]:contains('24,000'), .o_form_view .o_field_widget[name=principal] input:value(24,000.00)",
        },
        {
            content: "And leads back to the application",
            trigger: ".o_form_view button[name=action_open_application]",
        },
    ],
});
