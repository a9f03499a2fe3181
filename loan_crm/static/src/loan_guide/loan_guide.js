import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

/** Walk through one's own work by the tour of one's role. */
function walk(env) {
    const { name, message } = session.loan_guide;
    env.services.tour_service.startTour(name, { mode: "manual", rainbowManMessage: message });
}

/** The walk waits below one's name; a phone has no room for it. */
registry.category("user_menuitems").add("loan_guide", (env) => ({
    type: "item",
    id: "loan_guide",
    description: _t("Show Me Around"),
    hide: env.isSmall || !session.loan_guide,
    callback: () => walk(env),
    sequence: 25,
}));

/** Whoever comes for the first time is asked once. */
export const loanGuideService = {
    dependencies: ["notification", "orm", "tour_service", "ui"],
    start(env, { notification, orm, ui }) {
        if (!session.loan_guide?.offered || ui.isSmall) {
            return;
        }
        const told = () => orm.call("loan.guide", "action_not_now", []);
        let walks = false;
        const close = notification.add(
            _t("New here? A short walk shows where your work waits. It takes a minute and changes nothing."),
            {
                type: "info",
                sticky: true,
                className: "o_loan_guide_offer",
                buttons: [
                    {
                        name: _t("Show Me Around"),
                        primary: true,
                        onClick: async () => {
                            walks = true;
                            close();
                            await told(); // the walk may load pages anew, and none is to offer it again
                            walk(env);
                        },
                    },
                    { name: _t("Not Now"), onClick: () => close() },
                ],
                // Closed any other way it is refused as well: who wants it later finds it below their name.
                onClose: () => walks || told(),
            }
        );
    },
};

registry.category("services").add("loan_guide", loanGuideService);
