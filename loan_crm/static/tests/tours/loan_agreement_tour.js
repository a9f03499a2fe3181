import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const open = (trigger) => ({ trigger, run: "click", expectUnloadPage: true });
const narrow = () => {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) {
        throw new Error(`${scrollWidth} is wider than ${window.innerWidth}`);
    }
};

/** A stroke of the hand over the field, as a finger or a mouse draws it. */
function draw(canvas) {
    canvas.scrollIntoView({ block: "center" });
    const box = canvas.getBoundingClientRect();
    const at = (type, share, target) =>
        target.dispatchEvent(
            new PointerEvent(type, {
                bubbles: true,
                cancelable: true,
                pointerId: 1,
                isPrimary: true,
                button: 0,
                buttons: 1,
                pressure: 0.5,
                clientX: box.left + box.width * share,
                clientY: box.top + box.height * (0.3 + 0.4 * Math.abs(Math.sin(share * 9))),
            })
        );
    at("pointerdown", 0.1, canvas);
    for (let share = 0.12; share < 0.9; share += 0.02) {
        at("pointermove", share, window);
        at("pointermove", share, canvas);
    }
    at("pointerup", 0.9, window);
    at("pointerup", 0.9, canvas);
}

tours.add("loan_agreement_sign", {
    steps: () => [
        open("a[href='/my/agreements']:contains('waiting for your signature')"),
        open(".loan a:contains('It waits for your signature')"),
        { trigger: ".keyfacts td strong", run: narrow },
        { trigger: ".words:contains('The lender lends')", run: narrow },
        { trigger: "canvas.o_web_sign_signature" },
        { content: "Nothing is signed without having read it", trigger: "form.sign button[type=submit]", run: "click", expectUnloadPage: true },
        { trigger: ".wrong:contains('Please confirm this by a tick')" },
        { trigger: "input[name=read_facts]", run: "click" },
        { trigger: "input[name=read_words]", run: "click" },
        { trigger: "input[name=signer]", run: "edit Wang Fang 王芳" },
        {
            content: "Sign by hand",
            trigger: "canvas.o_web_sign_signature",
            run() {
                draw(this.anchor);
            },
        },
        { trigger: "canvas.o_web_sign_signature", run: "canvasNotEmpty" },
        open("form.sign button[type=submit]"),
        { trigger: ".signed img", run: narrow },
        { trigger: ".signed:contains('Wang Fang 王芳')" },
        { trigger: ".told.good:contains('Others are still to sign')" },
        { trigger: "a[href$='/file?form=pdf']" },
    ],
});

tours.add("loan_agreement_manager", {
    steps: () => [
        { trigger: "button[name=action_prepare_agreement]", run: "click" },
        { content: "The words as the customer will read them", trigger: ".o_loan_words:contains('The lender lends')" },
        { trigger: "button[name=action_offer]", run: "click" },
        { trigger: ".modal button.btn-primary:contains('Ok')", run: "click" },
        { trigger: ".o_arrow_button_current:contains('Waiting for Signatures')" },
        { trigger: "button[name=action_check_evidence]", run: "click" },
        { trigger: ".o_notification:contains('Unaltered since')" },
        { trigger: ".nav-link:contains('Who Signs')", run: "click" },
        { trigger: ".o_data_row:contains('Wang Fang'):contains('Not Yet')" },
        { trigger: "button[name=action_withdraw]", run: "click" },
        { trigger: ".modal [name=reason] input", run: "edit Wrong amount" },
        { trigger: ".modal button[name=action_withdraw]", run: "click" },
        { trigger: ".alert-warning:contains('Wrong amount')" },
    ],
});
