import { registerMessageAction } from "@mail/core/common/message_actions";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";

/** Threads of a customer on which somebody may ask or complain. */
export const ASKING = ["loan.customer", "loan.contract", "loan.hardship", "loan.interaction"];

/** One click makes a case of a message; a second one opens the case that was made. */
registerMessageAction("loan-case", {
    condition: ({ message }) =>
        user.isInternalUser &&
        ASKING.includes(message.thread?.model) &&
        Number.isInteger(message.id),
    icon: "fa fa-life-ring",
    name: _t("Make It a Case"),
    onSelected: async ({ message, store }) => {
        const action = await store.env.services.orm.call("loan.case", "action_from_message", [
            message.id,
        ]);
        await store.env.services.action.doAction(action);
    },
    sequence: 66,
});
