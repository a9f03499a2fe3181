import { registry } from "@web/core/registry";

/**
 * Compliance asks who looked at a customer, checks the log, and closes what stands out with a word.
 *
 * @param {{seen: string, whole: string, reviewed: string}} words as the screen says them
 */
const evidence = (words) => [
    {
        content: "From the customer's page to who looked",
        trigger: ".o_form_view button[name=action_open_access_log]",
        run: "click",
    },
    {
        content: "The manager saw them, by name",
        trigger: `.o_list_view .o_data_row:contains('Lin Mei'):contains('${words.seen}'):contains('Wang Fang')`,
    },
    {
        content: "Nothing can be written or removed here",
        trigger: ".o_list_view:not(:has(.o_list_button_add))",
    },
    {
        content: "Check the log",
        trigger: "button[data-menu-xmlid='loan_crm.loan_crm_menu_compliance']",
        run: "click",
    },
    {
        trigger: ".o-dropdown--menu a[data-menu-xmlid='loan_crm.loan_access_log_check_menu']",
        run: "click",
    },
    {
        trigger: ".modal button[name=action_check]",
        run: "click",
    },
    {
        trigger: `.o_form_view .alert-success:contains('${words.whole}')`,
    },
    {
        content: "What stands out",
        trigger: "button[data-menu-xmlid='loan_crm.loan_crm_menu_compliance']",
        run: "click",
    },
    {
        trigger: ".o-dropdown--menu a[data-menu-xmlid='loan_crm.loan_access_unusual_menu']",
        run: "click",
    },
    {
        trigger: ".o_list_view .o_data_row:contains('Lin Mei') .o_list_record_open_form_view button, .o_list_view .o_data_row:contains('Lin Mei') .o_list_record_open_form_view",
        run: "click",
    },
    {
        trigger: ".o_form_view .o_field_widget[name=note] input",
        run: "edit Month's end",
    },
    {
        trigger: ".o_form_view button[name=action_review]",
        run: "click",
    },
    {
        trigger: `.o_form_view .o_arrow_button_current:contains('${words.reviewed}')`,
    },
];
const tours = registry.category("web_tour.tours");
tours.add("loan_access_log", {
    steps: () =>
        evidence({ seen: "Seen", whole: "Every entry is what it was", reviewed: "Reviewed" }),
});
tours.add("loan_access_log_zh", {
    steps: () => evidence({ seen: "查看", whole: "每条记录均与写入时一致", reviewed: "已复核" }),
});
