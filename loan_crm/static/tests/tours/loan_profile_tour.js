import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const row = (text) => `.o_list_view .o_data_row:contains('${text}')`;
const told = (text) => `.o_loan_timeline_row:contains('${text}')`;
const kind = (name) => `.o_loan_timeline_kinds [data-kind=${name}]`;

/**
 * A manager comes from the contact, reads who somebody is and what has happened, notes a call and takes a paper in.
 *
 * @param {{customer: string, nothing: string, card: string, valid: string}} words as the screen says them
 */
const profile = (words) => [
    {
        content: "The contact leads to the customer",
        trigger: `.o_form_view button[name=action_open_loan_customer]:contains('${words.customer}')`,
        run: "click",
    },
    {
        content: "The strip tells at once who looks after them",
        trigger: ".o_loan_strip .o_loan_tile_people:contains('Lin Mei')",
    },
    {
        content: "The page opens with what has happened",
        trigger: ".o_notebook .nav-link.active[name=timeline]",
    },
    {
        trigger: told("A van"),
    },
    {
        content: "Only calls: there was none",
        trigger: kind("talk"),
        run: "click",
    },
    {
        trigger: `.o_loan_timeline_empty:contains('${words.nothing}')`,
    },
    {
        trigger: kind("talk"),
        run: "click",
    },
    {
        content: "Only applications",
        trigger: `${kind("application")}:not(.btn-primary)`,
        run: "click",
    },
    {
        trigger: `.o_loan_timeline:has(${kind("application")}.btn-primary):not(:has(.fa-money.text-muted)) ${told("A van")}`,
    },
    {
        trigger: kind("application"),
        run: "click",
    },
    {
        content: "Note a call",
        trigger: "button[name=action_log_call]",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=note] .odoo-editor-editable",
        run: "editor Wants to know what a second oven costs",
    },
    {
        trigger: ".modal .o_form_button_save",
        run: "click",
    },
    {
        content: "It stands in the timeline",
        trigger: `body:not(:has(.modal)) ${told("second oven")}`,
    },
    {
        content: "A paper that expires",
        trigger: ".o_notebook .nav-link[name=papers]",
        run: "click",
    },
    {
        trigger: ".o_field_widget[name=document_ids] .o_field_x2many_list_row_add a",
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=type_id] input",
        run: `edit ${words.card}`,
    },
    {
        trigger: `.ui-autocomplete .dropdown-item:contains('${words.card}')`,
        run: "click",
    },
    {
        trigger: ".modal .o_field_widget[name=number] input",
        run: "edit 310101199001012233",
    },
    {
        trigger: ".modal .o_field_widget[name=date_expiry] input",
        run: "edit +900d",
    },
    {
        trigger: ".modal .o_form_button_save",
        run: "click",
    },
    {
        trigger: "body:not(:has(.modal)) .o_form_view",
    },
    ...stepUtils.saveForm(),
    {
        content: "Of the number the end is shown; somebody has yet to see the original",
        trigger: `.o_field_widget[name=document_ids] .o_data_row:contains('2233'):contains('${words.valid}') button[name=action_verify]`,
        run: "click",
    },
    {
        trigger: ".o_field_widget[name=document_ids] .o_data_row:not(:has(button[name=action_verify])):contains('Lin Mei')",
    },
];

registry.category("web_tour.tours").add("loan_profile_manager", {
    steps: () =>
        profile({
            customer: "Loan Customer",
            nothing: "Nothing of this kind.",
            card: "Identity Card",
            valid: "Valid",
        }),
});
registry.category("web_tour.tours").add("loan_profile_manager_zh", {
    steps: () =>
        profile({ customer: "贷款客户", nothing: "没有此类往来。", card: "身份证", valid: "有效" }),
});

/**
 * A lead makes one profile of two of one person.
 *
 * @param {{merge: string, formerly: string}} words as the screen says them
 */
const merge = (words) => [
    {
        content: "Two of one person",
        trigger: `${row("Wang Fang (2)")} .o_list_record_selector input`,
        run: "click",
    },
    {
        trigger: ".o_list_view .o_data_row:contains('Wang Fang'):not(:contains('(2)')) .o_list_record_selector input",
        run: "click",
    },
    {
        trigger: ".o_cp_action_menus .dropdown-toggle:has(.fa-cog)",
        run: "click",
    },
    {
        trigger: `.o-dropdown--menu .o_menu_item:contains('${words.merge}')`,
        run: "click",
    },
    {
        content: "They stand side by side; what differs is told",
        trigger: ".modal .o_field_widget[name=line_ids] .o_data_row:contains('Hates letters.'):contains('Calls after six.')",
    },
    {
        trigger: ".modal button[name=action_merge]",
        run: "click",
    },
    {
        content: "It cannot be taken back",
        trigger: ".modal:not(:has(button[name=action_merge])) .modal-footer .btn-primary",
        run: "click",
    },
    {
        content: "The kept page knows the other's number",
        trigger: `body:not(:has(.modal)) .o_form_view .o_form_sheet:contains('${words.formerly}')`,
    },
];

registry.category("web_tour.tours").add("loan_merge_lead", {
    steps: () => merge({ merge: "Merge Customers", formerly: "Formerly also" }),
});
registry.category("web_tour.tours").add("loan_merge_lead_zh", {
    steps: () => merge({ merge: "合并客户", formerly: "曾用编号" }),
});

/**
 * Compliance sees what would become of what, and asks.
 *
 * @param {{applications: string, asked: string}} words as the screen says them
 */
const ask = (words) => [
    {
        trigger: "button[name=action_erase]",
        run: "click",
    },
    {
        content: "Family by family it tells what becomes of it",
        trigger: `.modal .o_field_widget[name=line_ids] .o_data_row:contains('${words.applications}')`,
    },
    {
        trigger: ".modal button[name=action_request]",
        run: "click",
    },
    {
        content: "Somebody else has to confirm",
        trigger: `.o_form_view:not(:has(button[name=action_confirm])) .o_arrow_button_current:contains('${words.asked}')`,
    },
];

/**
 * A second person confirms.
 *
 * @param {{asked: string, done: string}} words as the screen says them
 */
const confirm = (words) => [
    {
        trigger: `${row(words.asked)} .o_data_cell`,
        run: "click",
    },
    {
        trigger: ".o_form_view button[name=action_confirm]",
        run: "click",
    },
    {
        trigger: ".modal .modal-footer .btn-primary",
        run: "click",
    },
    {
        content: "It is done; the proof names nobody and counts",
        trigger: `.o_form_view:has(.o_arrow_button_current:contains('${words.done}')) .o_field_widget[name=counts_told]:contains('1')`,
    },
];

registry.category("web_tour.tours").add("loan_erasure_ask", {
    steps: () => ask({ applications: "Applications for Loans", asked: "To Be Confirmed" }),
});
registry.category("web_tour.tours").add("loan_erasure_ask_zh", {
    steps: () => ask({ applications: "贷款申请", asked: "待确认" }),
});
registry.category("web_tour.tours").add("loan_erasure_confirm", {
    steps: () => confirm({ asked: "To Be Confirmed", done: "Erased" }),
});
registry.category("web_tour.tours").add("loan_erasure_confirm_zh", {
    steps: () => confirm({ asked: "待确认", done: "已删除" }),
});
