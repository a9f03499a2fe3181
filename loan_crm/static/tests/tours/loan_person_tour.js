import { registry } from "@web/core/registry";

const sign = (name, words) => ({
    steps: () => [
        {
            trigger: `.o_form_view .alert-warning:contains('${words.unsigned}')`,
        },
        {
            content: "What is signed stands there word for word",
            trigger: ".o_field_widget[name=shown_body]:contains('I tell nobody')",
        },
        {
            trigger: ".o_field_widget[name=signer_name] input",
            run: `edit ${name}`,
        },
        {
            trigger: ".o_field_widget[name=signature] .o_signature",
            run: "click",
        },
        {
            trigger: ".modal .o_web_sign_auto_button",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary:not(:disabled)",
            run: "click",
        },
        {
            content: "The signature stands on the form before it is signed",
            trigger: ".o_field_widget[name=signature] img.o_signature",
        },
        {
            trigger: "button[name=action_sign]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=signed]",
        },
        {
            trigger: "button[name=action_verify]",
            run: "click",
        },
        {
            trigger: `.o_notification:contains('${words.unaltered}')`,
        },
    ],
});

registry
    .category("web_tour.tours")
    .add(
        "loan_nda_sign",
        sign("Lin Mei", { unsigned: "not signed this agreement", unaltered: "Unaltered" })
    )
    .add("loan_nda_sign_zh", sign("林梅", { unsigned: "尚未签署", unaltered: "未被篡改" }));

const publish = (words) => ({
    steps: () => [
        {
            trigger: `.o_data_row .o_data_cell:contains('${words.title}')`,
            run: "click",
        },
        {
            trigger: "button[name=action_publish]",
            run: "click",
        },
        {
            content: "What follows is told before it happens",
            trigger: `.modal-body:contains('${words.warning}')`,
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=published]",
        },
        {
            trigger: "button[name=action_open_agreements] .o_field_widget[name=waiting_count]",
            run: "click",
        },
        {
            content: "Who has to sign stands there",
            trigger: ".o_list_view .o_data_row:contains('Lin Mei')",
        },
    ],
});

registry
    .category("web_tour.tours")
    .add("loan_nda_publish", publish({ title: "Secrecy", warning: "cannot be changed any more" }))
    .add("loan_nda_publish_zh", publish({ title: "Secrecy", warning: "不能再修改" }));

const confirm = (words) => ({
    steps: () => [
        {
            trigger: ".o_data_row .o_data_cell:contains('No private mail')",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=body]:contains('From Loan CRM only')",
        },
        {
            trigger: `button[name=action_confirm]:contains('${words.button}')`,
            run: "click",
        },
        {
            trigger: `.o_form_view .alert-success:contains('${words.done}')`,
        },
    ],
});

registry
    .category("web_tour.tours")
    .add("loan_notice_confirm", confirm({ button: "I Have Read and Understood", done: "You have confirmed" }))
    .add("loan_notice_confirm_zh", confirm({ button: "我已阅读并理解", done: "您已确认" }));
