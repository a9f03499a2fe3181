import { registerMessageAction } from "@mail/core/common/message_actions";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";

/** Threads of which the server knows whose customer they are about. */
export const PROMISING = [
    "loan.customer",
    "loan.contract",
    "loan.hardship",
    "loan.interaction",
    "loan.case",
    "crm.lead",
];

/** One click makes a commitment of a message: the form opens with its words and the day they name. */
registerMessageAction("loan-commitment", {
    condition: ({ message }) =>
        user.isInternalUser &&
        PROMISING.includes(message.thread?.model) &&
        Number.isInteger(message.id),
    icon: "fa fa-handshake-o",
    name: _t("We Promised This…"),
    onSelected: async ({ message, store }) => {
        const thread = message.thread;
        const action = await store.env.services.orm.call("loan.commitment", "action_from_message", [
            message.id,
        ]);
        await store.env.services.action.doAction(action, {
            onClose: () => thread?.fetchNewMessages?.(),
        });
    },
    sequence: 65,
});
