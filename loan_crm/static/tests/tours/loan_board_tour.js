import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const card = (lane, title) => `.o_loan_lane[data-key=${lane}] .o_loan_work_row:has(.o_loan_work_title:contains(${title}))`;
const person = (name) => `.o_loan_board_person:has(.o_loan_board_name:contains(${name}))`;
/** Drag a card onto a person with the mouse. */
const dropOn = (name) => (helpers) =>
    helpers.drag_and_drop(person(name), { position: { top: 20, left: 60 }, relative: true });
const PATIENCE = 60000; // ms: a machine that tests other things as well is slow

/** A lead's morning: who is away leaves a promise, and it goes with the mouse to who can keep it. */
tours.add("loan_board", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: ".o_app[data-menu-xmlid='loan_crm.loan_crm_menu_root']",
            run: "click",
        },
        {
            trigger: ".o_menu_sections [data-menu-xmlid='loan_crm.loan_team_menu_parent']",
            timeout: PATIENCE,
            run: "click",
        },
        {
            trigger: ".dropdown-item[data-menu-xmlid='loan_crm.loan_board_menu']",
            run: "click",
        },
        {
            content: "Who is away says so, and who is not there to keep a promise",
            trigger: `${person("Lin Mei")} .o_loan_board_away_badge:contains(Each customer's own deputy)`,
            timeout: PATIENCE,
        },
        {
            trigger: `.o_loan_away_row:contains(Lin Mei):contains(today)`,
        },
        {
            content: "A card is dragged onto somebody who may not see the customer",
            trigger: card("promised", "Wang Fang"),
            run: dropOn("Fan Jie"),
        },
        {
            trigger: ".modal .o_loan_hand_chosen:contains(Fan Jie):contains(Does not see this customer)",
            timeout: PATIENCE,
        },
        {
            trigger: ".modal .o_loan_hand_confirm:disabled",
        },
        {
            trigger: ".modal footer .btn-secondary",
            run: "click",
        },
        {
            content: "and onto the deputy, who fits",
            trigger: `body:not(:has(.modal)) ${card("promised", "Wang Fang")}`,
            run: dropOn("Chen Bo"),
        },
        {
            trigger: ".modal .o_loan_hand_chosen:contains(Chen Bo):contains(Fits)",
            timeout: PATIENCE,
        },
        {
            trigger: ".modal #o_loan_hand_reason",
            run: "edit Lin Mei is away",
        },
        {
            trigger: ".modal .o_loan_hand_confirm:enabled",
            run: "click",
        },
        {
            content: "It is theirs, and the board says so by itself",
            trigger: `${card("promised", "Wang Fang")}:contains(Chen Bo)`,
            timeout: PATIENCE,
        },
        {
            trigger: ".o_notification:contains(Chen Bo)",
        },
        {
            content: "An application that is stuck goes to whoever may have it",
            trigger: card("stuck", "Zhou Yu"),
            run: dropOn("Chen Bo"),
        },
        {
            trigger: ".modal .o_loan_hand_chosen:contains(Chen Bo):contains(Fits)",
            timeout: PATIENCE,
        },
        {
            trigger: ".modal .o_loan_hand_confirm:enabled",
            run: "click",
        },
        {
            trigger: `${card("stuck", "Zhou Yu")}:contains(Chen Bo)`,
            timeout: PATIENCE,
        },
        {
            trigger: `${person("Chen Bo")} .o_loan_heat[data-key=stuck]:contains(1)`,
        },
        {
            content: "A figure opens its list",
            trigger: `${person("Lin Mei")} .o_loan_heat[data-key=overdue]:contains(1)`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Wang Fang)",
            timeout: PATIENCE,
        },
    ],
});

/** The same on a phone: a person is a card, and work is handed on with a touch. */
tours.add("loan_board_phone", {
    steps: () => [
        {
            trigger: `${person("Lin Mei")} td[data-label="Overdue Borrowers"]:contains(1)`,
            timeout: PATIENCE,
            run() {
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("the page is wider than the phone");
                }
            },
        },
        {
            trigger: `${card("promised", "Wang Fang")} .o_loan_work_first:contains(Hand To)`,
            run: "click",
        },
        {
            trigger: ".modal .o_loan_hand_chosen:contains(Chen Bo)",
            timeout: PATIENCE,
        },
        {
            trigger: ".modal .o_loan_hand_confirm:enabled",
            run: "click",
        },
        {
            trigger: `${card("promised", "Wang Fang")}:contains(Chen Bo)`,
            timeout: PATIENCE,
        },
    ],
});
