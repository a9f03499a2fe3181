import { registry } from "@web/core/registry";

/** A manager leads a case from the board to its end: answers, waits, goes on, solves, closes. */
registry.category("web_tour.tours").add("loan_case_manager", {
    steps: () => [
        {
            content: "The board shows what is to be done next",
            trigger:
                ".o_kanban_record:contains('Wrong interest'):contains('Answer Wang Fang') [name=subject], .o_kanban_record:contains('Wrong interest'):contains('Answer Wang Fang') .fw-bold",
            run: "click",
        },
        {
            content: "What to ask and say stands beside their words",
            trigger: ".o_form_view .alert:contains('Interest and fees')",
        },
        {
            trigger: ".o_form_view button[name=action_use]:first",
            run: "click",
        },
        {
            content: "The ready answer is there with the name filled in",
            trigger: ".modal .o_mail_composer_form_view :contains('Dear Wang Fang')",
        },
        {
            trigger: ".modal button[name=action_send_mail]",
            run: "click",
        },
        {
            content: "Answered: now it is to be settled",
            trigger: ".o_form_view .alert-info:contains('Settle it, tell Wang Fang')",
        },
        {
            trigger: "button[name=action_wait]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Her statement of March",
        },
        {
            trigger: ".modal button[name=action_end]:contains('Wait')",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-info:contains('Her statement of March')",
        },
        {
            trigger: "button[name=action_go_on]",
            run: "click",
        },
        {
            trigger: "button[name=action_solve].oe_highlight, button[name=action_solve].btn-primary",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=note] textarea",
            run: "edit Interest explained, day by day",
        },
        {
            trigger: ".modal button[name=action_end]:contains('Solve')",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-info:contains('closes by itself')",
        },
        {
            trigger: "button[name=action_close]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=closed]",
        },
    ],
});

/** A lead finds who waits longest, looks at the clocks of the complaint and passes it up. */
registry.category("web_tour.tours").add("loan_case_lead", {
    steps: () => [
        {
            content: "Who waits for an answer of one's team",
            trigger: ".o_list_view .o_data_row:contains('Rude at the counter') [name=record_name]",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-info:contains('who waits since')",
        },
        {
            trigger: ".o_notebook .nav-link[name=clocks]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=clock_ids] .o_data_row:contains('Complaint: first response')",
        },
        {
            trigger: "button[name=action_escalate]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=team_id]:contains('Special Support'), .o_field_widget[name=team_id] input:value('Special Support')",
        },
    ],
});

/** A talk that was noted becomes a case by one click. */
registry.category("web_tour.tours").add("loan_case_of_talk", {
    steps: () => [
        {
            trigger: ".o_form_view button[name=action_make_case]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=words]:contains('later due day'), .o_field_widget[name=words] textarea",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=channel]:contains('Telephone')",
        },
    ],
});
