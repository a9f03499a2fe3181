import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const row = (lane, title) => `.o_loan_lane[data-key=${lane}] .o_loan_work_row:has(.o_loan_work_title:contains(${title}))`;

/** A manager's morning: the app opens on their day, and what is done there is gone from it. */
tours.add("loan_worklist", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "The app opens on the day",
            trigger: ".o_app[data-menu-xmlid='loan_crm.loan_crm_menu_root']",
            run: "click",
        },
        {
            content: "Who is late with money is marked and says how late",
            trigger: `${row("due", "Wang Fang")}.o_loan_work_danger .o_loan_work_time:contains(10 days late)`,
        },
        {
            content: "What was promised is done without leaving the page",
            trigger: `${row("promised", "Wang Fang")} .o_loan_work_first`,
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=evidence_note] input",
            run: "edit Handed over at the counter",
        },
        {
            trigger: ".modal button[name=action_keep]",
            run: "click",
        },
        {
            content: "It is gone from the lane, and counts for the week",
            trigger: ".o_loan_lane[data-key=promised] .o_loan_lane_empty",
        },
        {
            trigger: ".o_loan_week button[data-key=kept] strong:contains(1)",
        },
        {
            content: "A call that was made is noted",
            trigger: `${row("due", "Wang Fang")} .o_loan_work_first`,
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save, .modal footer button.btn-primary",
            run: "click",
        },
        {
            trigger: ".o_loan_week button[data-key=talks] strong:contains(1)",
        },
        {
            content: "A promise to pay leaves the borrower in peace",
            trigger: `${row("due", "Wang Fang")} button[title=More]`,
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu .dropdown-item:contains(Promise to Pay)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=date_promised] input, .modal .o_field_widget[name=date_promised] button",
            run: "click",
        },
        {
            trigger: ".o_datetime_picker .o_today",
            run: "click",
        },
        {
            trigger: ".modal footer button.btn-primary",
            run: "click",
        },
        {
            content: "Nothing is left to do, and a figure of the week opens its list",
            trigger: ".o_loan_worklist .o_view_nocontent_smiling_face:contains(All is done)",
        },
        {
            trigger: ".o_loan_week button[data-key=talks]",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Wang Fang)",
        },
    ],
});

/** The same day on a phone: a lane is one touch away, and its button is as large as a thumb. */
tours.add("loan_worklist_phone", {
    steps: () => [
        {
            trigger: ".o_loan_lane_tabs a:contains(To Call about Money)",
            run: "click",
        },
        {
            trigger: `${row("due", "Wang Fang")} .o_loan_work_first`,
            run() {
                const { height } = this.anchor.getBoundingClientRect();
                if (height < 36) {
                    throw new Error(`${height} is lower than a thumb`);
                }
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("the page is wider than the phone");
                }
            },
        },
        {
            trigger: `${row("due", "Wang Fang")} .o_loan_work_first`,
            run: "click",
        },
        {
            trigger: ".modal:contains(Call or Visit)",
        },
    ],
});
