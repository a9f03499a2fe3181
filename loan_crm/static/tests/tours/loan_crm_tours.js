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
            content: "The day begins with what waits",
            trigger: ".o_loan_worklist",
        },
        ...openSubMenu("loan_contract_menu_parent", "loan_installment_menu", "Falling Due"),
        {
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
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('In Repayment')",
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

const firstLetter = ".modal .o_loan_letter_frames iframe[srcdoc*='Dear Li Na']";

registry.category("web_tour.tours").add("loan_crm_manager_promise_and_hold", {
    steps: () => [
        ...openApp(),
        ...openSubMenu("loan_contract_menu_parent", "loan_contract_menu", "Loans"),
        {
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('Li Na')",
            run: "click",
        },
        {
            content: "Read what the borrower will get",
            trigger: ".o_form_view .o_notebook .nav-link[name=reminders]",
            run: "click",
        },
        {
            trigger: "button[name=action_preview_letter]",
            run: "click",
        },
        {
            trigger: firstLetter,
        },
        {
            trigger: ".modal .modal-footer button[special=cancel]",
            run: "click",
        },
        {
            content: "The borrower says on the telephone when they will pay",
            trigger: "body:not(:has(.modal)) button[name=action_promise]",
            run: "click",
        },
        {
            content: "The next installment is filled in",
            trigger: ".modal .o_field_widget[name=amount] input:value('1,032.80')",
        },
        {
            trigger: ".modal .o_field_widget[name=date_promised] input, .modal .o_field_widget[name=date_promised] button",
            run: "click",
        },
        {
            trigger: ".o_datetime_picker .o_today",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "The loan tells of it, and that it holds reminders",
            trigger: "body:not(:has(.modal)) .alert .o_field_widget[name=promise_note]:contains('1,032.80')",
        },
        {
            trigger: ".alert .o_field_widget[name=hold_note]:contains('Promise to pay')",
        },
        {
            content: "And there is a complaint",
            trigger: "button[name=action_hold_reminders]",
            run: "click",
        },
        {
            trigger: ".modal .modal-title:contains('Hold Reminders')",
        },
        {
            trigger: ".modal .o_field_widget[name=kind] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Complaint open')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Says the fee was charged twice",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .alert .o_field_widget[name=hold_note]:contains('Complaint open')",
        },
        {
            content: "The complaint is answered: lift the hold",
            trigger: ".alert button[name=action_open_holds]",
            run: "click",
        },
        waitForPage("Reminder Holds"),
        {
            trigger: ".o_list_view .o_data_row .o_data_cell[name=reason]:contains('charged twice')",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_lift]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Lifted')",
        },
        {
            trigger: ".o_breadcrumb .breadcrumb-item a:contains('Li Na')",
            run: "click",
        },
        {
            content: "Only the promise holds reminders now",
            trigger: ".alert .o_field_widget[name=hold_note]:contains('Promise to pay'):not(:contains('Complaint'))",
        },
    ],
});

registry.category("web_tour.tours").add("loan_crm_team_lead_control_room", {
    steps: () => [
        ...openApp(),
        ...openSubMenu("loan_reminder_menu_parent", "loan_reminder_room_menu", "Control Room"),
        {
            content: "The round of today waits for a person",
            trigger: ".alert:contains('Nothing is written until somebody has looked')",
        },
        {
            content: "What is to come?",
            trigger: ".o_form_view .o_field_widget[name=week_graph] canvas",
        },
        ...openSubMenu("loan_reminder_menu_parent", "loan_reminder_forecast_menu", "Reminder Forecast"),
        {
            trigger: ".o_pivot .o_pivot_cell_value:not(:contains('0'))",
        },
        ...openSubMenu("loan_reminder_menu_parent", "loan_reminder_room_menu", "Control Room"),
        {
            content: "What would be written right now?",
            trigger: "button[name=action_dry_run]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=line_ids] .o_data_row",
        },
        {
            trigger: ".modal .modal-footer button[special=cancel]",
            run: "click",
        },
        {
            content: "Stop everything",
            trigger: "body:not(:has(.modal)) button[name=action_pause]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Balances are wrong",
        },
        {
            trigger: ".modal button[name=action_pause]",
            run: "click",
        },
        {
            content: "Everybody sees why, and one thing can be done about it",
            trigger: "body:not(:has(.modal)):not(:has(button[name=action_release])) .alert:contains('Balances are wrong')",
        },
        {
            trigger: "button[name=action_go_on]",
            run: "click",
        },
        {
            content: "Let the round go",
            trigger: "body:not(:has(button[name=action_go_on])) button[name=action_release]",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)):not(:has(button[name=action_release])) button[name=action_pause]",
        },
    ],
});

const mendBounce = ({ page, mend, told }) => [
    ...openApp(),
    ...openSubMenu("loan_reminder_menu_parent", "loan_reminder_bounce_menu", page),
    {
        content: "A letter came back; the borrower told the new address",
        trigger: `.o_list_view .o_data_row:contains('li.na@example.com') button[name=action_mend]:contains('${mend}')`,
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=email_new] input",
        run: "edit na.li@example.org",
    },
    {
        trigger: ".modal button[name=action_mend]",
        run: "click",
    },
    {
        content: "The letter is written again",
        trigger: `.o_notification:contains('${told}')`,
    },
    {
        content: "Nothing is left to mend",
        trigger: "body:not(:has(.modal)) .o_list_view:not(:has(.o_data_row:contains('li.na@example.com')))",
    },
];

registry.category("web_tour.tours").add("loan_crm_manager_bounce", {
    steps: () =>
        mendBounce({ page: "Bounced Addresses", mend: "New Address", told: "Written anew: 1" }),
});

registry.category("web_tour.tours").add("loan_crm_manager_bounce_zh", {
    steps: () => mendBounce({ page: "退信地址", mend: "新地址", told: "重新撰写：1" }),
});
