import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** An auditor opens a grant: the customer's name is masked, and no button changes anything. */
const audit = (words) => () => [
    {
        trigger: `.o_data_row:contains('Chen Bo'):contains('${words.masked}') .o_data_cell[name=purpose]`,
        run: "click",
    },
    {
        trigger: `.o_form_view .o_field_widget[name=customer_id]:contains('${words.masked}')`,
    },
    {
        content: "Nothing to press, nothing to enter",
        trigger: ".o_form_view:not(:has(.o_statusbar_buttons button)):not(:has(.o_field_widget input:enabled))",
    },
    {
        trigger: `.o_menu_sections button:contains('${words.menu}')`,
        run: "click",
    },
    {
        trigger: `.o-dropdown-item:contains('${words.log}')`,
        run: "click",
    },
    {
        trigger: ".o_list_view .o_data_row",
    },
];
tours.add("loan_audit", {
    steps: audit({ masked: "(not yours to see)", menu: "Auditing", log: "Who Looked" }),
});
tours.add("loan_audit_zh", {
    steps: audit({ masked: "无权查看", menu: "审计", log: "查阅记录" }),
});
