import { registry } from "@web/core/registry";

const narrow = () => {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) {
        throw new Error(`${scrollWidth} is wider than ${window.innerWidth}`);
    }
};
const open = (trigger) => ({ trigger, run: "click", expectUnloadPage: true });
const sees = (trigger, content) => ({ trigger, content, run: narrow });
const large = {
    content: "Letters, figures and buttons are large",
    trigger: ".o_loan_easy",
    run() {
        const size = (selector) =>
            parseFloat(getComputedStyle(document.querySelector(`.o_loan_easy ${selector}`)).fontSize);
        if (size("p") < 20 || size(".payment .figure") < 28) {
            throw new Error("The type is too small");
        }
        for (const target of document.querySelectorAll(".o_loan_easy button, .o_loan_easy .deed, .o_loan_easy .choice")) {
            if (target.getBoundingClientRect().height < 56) {
                throw new Error(`Too small to press: ${target.textContent}`);
            }
        }
    },
};

registry.category("web_tour.tours").add("loan_easy", {
    steps: () => [
        open(".o_portal_index_card a[href='/my/easy']"),
        sees(".order.late:contains('Is everything in order?')"),
        large,
        {
            trigger: ".o_loan_easy input[name=part][value=soon]",
            run: "click",
        },
        {
            trigger: ".o_loan_easy input[name=number]",
            run: "edit 021 5555 0177",
        },
        open("button:contains('Call me back')"),
        sees(".told:contains('will call you'):contains('••77')", "Who calls, and when"),
        open("button:contains('I need no call any more')"),
        sees("legend:contains('When shall we call you?')"),
        open("button:contains('in large type')"),
        sees(".o_loan_large button:contains('in usual type')"),
        open("a.deed:contains('Meet us at a time of your choice')"),
        {
            trigger: "input[name=loan_way][value=phone]",
            run: "click",
        },
        {
            trigger: ".slots[open] .step:first",
            run: "click",
        },
        open("button:contains('Book this appointment')"),
        sees(".told.good:contains('It is booked')"),
        open(".loan a:contains('By telephone')"),
        sees(".told:contains('We call you at')"),
        open("button:contains('Cancel this appointment')"),
        sees(".told.good:contains('It is canceled')"),
        open(".breadcrumb a[href='/my/home']"),
        open(".o_portal_index_card a[href='/my/cases']"),
        open("a.deed:contains('Ask about an application')"),
        {
            trigger: "textarea[name=words]",
            run: "edit How long does it take?",
        },
        open("button:contains('Send')"),
        sees(".told.good:contains('We have it under the number')"),
    ],
});
