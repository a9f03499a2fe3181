import { registry } from "@web/core/registry";

const step = (key, rest = "") => `.o_loan_setup_step[data-key='${key}']${rest}`;

registry.category("web_tour.tours").add("loan_setup_administrator", {
    steps: () => [
        { trigger: ".o_loan_setup h1" },
        // The first step that is open is the one to do.
        { trigger: step("lender", ".o_loan_setup_next .o_loan_setup_missing li") },
        // A step is left aside and taken up again.
        { trigger: step("surveys", " .o_loan_setup_leave"), run: "click" },
        { trigger: step("surveys", ".o_loan_setup_aside .o_loan_setup_take"), run: "click" },
        { trigger: step("surveys", ".o_loan_setup_open") },
        // Samples come from the step that needs them.
        { trigger: ".o_loan_setup_progress button", run: "click" },
        { trigger: ".modal button[name='action_add']", run: "click" },
        { trigger: ".modal .alert-success:contains('4')" },
        { trigger: ".modal button[name='action_open_products']", run: "click" },
        { trigger: ".o_list_view .o_data_row:nth-child(4)" },
        { trigger: ".o_menu_sections [data-menu-xmlid='loan_crm.loan_setup_menu']", run: "click" },
        // Reminders are off. To look is a dialog, and from there they are switched on.
        { trigger: step("reminders", ".o_loan_setup_open .o_loan_setup_do"), run: "click" },
        { trigger: ".modal .alert-warning:contains('not been switched on')" },
        { trigger: ".modal button[name='action_go_on']:visible", run: "click" },
        { trigger: ".modal:contains('Have you looked') .btn-primary:contains('Ok')", run: "click" },
        { trigger: `body:not(:has(.modal)) ${step("reminders", ".o_loan_setup_done")}` },
        // A screen, and back by the breadcrumb.
        { trigger: step("lender", " .o_loan_setup_do"), run: "click" },
        { trigger: ".o_form_view .o_field_widget[name='phone'] input", run: "edit +86 21 5555 0100" },
        { trigger: ".o_form_view .o_field_widget[name='email'] input", run: "edit loans@pudong.example.com" },
        // Odoo loads everything anew after a company was changed.
        { trigger: ".o_form_button_save", run: "click", expectUnloadPage: true },
        { trigger: ".o_form_view .o_field_widget[name='phone'] input:value('+86 21 5555 0100')" },
        { trigger: ".breadcrumb-item a:first, .o_back_button:first", run: "click" },
        { trigger: step("lender", ".o_loan_setup_done") },
    ],
});
