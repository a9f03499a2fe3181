import { Component, markup, onWillUnmount, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, today } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const { DateTime } = luxon;

const FIELDS = [
    "date",
    "all_day",
    "kind",
    "direction",
    "summary",
    "contract_id",
    "author_id",
    "res_model",
    "res_id",
    "can_open",
];
const ORDER = "date desc, id desc";
const PAGE = 30;
const ICONS = {
    mail: "fa-envelope-o",
    sms: "fa-commenting-o",
    note: "fa-sticky-note-o",
    talk: "fa-phone",
    reminder: "fa-bell-o",
    promise: "fa-calendar-check-o",
    repayment: "fa-check-circle-o",
    hardship: "fa-life-ring",
    hold: "fa-bell-slash-o",
    loan: "fa-money",
    task: "fa-check-square-o",
    survey: "fa-star-o",
    assignment: "fa-user-o",
    tier: "fa-trophy",
    application: "fa-file-text-o",
    recovery: "fa-heart-o",
    case: "fa-inbox",
    agreement: "fa-pencil-square-o",
    consent: "fa-hand-paper-o",
    copy: "fa-files-o",
};

/**
 * The rows that come after a row in the order of the timeline: by its moment and number, so that what is added
 * meanwhile moves no page.
 *
 * @param {{id: number, date: string}} row the last row of a page
 * @returns {Array} a domain
 */
export function olderThan(row) {
    return [["date", "<=", row.date], "|", ["date", "<", row.date], ["id", "<", row.id]];
}

/**
 * Rows under their days, the days under their months; rows come newest first.
 *
 * @param {{moment: DateTime}[]} rows
 * @returns {{key: string, moment: DateTime, days: {key: string, moment: DateTime, rows: Object[]}[]}[]}
 */
export function groupByDay(rows) {
    const months = [];
    for (const row of rows) {
        const monthKey = row.moment.toFormat("yyyy-MM");
        if (months.at(-1)?.key !== monthKey) {
            months.push({ key: monthKey, moment: row.moment, days: [] });
        }
        const { days } = months.at(-1);
        const dayKey = row.moment.toISODate();
        if (days.at(-1)?.key !== dayKey) {
            days.push({ key: dayKey, moment: row.moment, rows: [] });
        }
        days.at(-1).rows.push(row);
    }
    return months;
}

/**
 * What touched the customer of the form, or the loan in it, newest first.
 *
 * A view widget that reads its rows itself, one call a page: a one2many would bring the numbers of all of them.
 */
export class LoanTimeline extends Component {
    static template = "loan_crm.LoanTimeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.fieldService = useService("field");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({
            kinds: [], // all there are, as [key, label]
            chosen: this.remembered(),
            text: "",
            rows: null,
            more: false,
            loadingMore: false,
            open: {}, // what is read of a mail, by row
        });
        this.loadedId = null;
        this.search = useDebounced(() => this.load(), 300);
        this.isGone = false;
        onWillUnmount(() => (this.isGone = true));
        this.loadKinds();

        useRecordObserver((record) => {
            // The form replaces `data` whenever it loads, saves or discards, not on a keystroke.
            record.data;
            if (record.resId !== this.loadedId) {
                this.state.rows = null; // another customer's rows must not stand under this one's name
                this.state.open = {};
                this.loadedId = record.resId;
            }
            this.load();
        });
    }

    // ---------------------------------------------------------------- what is shown

    get storageKey() {
        return `loan_timeline_kinds_${user.userId}`;
    }

    remembered() {
        try {
            const kinds = JSON.parse(browser.localStorage.getItem(this.storageKey) || "[]");
            return Array.isArray(kinds) ? kinds : [];
        } catch {
            return [];
        }
    }

    async loadKinds() {
        const { kind } = await this.fieldService.loadFields("loan.touch", { fieldNames: ["kind"] });
        if (!this.isGone) {
            this.state.kinds = kind.selection;
            // What an addon showed that is not here any more must not hide all the rest.
            const known = new Set(kind.selection.map(([key]) => key));
            if (this.state.chosen.some((key) => !known.has(key))) {
                this.state.chosen = this.state.chosen.filter((key) => known.has(key));
                this.load();
            }
        }
    }

    get domain() {
        const { resId, resModel } = this.props.record;
        const domain = [[resModel === "loan.contract" ? "contract_id" : "customer_id", "=", resId]];
        if (this.state.chosen.length) {
            domain.push(["kind", "in", [...this.state.chosen]]);
        }
        const text = this.state.text.trim();
        if (text) {
            domain.push(["summary", "ilike", text]);
        }
        return domain;
    }

    async read(domain) {
        const rows = await this.orm.searchRead("loan.touch", domain, FIELDS, { order: ORDER, limit: PAGE + 1 });
        for (const row of rows) {
            row.moment = deserializeDateTime(row.date);
        }
        return { rows: rows.slice(0, PAGE), more: rows.length > PAGE };
    }

    async load() {
        if (this.isNew) {
            this.state.rows = [];
            return;
        }
        const { rows, more } = await this.keepLast.add(this.read(this.domain));
        Object.assign(this.state, { rows, more, loadingMore: false });
    }

    async loadMore() {
        this.state.loadingMore = true;
        const before = this.state.rows;
        const last = before.at(-1);
        const { rows, more } = await this.keepLast.add(this.read([...this.domain, ...olderThan(last)]));
        Object.assign(this.state, { rows: [...before, ...rows], more, loadingMore: false });
    }

    get isNew() {
        return !this.props.record.resId;
    }

    get months() {
        return groupByDay(this.state.rows);
    }

    get isFiltered() {
        return Boolean(this.state.chosen.length || this.state.text.trim());
    }

    // ---------------------------------------------------------------- words

    iconOf(kind) {
        return ICONS[kind] || "fa-circle-o";
    }

    labelOf(kind) {
        return this.state.kinds.find(([key]) => key === kind)?.[1] || "";
    }

    monthOf(moment) {
        return moment.toLocaleString({ month: "long", year: "numeric" });
    }

    dayOf(moment) {
        const days = Math.round(today().diff(moment.startOf("day"), "days").days);
        if (days === 0) {
            return _t("Today");
        }
        if (days === 1) {
            return _t("Yesterday");
        }
        return moment.toLocaleString({ weekday: "short", day: "numeric", month: "short" });
    }

    timeOf(row) {
        return row.all_day ? "" : row.moment.toLocaleString(DateTime.TIME_SIMPLE);
    }

    /** When, by whom and about which loan, as far as it is known. */
    aboutOf(row) {
        return [this.timeOf(row), row.author_id?.[1], row.contract_id?.[1]].filter(Boolean).join(" · ");
    }

    directionOf(row) {
        return { in: _t("From the customer"), out: _t("To the customer") }[row.direction] || "";
    }

    isMail(row) {
        return row.res_model === "mail.message";
    }

    // ---------------------------------------------------------------- what is clicked

    isChosen(kind) {
        return this.state.chosen.includes(kind);
    }

    toggle(kind) {
        this.state.chosen = this.isChosen(kind)
            ? this.state.chosen.filter((key) => key !== kind)
            : [...this.state.chosen, kind];
        browser.localStorage.setItem(this.storageKey, JSON.stringify(this.state.chosen));
        this.load();
    }

    showAll() {
        this.state.chosen = [];
        this.state.text = "";
        browser.localStorage.removeItem(this.storageKey);
        this.load();
    }

    onSearchInput(ev) {
        this.state.text = ev.target.value;
        this.search();
    }

    async onRowClick(row) {
        if (this.isMail(row)) {
            await this.toggleMail(row);
        } else if (row.can_open) {
            await this.openSource(row);
        }
    }

    async openSource(row) {
        const action = await this.orm.call("loan.touch", "action_open", [[row.id]]);
        await this.action.doAction(action);
    }

    async toggleMail(row) {
        if (this.state.open[row.id]) {
            delete this.state.open[row.id];
            return;
        }
        this.state.open[row.id] = { body: null };
        const [message] = await this.orm.read("mail.message", [row.res_id], ["body", "email_from"]);
        if (this.state.open[row.id]) {
            // The server has cleaned it when it was stored, as each chatter shows it.
            this.state.open[row.id] = { body: markup(message.body || ""), from: message.email_from };
        }
    }

    /** Up and down go from row to row, as in any list. */
    onKeydown(ev) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[ev.key];
        if (!step || !ev.target.matches(".o_loan_timeline_row")) {
            return;
        }
        const rows = [...this.root.el.querySelectorAll("button.o_loan_timeline_row")];
        const next = rows[rows.indexOf(ev.target) + step];
        if (next) {
            ev.preventDefault();
            next.focus();
        }
    }
}

registry.category("view_widgets").add("loan_timeline", { component: LoanTimeline });
