import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const page = (selector) => `:iframe ${selector}`;
// By hand: the first pages load no script, so the tour's own typing does not come back from the frame.
const press = function () {
    this.anchor.click();
};

/** A borrower on a phone: the letter's link, the first answer, the rest, thanks. */
tours.add("loan_survey_phone", {
    steps: () => [
        {
            content: "Open the letter's link",
            trigger: "body",
            run() {
                const frame = document.createElement("iframe");
                frame.src = new URLSearchParams(window.location.search).get("ask");
                frame.style =
                    "position: fixed; inset: 0; width: 100%; height: 100%; border: 0; z-index: 9999;";
                document.body.append(frame);
            },
        },
        {
            content: "What was clicked in the letter is chosen, and nothing is sent yet",
            // The label: the box itself is see-through once its style sheet is there.
            trigger: page("label.step:has(input[name=choice][value='2']:checked)"),
        },
        {
            content: "Nothing is wider than the phone",
            trigger: page("h1"),
            async run() {
                const { contentDocument, contentWindow } = document.querySelector("iframe");
                if (contentDocument.readyState !== "complete") {
                    await new Promise((loaded) => contentWindow.addEventListener("load", loaded, { once: true }));
                }
                const { documentElement } = contentDocument;
                if (documentElement.scrollWidth > window.innerWidth) {
                    throw new Error(`${documentElement.scrollWidth} is wider than ${window.innerWidth}`);
                }
            },
        },
        {
            trigger: page("button:contains('Send and go on')"),
            run: press,
        },
        {
            content: "The rest, with the first answer where it was given",
            trigger: page(".js_question-wrapper:contains('with us so far') label:has(input[value='2']:checked)"),
        },
        {
            trigger: page(".js_question-wrapper:contains('How clear') label:has(input[value='1'])"),
            run: "click",
        },
        {
            trigger: page(".js_question-wrapper textarea"),
            run: "edit The fee came as a surprise",
        },
        {
            content: "One press sends it: nobody is asked whether they are sure",
            trigger: page("button[type=submit][value=finish]:not(.disabled)"),
            run: "click",
        },
        {
            trigger: page(".o_survey_finished:contains('A person reads this')"),
        },
    ],
});

/** The manager reads what was said, and the plan that follows from it. */
tours.add("loan_survey_manager", {
    steps: () => [
        {
            trigger: ".o_data_row .o_data_cell:contains('Wang Fang')",
            run: "click",
        },
        {
            trigger: ".alert-danger:contains('not content')",
        },
        {
            trigger: ".o_field_widget[name=words]:contains('The fee came as a surprise')",
        },
        {
            content: "What was answered stands by what it was about",
            trigger: ".o_data_row:contains('Clarity of Terms') .o_data_cell:contains('0')",
        },
        {
            trigger: "button[name=action_open_recovery]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=answer_note]:contains('The fee came as a surprise')",
        },
    ],
});

/** One click on what one has written to a customer, and the word is in the ledger. */
tours.add("loan_commitment_message", {
    steps: () => [
        {
            trigger: ".o-mail-Message:contains('statement tomorrow')",
            run: "hover",
        },
        {
            trigger: ".o-mail-Message:contains('statement tomorrow') button[title='Expand']",
            run: "click",
        },
        {
            trigger: ".o-dropdown-item:contains('We Promised This')",
            run: "click",
        },
        {
            content: "The words and the day are there",
            trigger: ".modal .o_field_widget[name=name] input:value('You have the statement tomorrow')",
        },
        {
            trigger: ".modal footer .btn-primary:contains('Promise')",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o-mail-Message:contains('We promised by')",
        },
    ],
});
tours.add("loan_commitment_keep", {
    steps: () => [
        {
            trigger: ".o_data_row .o_data_cell:contains('You have the statement tomorrow')",
            run: "click",
        },
        {
            content: "Nobody says it is done without anything that shows it",
            trigger: "button[name=action_keep]",
            run: "click",
        },
        {
            trigger: ".modal:contains('Say what shows that it was done') .btn-primary",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_field_widget[name=evidence_note] input",
            run: "edit Handed over at the counter",
        },
        {
            trigger: "button[name=action_keep]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=kept]",
        },
    ],
});

/** From a low score to the remedy that is more than a manager may give. */
tours.add("loan_recovery_ask", {
    steps: () => [
        {
            trigger: ".o_field_widget[name=heard] textarea",
            run: "edit The fee came as a surprise, and nobody could say why",
        },
        {
            trigger: "button[name=action_acknowledge]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=apology_note] input",
            run: "edit By telephone this morning",
        },
        {
            trigger: "button[name=action_apologised]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=remedy]",
        },
        {
            trigger: ".nav-link:contains('2 · Make It Good')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=remedy] input[data-value=compensation]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=remedy_note] input",
            run: "edit The fee is given back",
        },
        {
            trigger: ".o_field_widget[name=amount] input",
            run: "edit 480",
        },
        {
            trigger: "button[name=action_offer]",
            run: "click",
        },
        {
            trigger: ".alert-warning:contains('a second person decides')",
        },
        {
            content: "Not by the one who asked",
            trigger: ".o_form_view:not(:has(button[name=action_approve]))",
        },
    ],
});
tours.add("loan_recovery_grant", {
    steps: () => [
        {
            trigger: ".alert-warning:contains('480')",
        },
        {
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_approve]))",
        },
    ],
});
tours.add("loan_recovery_end", {
    steps: () => [
        {
            trigger: "button[name=action_give]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=follow]",
        },
        {
            trigger: ".nav-link:contains('3 · Call Again')",
            run: "click",
        },
        {
            content: "Two calls are planned",
            trigger: ".o_field_widget[name=call_ids] .o_data_row:nth-child(2)",
        },
        {
            trigger: ".o_field_widget[name=outcome] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains('Recovered')",
            run: "click",
        },
        {
            trigger: "button[name=action_close]",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current[data-value=closed]",
        },
    ],
});
