import { onWillDestroy, useExternalListener, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";

const { DateTime } = luxon;
const TYPES = ["loan.worklist/changed", "mail.activity/updated"];
const TICK = 30000; // ms

/**
 * Look again when something changed, and let the time go on.
 *
 * However much happens, it is looked at most once in `wait`, and at the latest when that is over.
 *
 * @param {() => any} look
 * @param {number} wait ms
 * @returns {{ at: DateTime }} now, as it goes on
 */
export function useLook(look, wait) {
    const bus = useService("bus_service");
    const now = useState({ at: DateTime.now() });
    let asked = null;
    const again = () => {
        asked ??= browser.setTimeout(() => {
            asked = null;
            look();
        }, wait);
    };
    for (const type of TYPES) {
        bus.subscribe(type, again);
    }
    const timer = browser.setInterval(() => (now.at = DateTime.now()), TICK);
    // Who comes back to the page after lunch sees what is true now, whatever a lost connection has missed.
    useExternalListener(document, "visibilitychange", () => document.hidden || again());
    // Not when it is unmounted: who moves on before it has come never mounted it.
    onWillDestroy(() => {
        browser.clearInterval(timer);
        browser.clearTimeout(asked);
        for (const type of TYPES) {
            bus.unsubscribe(type, again);
        }
    });
    return now;
}

/**
 * Do what a key says among lanes of rows: up and down from row to row, left and right from lane to lane; Enter does
 * what is mostly done, with shift it opens the row.
 *
 * @param {KeyboardEvent} ev
 * @param {HTMLElement} lanesEl
 * @param {Object[]} lanes as the server told them
 * @param {{ act: (row: Object) => any, open: (row: Object) => any }} deeds
 */
export function keyInLanes(ev, lanesEl, lanes, { act, open }) {
    const rowEl = ev.target.closest(".o_loan_work_row");
    if (!rowEl || ev.target !== rowEl || ev.altKey || ev.ctrlKey || ev.metaKey) {
        return;
    }
    const laneEls = [...lanesEl.querySelectorAll(".o_loan_lane")].filter((laneEl) =>
        laneEl.querySelector(".o_loan_work_row")
    );
    const laneEl = rowEl.closest(".o_loan_lane");
    const rowEls = [...laneEl.querySelectorAll(".o_loan_work_row")];
    const [atLane, atRow] = [laneEls.indexOf(laneEl), rowEls.indexOf(rowEl)];
    const row = lanes.find((lane) => lane.key === laneEl.dataset.key).rows[atRow];
    const firstOf = (at) => laneEls[at]?.querySelector(".o_loan_work_row");
    const moves = {
        ArrowDown: () => (rowEls[atRow + 1] || rowEls[atRow])?.focus(),
        ArrowUp: () => (rowEls[atRow - 1] || rowEls[atRow])?.focus(),
        ArrowRight: () => firstOf(atLane + 1)?.focus(),
        ArrowLeft: () => firstOf(atLane - 1)?.focus(),
        Enter: () => (ev.shiftKey ? open(row) : act(row)),
    };
    if (moves[ev.key]) {
        ev.preventDefault();
        ev.stopPropagation();
        moves[ev.key]();
    }
}

/**
 * Open rows and do deeds: what a deed opens lies over the page, and when that closes the page looks again.
 *
 * @param {() => Promise} look
 */
export function useDeeds(look) {
    const orm = useService("orm");
    const action = useService("action");
    const state = useState({ busy: "" });
    let isGone = false;
    onWillDestroy(() => (isGone = true));
    // A deed may have led to another page.
    const lookIfHere = async () => isGone || (await look());
    return {
        state,
        open: (row) =>
            action.doAction({
                type: "ir.actions.act_window",
                res_model: row.model,
                res_id: row.id,
                views: [[false, "form"]],
            }),
        async do(row, deed) {
            if (state.busy) {
                return; // of two clicks the first one counts
            }
            state.busy = row.key;
            try {
                const next = deed.action || (await orm.call(deed.model, deed.method, [[deed.id]]));
                if (next && typeof next === "object") {
                    await action.doAction(next, { onClose: lookIfHere });
                }
            } finally {
                state.busy = "";
                await lookIfHere();
            }
        },
    };
}
