import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/*
 * The first walk of each role, in Odoo's own tours (see `loan.guide`): a few clicks on menus and nothing that writes,
 * so that it may be walked on a real book, and on an empty one.
 */

const tours = registry.category("web_tour.tours");

const section = (menu, content) => ({
    trigger: `.o_menu_sections [data-menu-xmlid='loan_crm.${menu}']`,
    content,
    tooltipPosition: "bottom",
    run: "click",
});

/** An entry of a menu that was opened by the step before. */
const entry = (menu, content) => ({
    trigger: `.o-dropdown--menu [data-menu-xmlid='loan_crm.${menu}']`,
    content,
    tooltipPosition: "right",
    run: "click",
});

/** Wait until a page is there; shows nothing. */
const shown = (title) => ({ trigger: `.o_breadcrumb .active:contains("${title}")` });

const myDay = (content) => ({
    trigger: ".o_loan_worklist .o_loan_day h1",
    content,
    tooltipPosition: "bottom",
    run: "click",
});

const customers = () =>
    section(
        "loan_customer_menu",
        _t("Customers: you see those who are yours to look after, and no others. Opening one tells it all on one page.")
    );

const home = () =>
    section("loan_worklist_menu", _t("Back to My Day. What comes in appears there by itself."));

tours.add("loan_guide_manager", {
    url: "/odoo/my-day",
    steps: () => [
        myDay(_t("Each morning begins here: who waits for you, worst first. Each row has the one button that moves it.")),
        customers(),
        shown(_t("Customers")),
        section("loan_contract_menu_parent", _t("Loans: their schedules, what was repaid, and what is late.")),
        entry("loan_installment_menu", _t("Falling Due: whom to call before a payment is missed.")),
        shown(_t("Falling Due")),
        section("loan_case_menu_parent", _t("Cases: questions and complaints, each with its clock.")),
        entry("loan_case_menu", _t("My Cases: what you promised to answer, and by when.")),
        shown(_t("My Cases")),
        home(),
        { trigger: ".o_loan_worklist .o_loan_day" },
    ],
});

tours.add("loan_guide_team_lead", {
    url: "/odoo/my-day",
    steps: () => [
        myDay(_t("Your own day first: who waits for you, worst first.")),
        customers(),
        shown(_t("Customers")),
        section("loan_team_menu_parent", _t("Team: who carries how much, who is away, who takes over from whom.")),
        entry("loan_workload_menu", _t("Team Load: who has room for one more borrower, and who does not.")),
        shown(_t("Team Load")),
        section("loan_reminder_menu_parent", _t("Reminders: what was written, what was held, and why.")),
        entry(
            "loan_reminder_room_menu",
            _t("Control Room: today's letters on one screen. Here you look before they are written, and here you stop them.")
        ),
        { trigger: ".o_form_view" },
        home(),
        { trigger: ".o_loan_worklist .o_loan_day" },
    ],
});

tours.add("loan_guide_service_desk", {
    url: "/odoo/my-day",
    steps: () => [
        myDay(_t("Each morning begins here: who has written and waits, the longest first.")),
        section("loan_case_menu_parent", _t("Cases: questions and complaints of your teams, each with its clock.")),
        entry("loan_case_menu", _t("My Cases: what is yours to answer.")),
        shown(_t("My Cases")),
        customers(),
        shown(_t("Customers")),
        home(),
        { trigger: ".o_loan_worklist .o_loan_day" },
    ],
});

tours.add("loan_guide_compliance", {
    url: "/odoo/loan-customers",
    steps: () => [
        section("loan_crm_menu_compliance", _t("Compliance: who may see whom, who asked, and who looked.")),
        entry("loan_access_grant_menu_to_decide", _t("Requests: colleagues who ask to see a customer wait for you here.")),
        shown(_t("Requests")),
        section("loan_crm_menu_compliance", _t("Every look at a confidential customer is on record.")),
        entry("loan_access_log_menu", _t("Who Looked: sealed, so that nobody can change it unseen.")),
        shown(_t("Who Looked")),
        section("loan_customer_menu", _t("Customers: you read every one of your companies, and change none.")),
        shown(_t("Customers")),
    ],
});

tours.add("loan_guide_auditor", {
    url: "/odoo/loan-access-log",
    steps: () => [
        section("loan_crm_menu_audit", _t("Auditing: everything here is for reading, and names of customers are masked.")),
        entry("loan_audit_menu_log", _t("Who Looked: each look at a confidential customer, with its reason.")),
        shown(_t("Who Looked")),
        section("loan_crm_menu_audit", _t("Behind a look stands a right that somebody gave.")),
        entry("loan_audit_menu_grant", _t("Grants: who was given access by whom, for what, and until when.")),
        shown(_t("Grants")),
    ],
});
