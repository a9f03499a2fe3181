import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("loan_cover_manager", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
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
        {
            content: "The days count when the calendar closes",
            trigger: ".o_field_widget[name=reason] input",
            run: "click",
        },
        {
            content: "Before it is saved the form tells who would have nobody",
            trigger: ".o_form_view .alert-warning:contains('Wang Fang')",
        },
        {
            trigger: ".o_field_widget[name=deputy_user_id] input",
            run: "edit Chen Bo",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains('Chen Bo')",
            run: "click",
        },
        {
            trigger: ".o_form_view:not(:has(.alert-warning))",
        },
        ...stepUtils.saveForm(),
        {
            trigger: ".o_arrow_button_current[data-value=running]",
        },
        {
            trigger: "button[name=action_open_tasks]",
            run: "click",
        },
        {
            content: "What was to be done today went over",
            trigger: ".o_list_view .o_data_row:contains('Ask for the payslip'):contains('Chen Bo')",
        },
        {
            trigger: ".breadcrumb .o_back_button, .o_breadcrumb .o_back_button",
            run: "click",
        },
        {
            trigger: "button[name=action_back]:contains('I Am Back')",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=over]",
        },
    ],
});
