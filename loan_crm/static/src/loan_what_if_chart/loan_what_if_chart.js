import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { uniqueId } from "@web/core/utils/functions";
import { clamp } from "@web/core/utils/numbers";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { formatShortAmount } from "@loan_crm/loan_schedule_chart/loan_schedule_chart";

const { DateTime } = luxon;

// Told apart by their dashes too, for those who do not see colours.
const DASHES = [[], [8, 4], [3, 3], [12, 3, 3, 3]];
// As many months as labels still fit beside each other.
const TICKS_MAX = 8;

function getPalette() {
    const scheme = cookie.get("color_scheme");
    return {
        lines: [
            getCustomColor(scheme, "#3A3580", "#E4E4E4"),
            getCustomColor(scheme, "#3188E6", "#4EA7F2"),
            getCustomColor(scheme, "#1F9254", "#43C59E"),
            getCustomColor(scheme, "#CE4257", "#EA6175"),
            getCustomColor(scheme, "#8B4FC8", "#B58DE0"),
            getCustomColor(scheme, "#B86E00", "#FFBC2C"),
            getCustomColor(scheme, "#00838F", "#4DD0E1"),
        ],
        text: getCustomColor(scheme, "#111827", "#E4E4E4"),
        grid: getCustomColor(scheme, "rgba(0,0,0,.1)", "rgba(255,255,255,.15)"),
    };
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
export class LoanWhatIfChart extends Component {
    static template = "loan_crm.LoanWhatIfChart";
    static props = { ...standardWidgetProps };

    setup() {
        this.canvasRef = useRef("canvas");
        this.tooltipRef = useRef("tooltip");
        this.summaryId = uniqueId("o_loan_what_if_summary_");
        this.state = useState({ series: [], tooltip: null });

        onWillStart(() => loadBundle("web.chartjs_lib"));
        useRecordObserver((record) => {
            this.state.tooltip = null;
            this.state.series = this.getSeries(record.data.chart || []);
        });
        useEffect(
            (series, canvas) => {
                if (!series.length || !canvas) {
                    return;
                }
                const chart = new Chart(canvas, this.getChartConfig(series));
                return () => chart.destroy();
            },
            () => [this.state.series, this.canvasRef.el]
        );
        useEffect(
            (tooltip, el) => {
                if (tooltip && el) {
                    const room = el.parentElement.clientWidth - el.offsetWidth;
                    const onRight = tooltip.x < tooltip.width / 2;
                    const left = onRight ? tooltip.x + 12 : tooltip.x - 12 - el.offsetWidth;
                    el.style.left = `${Math.round(clamp(left, 0, Math.max(room, 0)))}px`;
                }
            },
            () => [this.state.tooltip, this.tooltipRef.el]
        );
    }

    getSeries(variants) {
        const { lines } = getPalette();
        return variants.map(({ kind, name, points }, index) => ({
            kind,
            name,
            color: lines[index % lines.length],
            dash: DASHES[index % DASHES.length],
            points: points.map(([day, y]) => ({ x: deserializeDate(day).toMillis(), y })),
        }));
    }

    get currencyId() {
        return this.props.record.data.currency_id?.id;
    }

    /** What the picture says, for those who do not see it. */
    get summary() {
        return this.state.series
            .map(({ name, points }) =>
                _t("%(name)s: %(amount)s owed at first, repaid on %(date)s.", {
                    name,
                    amount: this.formatAmount(points[0].y),
                    date: this.formatDay(points.at(-1).x),
                })
            )
            .join(" ");
    }

    formatAmount(value) {
        return formatMonetary(value, { currencyId: this.currencyId });
    }

    formatDay(millis) {
        return DateTime.fromMillis(millis).toLocaleString(DateTime.DATE_MED);
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
            title: this.formatDay(day),
            lines: this.state.series
                .map(({ name, color, points }) => ({ name, color, owed: balanceAt(points, day) }))
                .filter(({ owed }) => owed !== null)
                .map((line) => ({ ...line, amount: this.formatAmount(line.owed) })),
        };
    }

    getChartConfig(series) {
        const { text, grid } = getPalette();
        const all = series.flatMap(({ points }) => points.map(({ x }) => x));
        const [min, max] = [Math.min(...all), Math.max(...all)];
        const days = axisDays(DateTime.fromMillis(min), DateTime.fromMillis(max));
        const byYear = days.length > 1 && days[1].diff(days[0], "months").months >= 12;
        const still = browser.matchMedia("(prefers-reduced-motion: reduce)").matches;
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
                maintainAspectRatio: false,
                animation: still ? false : { duration: 300 },
                font: { family: getComputedStyle(document.body).fontFamily },
                interaction: { mode: "nearest", axis: "x", intersect: false },
                plugins: {
                    legend: { display: false },
                    tooltip: { enabled: false, external: (context) => this.onTooltip(context) },
                },
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
                    y: {
                        beginAtZero: true,
                        title: { display: true, text: _t("Principal owed"), color: text },
                        ticks: {
                            color: text,
                            maxTicksLimit: 6,
                            callback: (value) => formatShortAmount(value, this.currencyId),
                        },
                        grid: { color: grid },
                        border: { display: false },
                    },
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
