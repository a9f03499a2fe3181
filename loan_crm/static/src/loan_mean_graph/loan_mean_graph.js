import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { sortBy } from "@web/core/utils/arrays";
import { GraphModel } from "@web/views/graph/graph_model";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";

/** A graph of means: of how many each is the mean stands below it, and in the box that opens over it. */
export class LoanMeanGraphModel extends GraphModel {
    _getData(dataPoints, forceUseAllDataPoints) {
        const data = super._getData(dataPoints, forceUseAllDataPoints);
        const shown = Object.fromEntries(data.datasets.map((dataset) => [dataset.label, dataset]));
        data.counts = data.labels.map(() => 0);
        for (const dataset of data.datasets) {
            dataset.counts = data.labels.map(() => 0);
        }
        for (const point of dataPoints) {
            const dataset = shown[this._getDatasetLabel(point)];
            if (dataset) {
                dataset.counts[point.labelIndex] += point.count;
                data.counts[point.labelIndex] += point.count;
            }
        }
        return data;
    }
}

export class LoanMeanGraphRenderer extends GraphRenderer {
    /** Whether what is drawn is a mean; a count says of how many by itself. */
    get tellsCounts() {
        return this.model.metaData.measure !== "__count";
    }

    ofHowMany(count) {
        return _t("n = %s", count);
    }

    getScaleOptions() {
        const scales = super.getScaleOptions();
        const { counts } = this.model.data;
        if (scales.x && this.tellsCounts && counts) {
            const { callback } = scales.x.ticks;
            scales.x.ticks.callback = (value, index) => [callback(value, index), this.ofHowMany(counts[index])];
        }
        return scales;
    }

    getTooltipItems(data, metaData, tooltipModel) {
        const items = super.getTooltipItems(data, metaData, tooltipModel);
        if (this.tellsCounts) {
            // In the order in which they were made.
            const points = sortBy(tooltipModel.dataPoints, "raw", "desc");
            for (const [index, point] of points.entries()) {
                const count = data.datasets[point.datasetIndex]?.counts?.[point.dataIndex];
                if (count !== undefined) {
                    items[index].label = `${items[index].label} · ${this.ofHowMany(count)}`;
                }
            }
        }
        return items;
    }
}

registry.category("views").add("loan_mean_graph", {
    ...graphView,
    Model: LoanMeanGraphModel,
    Renderer: LoanMeanGraphRenderer,
});
