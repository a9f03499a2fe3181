import { registry } from "@web/core/registry";

const narrow = () => {
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > window.innerWidth) {
        throw new Error(`${scrollWidth} is wider than ${window.innerWidth}`);
    }
};
const open = (trigger) => ({ trigger, run: "click", expectUnloadPage: true });
const sees = (trigger, content) => ({ trigger, content, run: narrow });

registry.category("web_tour.tours").add("loan_portal_own", {
    steps: () => [
        open(".o_portal_index_card a[href='/my/promises']"),
        sees("h1:contains('What we promised each other')"),
        sees(".purpose.open:contains('You said you would pay')", "What they promised"),
        sees(".purpose:contains('Send the interest certificate')", "What they were promised"),
        open("a:contains('I will be late, or want to change it')"),
        sees("h1:contains('I have paid, or will pay on')"),
        open(".breadcrumb a[href='/my/home']"),
        open(".o_portal_index_card a[href='/my/consents']"),
        sees(".purpose:contains('Recording our telephone calls') button.switch[aria-checked=false]"),
        open(".purpose:contains('Recording our telephone calls') button.switch"),
        sees(".purpose:contains('Recording our telephone calls') .told.good:contains('we keep to it')"),
        sees(".purpose:contains('Recording our telephone calls') button.switch[aria-checked=true]"),
        sees(".said-list:contains('You allowed it')"),
        open("a[href='/my/data']"),
        open("button:contains('Get a copy of what you hold about me')"),
        sees(".told.good:contains('Your copy is ready.')"),
        sees(".purpose.good a.deed[href^='/my/data/']:contains('Download')"),
    ],
});
