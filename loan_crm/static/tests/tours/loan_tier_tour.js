import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** A lead sees that a customer has fallen below their tier, and agrees. */
const agree = (words) => () => [
    {
        content: "The proposal tells from where to where, and by which figures",
        trigger: `.o_data_row:contains('Wang Fang'):contains('Prime'):contains('Plus'):contains('${words.figure}')`,
    },
    {
        trigger: ".o_data_row:contains('Wang Fang') button[name=action_accept]",
        run: "click",
    },
    {
        content: "Nothing is left to decide",
        trigger: `.o_view_nocontent:contains('${words.nothing}')`,
    },
];
tours.add("loan_tier_agree", {
    steps: agree({ figure: "Outstanding principal", nothing: "No downgrade waits" }),
});
tours.add("loan_tier_agree_zh", {
    steps: agree({ figure: "剩余本金", nothing: "没有待答复的降级" }),
});

/** The lead puts another customer into the tier by hand: with a reason, and until when. */
const choose = (words) => () => [
    {
        trigger: "button[name=action_choose_tier]",
        run: "click",
    },
    {
        content: "Without a reason nothing is chosen",
        trigger: ".modal .o_field_widget[name=reason].o_required_modifier",
    },
    {
        trigger: ".modal .o_field_widget[name=tier_id] input",
        run: "edit Prime",
    },
    {
        trigger: ".ui-autocomplete .dropdown-item:contains('Prime')",
        run: "click",
    },
    {
        content: "A year is offered",
        trigger: ".modal .o_field_widget[name=until]",
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit Brings us the whole family",
    },
    {
        trigger: ".modal button[name=action_choose]",
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal))",
    },
    {
        trigger: ".o_notebook .nav-link[name=service]",
        run: "click",
    },
    {
        content: "Which tier, since when, until when and why stand on the page",
        trigger: `.o_field_widget[name=tier_note]:contains('Brings us the whole family'):contains('${words.until}')`,
    },
    {
        content: "The way there is one click away",
        trigger: "button[name=action_open_tier_changes]",
        run: "click",
    },
    {
        trigger: `.o_list_view .o_data_row:contains('Prime'):contains('${words.hand}')`,
    },
];
tours.add("loan_tier_choose", { steps: choose({ until: "until", hand: "By hand" }) });
tours.add("loan_tier_choose_zh", { steps: choose({ until: "至", hand: "手动指定" }) });

/** The manager sees what the plan of the tier gives to do, and what comes next. */
tours.add("loan_tier_service", {
    steps: () => [
        {
            content: "The activity of the plan",
            trigger: ".o-mail-Activity:contains('Birthday call')",
        },
        {
            trigger: ".o_notebook .nav-link[name=service]",
            run: "click",
        },
        {
            content: "The plan with its line",
            trigger: ".o_field_widget[name=service_plan_id]:contains('Of the Test')",
        },
        {
            content: "And what comes next",
            trigger: ".o_field_widget[name=service_next]:contains('Review')",
        },
    ],
});
