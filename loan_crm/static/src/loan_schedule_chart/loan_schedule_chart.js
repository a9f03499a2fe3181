import { useState } from "@odoo/owl";
import { darkenColor, lightenColor } from "@web/core/colors/colors";
import { deserializeDate, today } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { clamp } from "@web/core/utils/numbers";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatInteger } from "@web/views/fields/formatters";
import { LoanChart, getPaperColors, themed } from "@loan_crm/loan_chart/loan_chart";

const FIELDS = [
    "number",
    "due_date",
    "principal",
    "interest",
    "amount",
    "balance",
    "principal_paid",
    "interest_paid",
    "amount_open",
    "state",
    "days_past_due",
];
// Above these counts a month's name no longer fits under a bar, and a gap between bars is too thin to draw.
const MONTH_LABELS_MAX = 36;
const GAPS_MAX = 72;

/**
 * Where a day stands on the axis of installments: 2 is on the third bar, 2.5 halfway to the fourth.
 *
 * @param {DateTime[]} dates due dates, ascending
 * @param {DateTime} day
 * @returns {number | null} null when the day lies more than two installments away from the schedule
 */
export function positionOfDay(dates, day) {
    if (!dates.length) {
        return null;
    }
    const days = (from, to) => to.diff(from, "days").days;
    const last = dates.length - 1;
    const next = dates.findIndex((date) => date >= day);
    if (next > 0) {
        return next - days(day, dates[next]) / days(dates[next - 1], dates[next]);
    }
    const gap = last ? days(dates[0], dates[last]) / last : 31;
    const position = next === 0 ? -days(day, dates[0]) / gap : last + days(dates[last], day) / gap;
    return position < -2 || position > last + 2 ? null : clamp(position, -0.5, last + 0.5);
}

function getPalette() {
    const pale = (color) => themed(lightenColor(color, 0.6), darkenColor(color, 0.55));
    const principal = themed("#4EA7F2", "#3188E6");
    const interest = themed("#FFBC2C", "#E0A93A");
    return {
        ...getPaperColors(),
        principal,
        interest,
        principalPaid: pale(principal),
        interestPaid: pale(interest),
        principalOverdue: "#CE4257",
        interestOverdue: themed("#EA6175", "#F08D9B"),
        balance: themed("#3A3580", "#E4E4E4"),
        halo: themed("#FFFFFF", "#262A36"),
    };
}

/** The colour of a bar under the pointer. */
function emphasize(color) {
    return darkenColor(color, 0.12);
}

/**
 * The whole schedule of the loan in the form, as bars over time.
 *
 * A view widget and not a field widget: a one2many in a form holds only the rows of its first page, and a
 * loan over thirty years drawn from forty rows would be a wrong picture. The rows are read here, all in one
 * call, and again whenever the form reads its record again.
 */
export class LoanScheduleChart extends LoanChart {
    static template = "loan_crm.LoanScheduleChart";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ rows: null, tooltip: null });
        this.loadedId = null;

        useRecordObserver((record) => {
            // The form replaces `data` whenever it loads, saves or discards, not on a keystroke.
            record.data;
            this.load(record.resId);
        });
    }

    async load(contractId) {
        if (contractId !== this.loadedId) {
            this.state.rows = null; // another loan's bars must not stand under this one's name
            this.loadedId = contractId;
        }
        const rows = await this.keepLast.add(
            contractId
                ? this.orm.searchRead(
                      "loan.installment",
                      [
                          ["contract_id", "=", contractId],
                          ["version_to", "=", false],
                      ],
                      FIELDS,
                      { order: "due_date, id" }
                  )
                : Promise.resolve([])
        );
        for (const row of rows) {
            row.due = deserializeDate(row.due_date);
            row.overdue = row.days_past_due > 0;
        }
        this.state.tooltip = null;
        this.state.rows = rows;
    }

    get isNew() {
        return !this.props.record.resId;
    }

    get series() {
        return this.state.rows;
    }

    get palette() {
        return getPalette();
    }

    get legend() {
        const { rows } = this.state;
        const colors = this.palette;
        const items = [
            { name: "principal", label: _t("Principal"), colors: [colors.principal] },
            { name: "interest", label: _t("Interest"), colors: [colors.interest] },
        ];
        if (rows.some((row) => row.principal_paid || row.interest_paid)) {
            items.push({
                name: "paid",
                label: _t("Paid"),
                colors: [colors.principalPaid, colors.interestPaid],
            });
        }
        if (rows.some((row) => row.overdue)) {
            items.push({
                name: "overdue",
                label: _t("Overdue"),
                colors: [colors.principalOverdue, colors.interestOverdue],
            });
        }
        items.push({ name: "balance", label: _t("Balance After"), colors: [colors.balance], line: true });
        return items;
    }

    /** What the picture says, for those who do not see it. */
    get summary() {
        const { rows } = this.state;
        const sum = (of) => this.formatAmount(rows.reduce((total, row) => total + row[of], 0));
        const paid = rows.filter((row) => row.state === "paid").length;
        const overdue = rows.filter((row) => row.overdue).length;
        const sentences = [
            rows.length === 1
                ? _t("1 installment, due on %(date)s.", { date: this.formatDay(rows[0].due) })
                : _t("%(count)s installments, from %(first)s to %(last)s.", {
                      count: formatInteger(rows.length),
                      first: this.formatDay(rows[0].due),
                      last: this.formatDay(rows.at(-1).due),
                  }),
            _t("Total interest: %(amount)s.", { amount: sum("interest") }),
            _t("Still to pay: %(amount)s.", { amount: sum("amount_open") }),
        ];
        if (paid) {
            sentences.push(_t("Paid installments: %(count)s.", { count: formatInteger(paid) }));
        }
        if (overdue) {
            sentences.push(_t("Overdue installments: %(count)s.", { count: formatInteger(overdue) }));
        }
        return sentences.join(" ");
    }

    getTooltip(row) {
        const colors = this.palette;
        const shade = row.overdue ? "Overdue" : row.state === "paid" ? "Paid" : "";
        const lines = [
            { label: _t("Principal"), amount: row.principal, color: colors[`principal${shade}`] },
            { label: _t("Interest"), amount: row.interest, color: colors[`interest${shade}`] },
            { label: _t("Payment"), amount: row.amount, strong: true },
        ];
        if (row.amount_open && row.amount_open !== row.amount) {
            lines.push({ label: _t("Still open"), amount: row.amount_open, strong: true });
        }
        lines.push({ label: _t("Balance After"), amount: row.balance, color: colors.balance });
        return {
            title: this.formatDay(row.due),
            subtitle: _t("Installment %(number)s of %(term)s", {
                number: row.number,
                term: this.state.rows.length,
            }),
            status: this.getStatus(row),
            overdue: row.overdue,
            lines: lines.map((line) => ({ ...line, amount: this.formatAmount(line.amount) })),
        };
    }

    getStatus(row) {
        if (row.overdue) {
            return row.days_past_due === 1
                ? _t("1 day overdue")
                : _t("%(days)s days overdue", { days: formatInteger(row.days_past_due) });
        }
        if (row.state === "paid") {
            return _t("Paid");
        }
        return row.amount_open < row.amount ? _t("Partly paid") : "";
    }

    onTooltip({ chart, tooltip }) {
        if (!tooltip.opacity || !tooltip.dataPoints?.length) {
            this.state.tooltip = null;
            return;
        }
        const index = tooltip.dataPoints[0].dataIndex;
        if (this.state.tooltip?.index === index) {
            return;
        }
        this.state.tooltip = {
            index,
            x: chart.scales.x.getPixelForValue(index),
            width: chart.width,
            ...this.getTooltip(this.state.rows[index]),
        };
    }

    getChartConfig(rows) {
        const colors = this.palette;
        const dense = rows.length > GAPS_MAX;
        const bar = (label, values, backgroundColor) => ({
            type: "bar",
            label,
            data: values,
            backgroundColor,
            hoverBackgroundColor: Array.isArray(backgroundColor)
                ? backgroundColor.map(emphasize)
                : emphasize(backgroundColor),
            yAxisID: "y",
            stack: "installment",
            order: 1,
            categoryPercentage: dense ? 1 : 0.8,
            barPercentage: dense ? 1 : 0.9,
            maxBarThickness: 48,
        });
        const balance = {
            type: "line",
            label: _t("Balance After"),
            data: rows.map((row) => row.balance),
            yAxisID: "balance",
            tension: 0,
        };
        const openColor = (plain, overdue) => rows.map((row) => (row.overdue ? overdue : plain));
        return {
            type: "bar",
            data: {
                labels: rows.map((row) => row.due_date),
                datasets: [
                    bar(_t("Principal, paid"), rows.map((row) => row.principal_paid), colors.principalPaid),
                    bar(
                        _t("Principal"),
                        rows.map((row) => row.principal - row.principal_paid),
                        openColor(colors.principal, colors.principalOverdue)
                    ),
                    bar(_t("Interest, paid"), rows.map((row) => row.interest_paid), colors.interestPaid),
                    bar(
                        _t("Interest"),
                        rows.map((row) => row.interest - row.interest_paid),
                        openColor(colors.interest, colors.interestOverdue)
                    ),
                    {
                        ...balance,
                        order: 0,
                        borderColor: colors.balance,
                        backgroundColor: colors.balance,
                        hoverBackgroundColor: colors.balance,
                        borderWidth: 2,
                        pointRadius: rows.length > MONTH_LABELS_MAX ? 0 : 2,
                        pointHoverRadius: 4,
                    },
                    // A halo under the line, so that it stands out on every bar.
                    {
                        ...balance,
                        order: 0.5,
                        borderColor: colors.halo,
                        borderWidth: 5,
                        pointRadius: 0,
                        pointHoverRadius: 0,
                    },
                ],
            },
            options: this.getChartOptions(rows, colors),
            plugins: [this.getTodayMarker(rows, colors)],
        };
    }

    getChartOptions(rows, colors) {
        const byMonth = rows.length <= MONTH_LABELS_MAX;
        const lent = rows.reduce((total, row) => total + row.principal, 0);
        return {
            ...this.getBaseOptions(),
            layout: { padding: { top: 18 } }, // room for the word over the marker
            interaction: { mode: "index", intersect: false },
            scales: {
                x: {
                    type: "category",
                    stacked: true,
                    grid: { display: false },
                    border: { color: colors.grid },
                    afterBuildTicks: (axis) => {
                        if (!byMonth) {
                            // One label a year, at its first installment.
                            axis.ticks = axis.ticks.filter(
                                ({ value: index }) =>
                                    index > 0 && rows[index].due.year !== rows[index - 1].due.year
                            );
                        }
                    },
                    ticks: {
                        color: colors.text,
                        maxRotation: 0,
                        autoSkipPadding: 12,
                        callback: (index) =>
                            rows[index].due.toLocaleString(
                                byMonth ? { month: "short", year: "numeric" } : { year: "numeric" }
                            ),
                    },
                },
                y: { ...this.getAmountAxis(_t("Payment")), position: "left", stacked: true },
                balance: {
                    ...this.getAmountAxis(_t("Balance After")),
                    position: "right",
                    suggestedMax: lent,
                    grid: { display: false },
                },
            },
        };
    }

    getTodayMarker(rows, colors) {
        const position = positionOfDay(
            rows.map((row) => row.due),
            today()
        );
        const label = _t("Today").toString();
        return {
            id: "today",
            afterDatasetsDraw({ ctx, chartArea, scales, options }) {
                if (position === null) {
                    return;
                }
                const first = scales.x.getPixelForValue(0);
                const step = rows.length > 1 ? scales.x.getPixelForValue(1) - first : chartArea.width;
                const x = Math.round(first + position * step) + 0.5;
                ctx.save();
                ctx.beginPath();
                ctx.strokeStyle = colors.text;
                ctx.lineWidth = 1;
                ctx.setLineDash([4, 3]);
                ctx.moveTo(x, chartArea.top - 2);
                ctx.lineTo(x, chartArea.bottom);
                ctx.stroke();
                ctx.fillStyle = colors.text;
                ctx.font = `12px ${options.font.family}`;
                ctx.textBaseline = "bottom";
                ctx.textAlign = "center";
                const half = ctx.measureText(label).width / 2;
                const middle = Math.min(Math.max(x, chartArea.left + half), chartArea.right - half);
                ctx.fillText(label, middle, chartArea.top - 3);
                ctx.restore();
            },
        };
    }
}

export const loanScheduleChart = {
    component: LoanScheduleChart,
    fieldDependencies: [{ name: "currency_id", type: "many2one" }],
};

registry.category("view_widgets").add("loan_schedule_chart", loanScheduleChart);
