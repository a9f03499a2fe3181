import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { hasTouch } from "@web/core/browser/feature_detection";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";
import { formatPercentage } from "@web/views/fields/formatters";

const OTHERS = 3;

/**
 * Asks whether work is handed to somebody: what speaks for and against them, the load it makes, and who else could.
 */
export class LoanHandDialog extends Component {
    static template = "loan_crm.LoanHandDialog";
    static components = { Dialog };
    static props = {
        question: Object, // as `loan.board.action_weigh` answers
        userId: { type: [Number, Boolean], optional: true }, // false: who fits best
        hand: Function, // (userId, reason) => Promise
        close: Function,
    };

    setup() {
        const { people } = this.props.question;
        this.state = useState({
            // Who was named stays named, and is told why not; who was not named is whoever fits best.
            userId: this.props.userId || people.find((person) => person.fit !== "barred")?.id || false,
            reason: "",
            chosen: false, // whom one has chosen instead
            all: false,
            busy: false,
        });
        this.chosenRef = useRef("chosen");
        this.othersRef = useRef("others");
        const reasonRef = useAutofocus();
        // The button that was pressed is gone then: without these the next Tab would leave the dialog.
        useEffect(
            (all) => all && this.othersRef.el.focus(),
            () => [this.state.all]
        );
        // Who was chosen is read out; what comes next is a word about it. Where one taps that would call up the keyboard.
        const nextRef = hasTouch() ? this.chosenRef : reasonRef;
        useEffect(
            (chosen) => chosen && nextRef.el.focus(),
            () => [this.state.chosen]
        );
    }

    get question() {
        return this.props.question;
    }

    get title() {
        return this.question.customer
            ? _t("Who Looks After %s?", this.question.who)
            : _t("Hand On: %s", this.question.what);
    }

    get chosen() {
        return this.question.people.find((person) => person.id === this.state.userId);
    }

    /** The best others; all of them where one has asked. */
    get others() {
        const others = this.question.people.filter((person) => person !== this.chosen);
        return this.state.all ? others : others.filter(({ fit }) => fit !== "barred").slice(0, OTHERS);
    }

    get hasMore() {
        return !this.state.all && this.question.people.length > this.others.length + (this.chosen ? 1 : 0);
    }

    fitLabel(person) {
        return { good: _t("Fits"), possible: _t("Possible"), barred: _t("Cannot take it") }[person.fit];
    }

    fitClass(person) {
        return { good: "text-bg-success", possible: "text-bg-warning", barred: "text-bg-danger" }[person.fit];
    }

    load(person) {
        const digits = { digits: [16, 0] };
        const share = formatPercentage(person.share, digits);
        return this.question.customer
            ? _t("Load %(before)s, then %(after)s", { before: formatPercentage(person.before, digits), after: share })
            : _t("Load %s", share);
    }

    width(share) {
        return `${Math.min(100, Math.round(share * 100))}%`;
    }

    /** Why the button cannot be pressed; empty when it can. */
    get missing() {
        if (!this.chosen) {
            return _t("Choose somebody.");
        }
        if (this.chosen.fit === "barred") {
            return _t("%s cannot take it. Choose somebody else.", this.chosen.name);
        }
        if (this.question.customer && !this.state.reason.trim()) {
            return _t("Say why: the reason stays with the history of the customer.");
        }
        return "";
    }

    get confirmLabel() {
        return this.chosen ? _t("Hand to %s", this.chosen.name) : _t("Hand On");
    }

    choose(person) {
        this.state.userId = this.state.chosen = person.id;
    }

    async confirm() {
        if (this.missing || this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await this.props.hand(this.state.userId, this.state.reason.trim());
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }

    onKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.confirm();
        }
    }
}
