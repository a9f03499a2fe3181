import { registry } from "@web/core/registry";

const narrow = () => {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) {
        throw new Error(`${scrollWidth} is wider than ${window.innerWidth}`);
    }
};
const open = (trigger) => ({ trigger, run: "click", expectUnloadPage: true });
const sees = (trigger, content) => ({ trigger, content, run: narrow });

registry.category("web_tour.tours").add("loan_portal", {
    steps: () => [
        open(".o_portal_index_card a[href='/my/loans']"),
        sees(".loan.late .wrong:contains('Overdue now')", "What is overdue stands on the card"),
        open(".loan.late a"),
        sees(".next:contains('Your next payment')"),
        sees("figure svg[role=img]"),
        open("aside a.deed:contains('What if I pay early?')"),
        {
            trigger: "input[name=amount]",
            run: "edit 2,000",
        },
        open("button:contains('Work it out')"),
        sees(".variant.settle:contains('Charge')"),
        open("button:contains('I want to settle the loan')"),
        sees(".told.good:contains('We have it under the number')", "Asked for, with a number"),
        open(".breadcrumb a[href='/my/home']"),
        open(".o_portal_index_card a[href='/my/applications']"),
        open(".loan a:contains('Car Loan')"),
        sees(".course .now:contains('We are here')", "Where it stands"),
        {
            content: "A photograph from the phone",
            trigger: ".papers .lacking:first input[type=file]",
            run() {
                const head = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
                const chosen = new DataTransfer();
                chosen.items.add(new File([new Uint8Array([...head, ...Array(40).fill(0)])], "card.png"));
                this.anchor.files = chosen.files;
            },
        },
        open(".papers .lacking:first button:contains('Send')"),
        sees(".told.good:contains('it has arrived')"),
        sees(".papers li:contains('We have it and check it')"),
        open(".breadcrumb a[href='/my/home']"),
        open(".o_portal_index_card a[href='/my/cases']"),
        open(".loan a:contains('Request')"),
        {
            trigger: "textarea[name=words]",
            run: "edit By transfer, please.",
        },
        open("button:contains('Send')"),
        sees(".talk .mine:contains('By transfer, please.')"),
        open(".breadcrumb a[href='/my/home']"),
        open(".o_portal_index_card a[href='/my/contact']"),
        {
            trigger: "input[name=channel][value=phone]",
            run: "click",
        },
        open("button:contains('Keep it like this')"),
        sees(".told.good:contains('we keep to it from now on')"),
    ],
});
