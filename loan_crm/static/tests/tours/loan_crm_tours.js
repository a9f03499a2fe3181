import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const openApp = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "Open Loan CRM",
        trigger: ".o_app[data-menu-xmlid='loan_crm.loan_crm_menu_root']",
        run: "click",
    },
];

/** A list stays on screen until the next page is there, so wait for its name before touching rows. */
const waitForPage = (name) => ({
    content: `Wait for ${name}`,
    trigger: `.o_last_breadcrumb_item:contains('${name}')`,
});

const openMenu = (xmlid, name) => [
    {
        content: `Open ${name}`,
        trigger: `.o_menu_sections [data-menu-xmlid='loan_crm.${xmlid}']`,
        run: "click",
    },
    waitForPage(name),
];

const openSubMenu = (parent, xmlid, name) => [
    {
        trigger: `.o_menu_sections [data-menu-xmlid='loan_crm.${parent}']`,
        run: "click",
    },
    {
        content: `Open ${name}`,
        trigger: `.o-dropdown--menu [data-menu-xmlid='loan_crm.${xmlid}']`,
        run: "click",
    },
    waitForPage(name),
];

const choose = (field, text) => [
    {
        content: `Look for ${text}`,
        trigger: `.o_field_widget[name=${field}] input`,
        run: `edit ${text}`,
    },
    {
        content: `Choose ${text}`,
        trigger: `.ui-autocomplete .dropdown-item:contains('${text}')`,
        run: "click",
    },
];

registry.category("web_tour.tours").add("loan_crm_manager", {
    steps: () => [
        ...openApp(),
        {
            content: "The day begins with what falls due",
            trigger: ".o_list_view .o_data_row:contains('Wang Fang')",
        },
        ...openMenu("loan_customer_menu", "Customers"),
        {
            content: "Open the customer",
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('Wang Fang')",
            run: "click",
        },
        {
            content: "See their loans",
            trigger: ".o_form_view button[name=action_open_contracts]",
            run: "click",
        },
        waitForPage("Loans"),
        {
            content: "Draft a new loan for them",
            trigger: ".o_list_view .o_list_button_add",
            run: "click",
        },
        ...choose("product_id", "Car Loan"),
        {
            content: "The product brought its rate; say how much",
            trigger: ".o_field_widget[name=yearly_rate] input:value('6')",
        },
        {
            trigger: ".o_field_widget[name=principal] input",
            run: "edit 24000",
        },
        {
            content: "A term of no months is refused in plain words",
            trigger: ".o_field_widget[name=term] input",
            run: "edit 0",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".modal .modal-body:contains('installments')",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "What was typed is still there",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=principal] input:value('24,000.00')",
        },
        {
            trigger: ".o_field_widget[name=term] input",
            run: "edit 24",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The schedule stands, to the cent",
            trigger: ".o_field_widget[name=installment_ids] .o_data_row:contains('1,063.69')",
        },
        {
            content: "Look at it as a chart",
            trigger: ".o_notebook .nav-link[name=chart]",
            run: "click",
        },
        {
            trigger: ".o_loan_schedule_chart canvas",
        },
        {
            content: "Pay the loan out",
            trigger: "button[name=action_activate]",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The loan runs; money comes in",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Running')",
        },
        {
            trigger: "button[name=action_register_repayment]",
            run: "click",
        },
        {
            content: "The next installment is filled in; the borrower pays half of it",
            trigger: ".modal .o_field_widget[name=amount] input:value('1,063.69')",
        },
        {
            trigger: ".modal .o_field_widget[name=amount] input",
            run: "edit 500",
        },
        {
            trigger: ".modal button[name=action_register]",
            run: "click",
        },
        {
            content: "What is open went down",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=next_due_amount]:contains('563.69')",
        },
        {
            content: "The loan's chatter tells of it",
            trigger: ".o-mail-Message:contains('500.00')",
        },
    ],
});

registry.category("web_tour.tours").add("loan_crm_manager_reminders", {
    steps: () => [
        ...openApp(),
        ...openSubMenu("loan_reminder_menu_parent", "loan_reminder_menu", "Reminders"),
        {
            content: "The letter that was written",
            trigger: ".o_list_view .o_data_row:contains('Waiting to Leave') .o_data_cell:contains('Wang Fang')",
            run: "click",
        },
        {
            content: "It can be read as the borrower got it",
            trigger: ".o_form_view .o_field_widget[name=body]:contains('Dear Wang Fang')",
        },
    ],
});

registry.category("web_tour.tours").add("loan_crm_team_lead", {
    steps: () => [
        ...openApp(),
        ...openSubMenu("loan_crm_menu_configuration", "loan_cover_menu", "Cover"),
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("manager_user_id", "Lin Mei"),
        {
            trigger: ".o_field_widget[name=date_from] input",
            run: "click",
        },
        {
            trigger: ".o_datetime_picker .o_today",
            run: "click",
        },
        {
            content: "One day, today",
            trigger: ".o_datetime_picker .o_today",
            run: "click",
        },
        ...choose("deputy_user_id", "Chen Bo"),
        ...stepUtils.saveForm(),
        ...openMenu("loan_customer_menu", "Customers"),
        {
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('Wang Fang')",
            run: "click",
        },
        {
            content: "The page says who acts today",
            trigger: ".o_form_view .alert-info:contains('Chen Bo')",
        },
    ],
});

registry.category("web_tour.tours").add("loan_crm_reader", {
    steps: () => [
        ...openApp(),
        ...openMenu("loan_customer_menu", "Customers"),
        {
            trigger: ".o_list_view:not(:has(.o_list_button_add)) .o_data_row .o_data_cell:contains('Wang Fang')",
            run: "click",
        },
        {
            content: "Everything can be read, nothing changed",
            trigger: ".o_form_view .o_form_readonly, .o_form_view:not(:has(.o_form_button_create))",
        },
        {
            trigger: ".o_form_view button[name=action_open_contracts]",
            run: "click",
        },
        waitForPage("Loans"),
        {
            trigger: ".o_list_view .o_data_row .o_data_cell",
            run: "click",
        },
        {
            content: "No button pays out or takes money",
            trigger: ".o_form_view:not(:has(button[name=action_register_repayment])):not(:has(button[name=action_activate]))",
        },
    ],
});

registry.category("web_tour.tours").add("loan_crm_administrator", {
    steps: () => [
        ...openApp(),
        ...openSubMenu("loan_crm_menu_configuration", "loan_reminder_policy_menu", "Reminder Policies"),
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            run: "edit Gentle",
        },
        {
            content: "A first letter five days before",
            trigger: ".o_field_widget[name=step_ids] .o_field_x2many_list_row_add a, .o_field_widget[name=step_ids] .o_field_x2many_list_row_add button",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=days] input",
            run: "edit 5",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        ...stepUtils.saveForm(),
        {
            content: "The step reads as a sentence",
            trigger: ".o_field_widget[name=step_ids] .o_data_row:contains('5 days before')",
        },
    ],
});
