import { registry } from "@web/core/registry";

const input = (field) => `.modal .o_field_widget[name=${field}] input`;

/** Starts on the loan: from a question to the deed, and to the version that keeps what was before. */
registry.category("web_tour.tours").add("loan_crm_what_if", {
    steps: () => [
        {
            content: "Ask what could be done",
            trigger: ".o_form_view button[name=action_what_if]",
            run: "click",
        },
        {
            content: "Two questions are asked already, side by side with what is agreed",
            trigger: ".modal .o_loan_comparison th:contains('shorter term')",
        },
        {
            trigger: ".modal .o_loan_what_if_chart canvas",
        },
        {
            content: "More than is owed is refused next to the amount",
            trigger: input("prepay_amount"),
            run: "edit 999999 && press Tab",
        },
        {
            trigger: ".modal .text-danger:contains('is owed of the loan')",
        },
        {
            content: "The settlement still stands",
            trigger: ".modal .o_loan_comparison th:contains('Settle on')",
        },
        {
            trigger: input("prepay_amount"),
            run: "edit 3000 && press Tab",
        },
        {
            content: "Answered at once",
            trigger: ".modal .o_loan_comparison th:contains('3,000.00, shorter term')",
        },
        {
            content: "Ask for new terms as well",
            trigger: input("asks_restructuring"),
            run: "click",
        },
        {
            trigger: ".modal .o_loan_comparison th:contains('New terms, 24 installments')",
        },
        {
            content: "The borrower wants to prepay",
            trigger: ".modal footer button[name=action_prepay]",
            run: "click",
        },
        {
            content: "The amount came along, and the total is told",
            trigger: `${input("amount")}:value('3,000.00')`,
        },
        {
            trigger: ".modal .o_field_widget[name=total]:contains('3,000.00')",
        },
        {
            trigger: ".modal footer button[name=action_prepay]:contains('Book Prepayment')",
            run: "click",
        },
        {
            content: "What will happen is told first",
            trigger: ".modal .modal-body:contains('Has the money been received?')",
        },
        {
            trigger: ".modal:contains('Has the money been received?') .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The changes of the loan",
            trigger: "body:not(:has(.modal)) .o_notebook .nav-link[name=versions]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=event_ids] .o_data_row:contains('Prepayment')",
        },
        {
            content: "Open the version that it made",
            trigger: ".o_field_widget[name=version_ids] .o_data_row:eq(0) .o_data_cell:eq(0)",
            run: "click",
        },
        {
            content: "See what became of the rows",
            trigger: ".modal .o_loan_schedule_difference .o_loan_row_added",
        },
    ],
});
