import { patch } from "@web/core/utils/patch";
import { SurveyForm } from "@survey/interactions/survey_form";

/** A borrower on a phone has pressed "Send": nobody asks them again whether they meant it. */
patch(SurveyForm.prototype, {
    onSubmit(ev) {
        if (ev.currentTarget.value === "finish" && this.el.querySelector("form[data-loan-survey]")) {
            ev.preventDefault();
            return this.submitForm({ isFinish: true });
        }
        return super.onSubmit(ev);
    },
});
