import { registry } from "@web/core/registry";

/** A lead gives a customer of Lin Mei to Chen Bo. */
registry.category("web_tour.tours").add("loan_handover_start", {
    steps: () => [
        {
            content: "The strip tells at once who is accountable",
            trigger: ".o_loan_strip .o_loan_tile_people:contains('Lin Mei')",
        },
        {
            content: "The page opens with the timeline",
            trigger: ".o_notebook .nav-link.active[name=timeline]",
        },
        {
            trigger: "button[name=action_hand_over]",
            run: "click",
        },
        {
            content: "Who takes over?",
            trigger: ".modal .o_field_widget[name=receiver_user_id] input",
            run: "edit Chen Bo",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains('Chen Bo')",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=customer_count]:contains('1')",
        },
        {
            trigger: ".modal button[name=action_start]",
            run: "click",
        },
        {
            content: "The handover is open; its board is one click away",
            trigger: ".o_form_view button[name=action_open_items].btn-primary",
            run: "click",
        },
        {
            trigger: ".o_kanban_view .o_kanban_group:first-child .o_kanban_record:contains('Wang Fang')",
        },
    ],
});

/** Chen Bo reads the brief, ticks the checklist and accepts; in Chinese. */
registry.category("web_tour.tours").add("loan_handover_accept", {
    steps: () => [
        {
            trigger: ".o_list_view .o_data_row .o_data_cell:contains('Wang Fang')",
            run: "click",
        },
        {
            content: "The brief says what must not be stumbled over",
            trigger: ".o_loan_brief:contains('LN')",
        },
        {
            content: "Tick the first line",
            trigger: ".o_field_widget[name=done_check_ids] .o-checkbox:contains('已阅读客户简报') input",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=done_check_ids] .o-checkbox:contains('已与原客户经理沟通清楚') input",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=done_check_ids] .o-checkbox:contains('已了解未兑现') input",
            run: "click",
        },
        {
            trigger: "button[name=action_accept]",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is hers now",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('已接收')",
        },
    ],
});
