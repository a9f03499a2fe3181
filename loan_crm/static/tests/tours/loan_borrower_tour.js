import { registry } from "@web/core/registry";

const page = (selector) => `:iframe ${selector}`;

// By hand: no script of the page listens for events, and the tour's own typing does not come back from a bare frame.
const type = (text) =>
    function () {
        this.anchor.value = text;
    };
const press = function () {
    this.anchor.click();
};

/**
 * The borrower's page loads no script, so it cannot play a tour of its own: it is opened in a frame, as wide as the
 * phone. Its address comes with that of the page around it.
 */
registry.category("web_tour.tours").add("loan_crm_borrower_hardship", {
    steps: () => [
        {
            content: "Open the letter's link",
            trigger: "body",
            run() {
                const frame = document.createElement("iframe");
                frame.src = new URLSearchParams(window.location.search).get("loan");
                frame.style = "position: fixed; inset: 0; width: 100%; height: 100%; border: 0; z-index: 9999;";
                document.body.append(frame);
            },
        },
        {
            content: "What is open, and two things to do about it",
            trigger: page("h1:contains('Dear Wang Fang')"),
        },
        {
            trigger: page("a.deed:contains('I cannot pay in time')"),
            run: press,
        },
        {
            content: "Nothing is wider than the phone",
            trigger: page("h1:contains('I cannot pay in time')"),
            run() {
                const { documentElement } = document.querySelector("iframe").contentDocument;
                if (documentElement.scrollWidth > window.innerWidth) {
                    throw new Error(`${documentElement.scrollWidth} is wider than ${window.innerWidth}`);
                }
            },
        },
        {
            trigger: page("input[name=cause][value=income]"),
            run: press,
        },
        {
            trigger: page("textarea[name=words]"),
            run: type("Laid off on Friday"),
        },
        {
            trigger: page("input[name=offered_amount]"),
            run: type("as much as I can"),
        },
        {
            trigger: page("button[type=submit]"),
            run: press,
        },
        {
            content: "Told what is wrong, with everything kept",
            trigger: page("[role=alert]:contains('What you wrote is kept')"),
        },
        {
            trigger: page(".wrong:contains('Please write the amount in digits')"),
        },
        {
            trigger: page("textarea[name=words]:value('Laid off on Friday')"),
        },
        {
            trigger: page("input[name=offered_amount]"),
            run: type("300"),
        },
        {
            trigger: page("input[name=wish][value=smaller]"),
            run: press,
        },
        {
            trigger: page("button[type=submit]"),
            run: press,
        },
        {
            content: "Who calls",
            trigger: page("strong:contains('Lin Mei will call you by')"),
        },
    ],
});
