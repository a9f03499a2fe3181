import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Compliance applies a template to a customer: who gains is said before, who is on the deal after; then it is closed. */
const deal = (words) => () => [
    {
        trigger: "button[name=action_deal]",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=template_id] input",
        run: "edit Refinancing of firms",
    },
    {
        trigger: ".ui-autocomplete .dropdown-item:contains('Refinancing of firms')",
        run: "click",
    },
    {
        content: "Who would see what they do not see today is named before anything is done",
        trigger: `.modal .o_field_widget[name=gain_ids] .o_data_row:contains('Zhao Yun'):contains('${words.gains}')`,
    },
    {
        trigger: ".modal .o_field_widget[name=name] input",
        run: "edit Project Heron",
    },
    {
        trigger: ".modal button[name=action_start]",
        run: "click",
    },
    {
        content: "The deal has a page with its members",
        trigger: `body:not(:has(.modal)) .o_field_widget[name=grant_ids] .o_data_row:contains('Zhao Yun'):contains('${words.granted}')`,
    },
    {
        trigger: "button[name=action_close]",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit The deal is signed",
    },
    {
        trigger: ".modal button[name=action_end]:visible",
        run: "click",
    },
    {
        trigger: `body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains('${words.closed}')`,
    },
    {
        trigger: `.o_field_widget[name=grant_ids] .o_data_row:contains('Zhao Yun'):contains('${words.ended}')`,
    },
];
tours.add("loan_access_deal", {
    steps: deal({ gains: "Gains Sight", granted: "Granted", closed: "Closed", ended: "Withdrawn" }),
});
tours.add("loan_access_deal_zh", {
    steps: deal({ gains: "将可查看", granted: "已批准", closed: "已关闭", ended: "已撤回" }),
});
