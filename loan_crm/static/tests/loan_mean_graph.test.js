import { expect, test } from "@odoo/hoot";
import { defineModels, fields, models, mountView, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { LoanMeanGraphRenderer } from "@loan_crm/loan_mean_graph/loan_mean_graph";

class Wait extends models.Model {
    _name = "loan.wait.test";

    hour = fields.Integer({ aggregator: null });
    how = fields.Selection({
        selection: [
            ["answered", "Answered"],
            ["ticked", "Ticked Off"],
        ],
    });
    minutes = fields.Float({ aggregator: "avg", string: "Working Minutes" });

    _records = [
        { id: 1, hour: 9, how: "answered", minutes: 10 },
        { id: 2, hour: 9, how: "answered", minutes: 30 },
        { id: 3, hour: 9, how: "ticked", minutes: 1 },
        { id: 4, hour: 11, how: "answered", minutes: 60 },
    ];
}

defineMailModels();
defineModels([Wait]);

async function drawn(arch) {
    let renderer;
    patchWithCleanup(LoanMeanGraphRenderer.prototype, {
        setup() {
            super.setup();
            renderer = this;
        },
    });
    await mountView({ type: "graph", resModel: "loan.wait.test", arch });
    return renderer;
}

const arch = (measure) => `
    <graph type="bar" stacked="0" js_class="loan_mean_graph">
        <field name="hour"/><field name="how"/>${measure ? '<field name="minutes" type="measure"/>' : ""}
    </graph>`;

test("of how many a mean is stands below it and in its box", async () => {
    const renderer = await drawn(arch(true));
    const tick = renderer.getScaleOptions().x.ticks.callback;
    expect([tick(0, 0), tick(1, 1)]).toEqual([
        ["9", "n = 3"],
        ["11", "n = 1"],
    ]);
    const { data, metaData } = renderer.model;
    const point = (datasetIndex, raw) => ({ datasetIndex, dataIndex: 0, raw });
    const items = renderer.getTooltipItems(data, metaData, { dataPoints: [point(1, 1), point(0, 20)] });
    expect(items.map((item) => item.label)).toEqual(["9 / Answered · n = 2", "9 / Ticked Off · n = 1"]);
});

test("a count says of how many by itself", async () => {
    const renderer = await drawn(arch(false));
    expect(renderer.getScaleOptions().x.ticks.callback(0, 0)).toBe("9");
});
