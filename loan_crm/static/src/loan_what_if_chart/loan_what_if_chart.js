import { useState } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { LoanChart, getPaperColors, themed } from "@loan_crm/loan_chart/loan_chart";

const { DateTime } = luxon;

// Told apart by their dashes too, for those who do not see colours.
const DASHES = [[], [8, 4], [3, 3], [12, 3, 3, 3]];
// As many months as labels still fit beside each other.
const TICKS_MAX = 8;

function getLineColors() {
    return [
        themed("#3A3580", "#E4E4E4"),
        themed("#3188E6", "#4EA7F2"),
        themed("#1F9254", "#43C59E"),
        themed("#CE4257", "#EA6175"),
        themed("#8B4FC8", "#B58DE0"),
        themed("#B86E00", "#FFBC2C"),
        themed("#00838F", "#4DD0E1"),
    ];
}

/**
 * What is owed on a day: a balance stands until the next one.
 *
 * @param {{x: number, y: number}[]} points ascending
 * @param {number} x
 * @returns {number | null} null before the first point
 */
export function balanceAt(points, x) {
    let found = null;
    for (const point of points) {
        if (point.x > x) {
            break;
        }
        found = point.y;
    }
    return found;
}

/**
 * First days of months or years on which an axis of time is labelled, at most eight of them.
 *
 * @param {DateTime} from
 * @param {DateTime} to
 * @returns {DateTime[]}
 */
export function axisDays(from, to) {
    const months = Math.max(1, to.diff(from, "months").months);
    const step = [1, 2, 3, 6, 12, 24, 60, 120].find((size) => months / size <= TICKS_MAX) || 240;
    let day = step < 12 ? from.startOf("month") : from.startOf("year");
    const days = [];
    for (; day <= to; day = day.plus({ months: step })) {
        if (day >= from) {
            days.push(day);
        }
    }
    return days;
}

/**
 * The principal owed over time, one line for each variant of a comparison.
 *
 * The form hands the points over; they change with each answer of the server, and nothing is read here.
 */
export class LoanWhatIfChart extends LoanChart {
    static template = "loan_crm.LoanWhatIfChart";

    setup() {
        super.setup();
        this.state = useState({ series: [], tooltip: null });

        useRecordObserver((record) => {
            this.state.tooltip = null;
            this.state.series = this.getSeries(record.data.chart || []);
        });
    }

    getSeries(variants) {
        const lines = getLineColors();
        return variants.map(({ kind, name, points }, index) => ({
            kind,
            name,
            color: lines[index % lines.length],
            dash: DASHES[index % DASHES.length],
            points: points.map(([day, y]) => ({ x: deserializeDate(day).toMillis(), y })),
        }));
    }

    get series() {
        return this.state.series;
    }

    /** What the picture says, for those who do not see it. */
    get summary() {
        return this.state.series
            .map(({ name, points }) =>
                _t("%(name)s: %(amount)s owed at first, repaid on %(date)s.", {
                    name,
                    amount: this.formatAmount(points[0].y),
                    date: this.formatDay(DateTime.fromMillis(points.at(-1).x)),
                })
            )
            .join(" ");
    }

    onTooltip({ chart, tooltip }) {
        if (!tooltip.opacity || !tooltip.dataPoints?.length) {
            this.state.tooltip = null;
            return;
        }
        const day = tooltip.dataPoints[0].parsed.x;
        this.state.tooltip = {
            x: chart.scales.x.getPixelForValue(day),
            width: chart.width,
            title: this.formatDay(DateTime.fromMillis(day)),
            lines: this.state.series
                .map(({ name, color, points }) => ({ name, color, owed: balanceAt(points, day) }))
                .filter(({ owed }) => owed !== null)
                .map((line) => ({ ...line, amount: this.formatAmount(line.owed) })),
        };
    }

    getChartConfig(series) {
        const { text } = getPaperColors();
        const all = series.flatMap(({ points }) => points.map(({ x }) => x));
        const [min, max] = [Math.min(...all), Math.max(...all)];
        const days = axisDays(DateTime.fromMillis(min), DateTime.fromMillis(max));
        const byYear = days.length > 1 && days[1].diff(days[0], "months").months >= 12;
        return {
            type: "line",
            data: {
                datasets: series.map(({ name, color, dash, points }, index) => ({
                    label: name,
                    data: points,
                    borderColor: color,
                    backgroundColor: color,
                    borderDash: dash,
                    borderWidth: index ? 2 : 3,
                    stepped: "before",
                    pointRadius: 0,
                    pointHoverRadius: 4,
                    order: series.length - index,
                })),
            },
            options: {
                ...this.getBaseOptions(),
                interaction: { mode: "nearest", axis: "x", intersect: false },
                scales: {
                    x: {
                        type: "linear",
                        min,
                        max,
                        grid: { display: false },
                        afterBuildTicks: (axis) => {
                            axis.ticks = days.map((day) => ({ value: day.toMillis() }));
                        },
                        ticks: {
                            color: text,
                            maxRotation: 0,
                            callback: (value) =>
                                DateTime.fromMillis(value).toLocaleString(
                                    byYear ? { year: "numeric" } : { month: "short", year: "numeric" }
                                ),
                        },
                    },
                    y: this.getAmountAxis(_t("Principal owed")),
                },
            },
        };
    }
}

export const loanWhatIfChart = {
    component: LoanWhatIfChart,
    fieldDependencies: [
        { name: "currency_id", type: "many2one" },
        { name: "chart", type: "json" },
    ],
};

registry.category("view_widgets").add("loan_what_if_chart", loanWhatIfChart);
