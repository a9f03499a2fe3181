import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * How wide the bars of people are, in hundredths of the track, and where their ceiling is marked.
 *
 * One scale for all: the largest of what anybody carries, or can.
 *
 * @param {{before: number, after: number, ceiling: number}[]} people
 */
export function scaled(people) {
    const most = Math.max(1, ...people.flatMap(({ before, after, ceiling }) => [before, after, ceiling]));
    const width = (value) => Math.max(0, Math.round((value / most) * 1000) / 10);
    return people.map((person) => ({
        ...person,
        beforeWidth: width(person.before),
        afterWidth: width(person.after),
        ceilingAt: width(person.ceiling),
        over: person.after > person.ceiling,
    }));
}

/**
 * What everybody carries before and after, as bars beside their numbers.
 *
 * The form hands the figures over; they change with each line that is changed.
 */
export class LoanLoadChart extends Component {
    static template = "loan_crm.LoanLoadChart";
    static props = { ...standardWidgetProps };

    get people() {
        return scaled(this.props.record.data.chart || []);
    }

    points(value) {
        return formatFloat(value, { digits: [16, Number.isInteger(value) ? 0 : 1] });
    }

    told(person) {
        return _t("%(name)s: %(before)s points before, %(after)s after, ceiling %(ceiling)s", {
            name: person.name,
            before: this.points(person.before),
            after: this.points(person.after),
            ceiling: this.points(person.ceiling),
        });
    }
}

export const loanLoadChart = {
    component: LoanLoadChart,
    fieldDependencies: [{ name: "chart", type: "json" }],
};

registry.category("view_widgets").add("loan_load_chart", loanLoadChart);
