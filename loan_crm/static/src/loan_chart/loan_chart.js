import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { uniqueId } from "@web/core/utils/functions";
import { clamp } from "@web/core/utils/numbers";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { formatShortAmount } from "./short_figures";

const { DateTime } = luxon;

/** The one of two colours that suits the reader's choice of a bright or a dark screen. */
export function themed(bright, dark) {
    return getCustomColor(cookie.get("color_scheme"), bright, dark);
}

/** The colours of what is written and ruled on every chart. */
export function getPaperColors() {
    return {
        text: themed("#111827", "#E4E4E4"),
        grid: themed("rgba(0,0,0,.1)", "rgba(255,255,255,.15)"),
    };
}

/**
 * What the pictures of a loan share: a canvas drawn anew with its data, and a tooltip beside the pointer.
 *
 * A subclass has a template with the refs `canvas` and `tooltip`, `state.tooltip` (with the `x` it points at and
 * the `width` of the chart), `series`, and the methods `getChartConfig` and `onTooltip`.
 */
export class LoanChart extends Component {
    static props = { ...standardWidgetProps };

    setup() {
        this.canvasRef = useRef("canvas");
        this.tooltipRef = useRef("tooltip");
        this.summaryId = uniqueId("o_loan_chart_summary_");

        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            (series, canvas) => {
                if (!series?.length || !canvas) {
                    return;
                }
                const chart = new Chart(canvas, this.getChartConfig(series));
                return () => chart.destroy();
            },
            () => [this.series, this.canvasRef.el]
        );
        useEffect(
            (tooltip, el) => {
                if (tooltip && el) {
                    // Beside the pointer, on the side with more room, and never out of the chart.
                    const room = el.parentElement.clientWidth - el.offsetWidth;
                    const onRight = tooltip.x < tooltip.width / 2;
                    const left = onRight ? tooltip.x + 12 : tooltip.x - 12 - el.offsetWidth;
                    el.style.left = `${Math.round(clamp(left, 0, Math.max(room, 0)))}px`;
                }
            },
            () => [this.state.tooltip, this.tooltipRef.el]
        );
    }

    /** What is drawn, an array; the chart is made anew whenever it is another one. */
    get series() {
        throw new Error("Not implemented.");
    }

    get currencyId() {
        return this.props.record.data.currency_id?.id;
    }

    formatAmount(value) {
        return formatMonetary(value, { currencyId: this.currencyId });
    }

    formatDay(day) {
        return day.toLocaleString(DateTime.DATE_MED);
    }

    /** The options of Chart.js that every picture has. */
    getBaseOptions() {
        const still = browser.matchMedia("(prefers-reduced-motion: reduce)").matches;
        return {
            maintainAspectRatio: false,
            animation: still ? false : { duration: 300 },
            font: { family: getComputedStyle(document.body).fontFamily },
            plugins: {
                legend: { display: false }, // drawn in the template, where it wraps and can be read aloud
                tooltip: { enabled: false, external: (context) => this.onTooltip(context) },
            },
        };
    }

    /** An axis of amounts, from zero. */
    getAmountAxis(text) {
        const colors = getPaperColors();
        return {
            type: "linear",
            beginAtZero: true,
            title: { display: true, text, color: colors.text },
            ticks: {
                color: colors.text,
                maxTicksLimit: 6,
                callback: (value) => formatShortAmount(value, this.currencyId),
            },
            grid: { color: colors.grid },
            border: { display: false },
        };
    }
}
