import { useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatFloat } from "@web/views/fields/formatters";
import { LoanChart, getPaperColors, themed } from "@loan_crm/loan_chart/loan_chart";

// As many bars as names still fit below; the table has them all.
const BARS = 12;

/** A share of 0 to 1 as whole percent. */
export function percent(share) {
    return `${Math.round(share * 100)}%`;
}

/** A name that fits under a bar, cut where it is too long. */
export function shortened(name, most = 22) {
    return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

/**
 * Where most of it comes from: bars that fall, a line that rises to all of them, and the same as a table.
 *
 * The form hands the figures over as JSON, counted with the reader's rights. A row opens its cases.
 */
export class LoanPareto extends LoanChart {
    static template = "loan_crm.LoanPareto";

    setup() {
        super.setup();
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ rows: [], trend: [], tooltip: null });
        useRecordObserver((record) => {
            const figures = record.data.figures || {};
            this.state.tooltip = null;
            this.state.rows = figures.rows || [];
            this.state.trend = figures.trend || [];
            this.state.by = figures.by;
            this.state.improves = figures.improves;
        });
    }

    get series() {
        return this.state.rows;
    }

    get bars() {
        return this.state.rows.slice(0, BARS);
    }

    get highest() {
        return Math.max(0, ...this.state.trend.map(({ high }) => high || 0));
    }

    percent(share) {
        return percent(share);
    }

    rate(value) {
        return value === null || value === false || value === undefined ? "–" : formatFloat(value, { digits: [16, 1] });
    }

    interval({ low, high }) {
        return low === null || high === null ? "" : `${this.rate(low)} – ${this.rate(high)}`;
    }

    /** Where a month's interval and its rate lie on a track of 100. */
    placed({ rate, low, high }) {
        const scale = this.highest ? 100 / this.highest : 0;
        return { rate: (rate || 0) * scale, low: (low || 0) * scale, width: ((high || 0) - (low || 0)) * scale };
    }

    /** What the picture says, for those who do not see it. */
    get summary() {
        const vital = this.state.rows.filter((row) => row.vital);
        return vital.length
            ? _t("%(number)s of %(all)s make up %(share)s.", {
                  number: vital.length,
                  all: this.state.rows.length,
                  share: percent(vital.at(-1).cumulative),
              })
            : "";
    }

    onTooltip({ chart, tooltip }) {
        const row = tooltip.opacity && tooltip.dataPoints?.length && this.bars[tooltip.dataPoints[0].dataIndex];
        this.state.tooltip = row
            ? { x: tooltip.caretX, width: chart.width, title: row.name, row }
            : null;
    }

    getChartConfig() {
        const bars = this.bars;
        const colors = getPaperColors();
        const options = this.getBaseOptions();
        return {
            data: {
                labels: bars.map(({ name }) => shortened(name)),
                datasets: [
                    {
                        type: "line",
                        data: bars.map(({ cumulative }) => cumulative * 100),
                        yAxisID: "share",
                        borderColor: themed("#B86E00", "#FFBC2C"),
                        backgroundColor: themed("#B86E00", "#FFBC2C"),
                        borderWidth: 2,
                        pointRadius: 3,
                    },
                    {
                        type: "bar",
                        data: bars.map(({ count }) => count),
                        yAxisID: "count",
                        backgroundColor: bars.map(({ vital }) =>
                            vital ? themed("#3A3580", "#8F8AE0") : themed("#C4C3D9", "#55536E")
                        ),
                        maxBarThickness: 64,
                    },
                ],
            },
            options: {
                ...options,
                interaction: { mode: "index", intersect: false },
                onClick: (_event, elements) => elements.length && this.openCases(bars[elements[0].index]),
                scales: {
                    x: { ticks: { color: colors.text, maxRotation: 45, autoSkip: false }, grid: { display: false } },
                    count: {
                        beginAtZero: true,
                        title: { display: true, text: _t("Cases"), color: colors.text },
                        ticks: { color: colors.text, precision: 0 },
                        grid: { color: colors.grid },
                        border: { display: false },
                    },
                    share: {
                        position: "right",
                        min: 0,
                        max: 100,
                        ticks: { color: colors.text, callback: (value) => `${value}%` },
                        grid: { display: false },
                        border: { display: false },
                    },
                },
            },
        };
    }

    async call(method, row) {
        // The filters are the record's: what was chosen is stored before the server is asked about a row of it.
        if (await this.props.record.save()) {
            const record = this.props.record;
            const action = await this.orm.call(record.resModel, method, [[record.resId], [...row.key]]);
            this.action.doAction(action);
        }
    }

    openCases(row) {
        return this.call("action_open_cases", row);
    }

    improve(row) {
        return this.call("action_improve", row);
    }
}

export const loanPareto = {
    component: LoanPareto,
    fieldDependencies: [{ name: "figures", type: "json" }],
};

registry.category("view_widgets").add("loan_pareto", loanPareto);
