import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Somebody has to act now: number and name, a reason, the password, and the customer is open for minutes. */
const open = (words) => () => [
    {
        trigger: ".modal .o_field_widget[name=number] input",
        run() {
            // Which number the customer was given is told by the page the tour was started from.
            const number = new URLSearchParams(window.location.search).get("number");
            this.anchor.value = number;
            this.anchor.dispatchEvent(new InputEvent("input", { bubbles: true }));
            this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
        },
    },
    {
        trigger: ".modal .o_field_widget[name=customer_name] input",
        run: "edit wang fang",
    },
    {
        trigger: ".modal .o_field_widget[name=reason] textarea",
        run: "edit The court wants an answer within the hour",
    },
    {
        trigger: ".modal button[name=action_begin]",
        run: "click",
    },
    {
        content: "The password is asked, though one has signed in",
        trigger: ".modal input[type=password]",
        run: "edit a-very-long-password",
    },
    {
        trigger: ".modal button[name=run_check]",
        run: "click",
    },
    {
        content: "The customer's page says until when, and that everything is on record",
        trigger: `.o_form_view .o_loan_emergency:contains('${words.record}') .o_loan_countdown:contains('${words.left}')`,
    },
    {
        trigger: "button[name=action_end_emergency]",
        run: "click",
    },
    {
        content: "What is over stands among what one was given",
        trigger: `.o_list_view .o_data_row:contains('${words.ended}')`,
    },
];
tours.add("loan_emergency_open", {
    steps: open({ record: "Everything is on record", left: "60 min left", ended: "Withdrawn" }),
});
tours.add("loan_emergency_open_zh", {
    steps: open({ record: "均有记录", left: "剩余 60 分钟", ended: "已撤回" }),
});

/** Compliance reviews it, finds no need of it and reports the person. */
const review = (words) => () => [
    {
        trigger: ".o_data_row:contains('The court wants') .o_data_cell[name=reason]",
        run: "click",
    },
    {
        content: "What was looked at meanwhile is counted",
        trigger: ".o_form_view .o_stat_value:not(:contains('0'))",
    },
    {
        trigger: ".o_field_widget[name=note] textarea",
        run: "edit The court knows nothing of it",
    },
    {
        trigger: "button[name=action_not_justify]",
        run: "click",
    },
    {
        trigger: `.o_statusbar_status .o_arrow_button_current:contains('${words.verdict}')`,
    },
    {
        trigger: "button[name=action_report_breach].btn-primary",
        run: "click",
    },
    {
        content: "A breach is begun with what is known",
        trigger: ".o_field_widget[name=facts]:contains('The court knows nothing of it')",
    },
];
tours.add("loan_emergency_review", { steps: review({ verdict: "Not Justified" }) });
tours.add("loan_emergency_review_zh", { steps: review({ verdict: "无正当理由" }) });
