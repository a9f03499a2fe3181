import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** Compliance begins a planned review: the grants it is about are counted. */
const begin = (words) => () => [
    {
        trigger: ".o_kanban_record:contains('Half year')",
        run: "click",
    },
    {
        trigger: "button[name=action_start]",
        run: "click",
    },
    {
        trigger: `.o_statusbar_status .o_arrow_button_current:contains('${words.running}')`,
    },
    {
        trigger: ".o_field_widget[name=open_count]:contains('2')",
    },
];
tours.add("loan_access_campaign_begin", { steps: begin({ running: "Under Review" }) });
tours.add("loan_access_campaign_begin_zh", { steps: begin({ running: "审查中" }) });

/** The manager is asked about both, marks them and keeps them with one reason. */
const answer = (words) => () => [
    {
        trigger: `.o_data_row:contains('Chen Bo'):contains('${words.open}')`,
    },
    {
        trigger: ".o_list_record_selector input",
        run: "click",
    },
    {
        trigger: `.o_control_panel button[name=action_review]:contains('${words.keep}')`,
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=line_count]:contains('2')",
    },
    {
        trigger: ".modal .o_field_widget[name=reason] input",
        run: "edit Both work on it still",
    },
    {
        trigger: ".modal button[name=action_answer]",
        run: "click",
    },
    {
        content: "Nothing is left to answer",
        trigger: "body:not(:has(.modal)) .o_view_nocontent_smiling_face",
    },
];
tours.add("loan_access_campaign_answer", { steps: answer({ open: "Not Answered", keep: "Keep" }) });
tours.add("loan_access_campaign_answer_zh", { steps: answer({ open: "未答复", keep: "保留" }) });
