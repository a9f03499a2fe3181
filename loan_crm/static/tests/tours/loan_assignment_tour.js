import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const row = (name) => `.modal .o_field_widget[name=line_ids] .o_data_row:contains('${name}')`;

/** A lead asks who could look after a borrower, reads why, and chooses somebody against a rule of the house. */
const suggest = (words) => () => [
    {
        trigger: ".o_form_view button[name=action_suggest_assignment]",
        run: "click",
    },
    {
        content: "What the borrower needs",
        trigger: `.modal .o_field_widget[name=needs_note]:contains('${words.region}')`,
    },
    {
        content: "The best one first, with what speaks for her",
        trigger: `.modal .o_field_widget[name=line_ids] .o_data_row:first-child:contains('Chen Bo'):contains('${words.speaks}'):contains('${words.family}')`,
    },
    {
        content: "The runner-up",
        trigger: `.modal .o_field_widget[name=line_ids] .o_data_row:nth-child(2):contains('Lin Mei')`,
    },
    {
        content: "And who takes no new customers",
        trigger: `${row("Pan Yi")}:contains('${words.notTaking}')`,
    },
    {
        content: "A colleague who is family cannot be chosen",
        trigger: `${row("Xu Lan")}:contains('${words.related}'):not(:has(button[name=action_choose]))`,
    },
    {
        content: "She was asked for by name",
        trigger: `${row("Pan Yi")} button[name=action_choose]`,
        run: "click",
    },
    {
        content: "The form warns",
        trigger: `.modal .alert-warning:contains('Pan Yi'):contains('${words.notTaking}')`,
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit They asked for her",
    },
    {
        trigger: ".modal button[name=action_assign]",
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal))",
    },
    {
        content: "She is accountable now",
        trigger: ".o_loan_strip .o_loan_tile_people:contains('Pan Yi')",
    },
];
tours.add("loan_assignment_suggest", {
    steps: suggest({
        region: "上海市",
        speaks: "Speaks Chinese",
        family: "Looks after their household",
        notTaking: "Takes no new customers",
        related: "Related to the customer",
    }),
});
tours.add("loan_assignment_suggest_zh", {
    steps: suggest({
        region: "上海市",
        speaks: "会讲",
        family: "正在服务其家庭",
        notTaking: "目前不接收新客户",
        related: "与客户存在亲属或关联关系",
    }),
});

/** A lead gives a portfolio to others: before and after in a picture, a line that cannot be, and the others. */
const bulk = (words) => () => [
    {
        trigger: ".o_menu_sections [data-menu-xmlid='loan_crm.loan_team_menu_parent']",
        run: "click",
    },
    {
        trigger: ".o-dropdown--menu [data-menu-xmlid='loan_crm.loan_assignment_bulk_menu']",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=from_user_id] input",
        run: "edit Lin Mei",
    },
    {
        trigger: ".ui-autocomplete .dropdown-item:contains('Lin Mei')",
        run: "click",
    },
    {
        trigger: ".modal button[name=action_propose]",
        run: "click",
    },
    {
        content: "What everybody carries before and after",
        trigger: ".modal .o_loan_load_chart tr:contains('Lin Mei') .o_loan_load_before",
    },
    {
        trigger: ".modal .o_loan_load_chart tr:contains('Chen Bo') .o_loan_load_after",
    },
    {
        trigger: row("Wang Fang"),
    },
    {
        content: "Somebody who may not act is chosen as deputy",
        trigger: `${row("Li Na")} .o_data_cell[name=deputy_user_id]`,
        run: "click",
    },
    {
        trigger: `${row("Li Na")} .o_field_widget[name=deputy_user_id] input`,
        run: "edit Xu Lan",
    },
    {
        trigger: ".ui-autocomplete .dropdown-item:contains('Xu Lan')",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit Lin Mei moves to another branch",
    },
    {
        trigger: ".modal button[name=action_assign]",
        run: "click",
    },
    {
        content: "It is said which line, and why; nothing was done",
        trigger: `.modal .alert-danger:contains('Li Na'):contains('Xu Lan'):contains('${words.related}')`,
    },
    {
        trigger: `${row("Li Na")}.text-danger`,
    },
    {
        trigger: ".modal button[name=action_assign_others]",
        run: "click",
    },
    {
        trigger: `.o_notification:contains('${words.assigned}')`,
    },
    {
        content: "The line that cannot be is left",
        trigger: `.modal .o_field_widget[name=line_ids]:not(:contains('Wang Fang')) .o_data_row:contains('Li Na')`,
    },
    {
        trigger: ".modal .modal-footer [special=cancel], .modal .modal-footer button:not(.btn-primary):last-child",
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal))",
    },
];
tours.add("loan_assignment_bulk", {
    steps: bulk({ related: "Related to the customer", assigned: "Customers assigned: 1" }),
});
tours.add("loan_assignment_bulk_zh", {
    steps: bulk({ related: "与客户存在亲属或关联关系", assigned: "已分配客户：1" }),
});

/** The heat map of the team: each number tells what it weighs and opens the customers behind it. */
const heat = (words) => () => [
    {
        trigger: `.o_loan_heat_map thead:contains('${words.ours}')`,
    },
    {
        content: "A promise of ours is overdue, and weighs",
        trigger: ".o_loan_heat_map .o_data_row:contains('Lin Mei') .o_data_cell[name=ours_count] .o_loan_heat:not([data-step='0']):contains('1')",
        run: "click",
    },
    {
        content: "To whom was it made?",
        trigger: ".o_list_view .o_data_row:contains('Wang Fang')",
    },
];
tours.add("loan_workload_heat", { steps: heat({ ours: "Ours" }) });
tours.add("loan_workload_heat_zh", { steps: heat({ ours: "我方承诺" }) });
