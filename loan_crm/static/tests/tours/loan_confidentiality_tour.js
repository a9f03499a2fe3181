import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Compliance makes a customer confidential: who loses is said before, who sees them and why after. */
const classify = (words) => () => [
    {
        trigger: "button[name=action_classify]",
        run: "click",
    },
    {
        trigger: `.modal .o_selection_badge:contains('${words.level}')`,
        run: "click",
    },
    {
        content: "Who would lose sight is named before anything is changed",
        trigger: `.modal .o_data_row:contains('Gu Ning'):contains('${words.grant}')`,
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit Deal under negotiation",
    },
    {
        trigger: ".modal button[name=action_classify]",
        run: "click",
    },
    {
        trigger: `body:not(:has(.modal)) .o_field_widget[name=level_id]:contains('${words.level}')`,
    },
    {
        trigger: "button[name=action_explain_sight]",
        run: "click",
    },
    {
        content: "The manager sees them, by the grant that came with the change",
        trigger: `.o_data_row:contains('Lin Mei'):contains('${words.manager}'):contains('${words.purpose}')`,
    },
    {
        content: "The lead lacks one",
        trigger: `.o_data_row.text-muted:contains('Gu Ning'):contains('${words.grant}')`,
    },
];
tours.add("loan_confidentiality_classify", {
    steps: classify({
        level: "Confidential",
        grant: "a grant up to",
        manager: "Relationship manager",
        purpose: "Looks after the customer",
    }),
});
tours.add("loan_confidentiality_classify_zh", {
    steps: classify({ level: "机密", grant: "级别的授权", manager: "客户经理", purpose: "负责该客户" }),
});

/** A colleague who needs to see somebody asks, and is told nothing but that compliance has the request. */
const ask = (words) => () => [
    {
        trigger: ".modal .o_field_widget[name=wanted] textarea",
        run: "edit Wang Fang, the car loan",
    },
    {
        trigger: ".modal .o_field_widget[name=purpose] input",
        run: "edit Second opinion",
    },
    {
        trigger: ".modal button[name=action_ask]",
        run: "click",
    },
    {
        trigger: `.o_notification:contains('${words}')`,
    },
];
tours.add("loan_confidentiality_ask", { steps: ask("Compliance has your request") });
tours.add("loan_confidentiality_ask_zh", { steps: ask("申请已提交合规") });

/** Compliance finds the request, says whom it means and approves. */
const answer = (words) => () => [
    {
        trigger: ".o_data_row:contains('Second opinion') .o_data_cell[name=purpose]",
        run: "click",
    },
    {
        content: "The words of who asked stand above",
        trigger: ".alert:contains('Wang Fang, the car loan')",
    },
    {
        trigger: ".o_field_widget[name=customer_id] input",
        run: "edit Wang Fang",
    },
    {
        trigger: ".ui-autocomplete .dropdown-item:contains('Wang Fang')",
        run: "click",
    },
    {
        trigger: "button[name=action_approve]",
        run: "click",
    },
    {
        trigger: `.o_statusbar_status .o_arrow_button_current:contains('${words}')`,
    },
];
tours.add("loan_confidentiality_answer", { steps: answer("Granted") });
tours.add("loan_confidentiality_answer_zh", { steps: answer("已批准") });

/** Compliance keeps one application from the others: its customer has no profile, so nobody else would see it. */
const closeApplication = (words) => () => [
    {
        trigger: ".o_data_row:contains('A second oven') .o_data_cell[name=name]",
        run: "click",
    },
    {
        trigger: "button[name=action_classify]",
        run: "click",
    },
    {
        trigger: `.modal .o_selection_badge:contains('${words.level}')`,
        run: "click",
    },
    {
        content: "It is said that compliance alone will see it",
        trigger: `.modal .o_field_widget[name=change_told]:contains('${words.alone}')`,
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit She buys a competitor",
    },
    {
        trigger: ".modal button[name=action_classify]",
        run: "click",
    },
    {
        trigger: `body:not(:has(.modal)) .o_field_widget[name=effective_level_id]:contains('${words.level}')`,
    },
];
tours.add("loan_confidentiality_application", {
    steps: closeApplication({ level: "Confidential", alone: "compliance alone" }),
});
tours.add("loan_confidentiality_application_zh", {
    steps: closeApplication({ level: "机密", alone: "只有合规部门" }),
});
