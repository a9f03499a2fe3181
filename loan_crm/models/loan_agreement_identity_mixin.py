from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..core import agreements
from ..core.listing import phrased


class LoanAgreementIdentityMixin(models.AbstractModel):
    """That a signer was identified in a video meeting: by which paper, by whom, when; once, with a seal of its own."""

    _name = "loan.agreement.identity.mixin"
    _description = "Agreements: Identification by Video"

    meeting_id = fields.Many2one(
        "calendar.event",
        "Video Meeting",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    meeting_told = fields.Char("Identified In", readonly=True, copy=False)
    paper_type_id = fields.Many2one(
        "loan.document.type", "Identified By", readonly=True, copy=False, ondelete="restrict"
    )
    identified_user_id = fields.Many2one(
        "res.users", "Identified By Whom", readonly=True, copy=False, ondelete="restrict"
    )
    identified_at = fields.Datetime("Identified On", readonly=True, copy=False)
    identified_evidence = fields.Json(readonly=True, copy=False, export_string_translation=False)
    identified_seal = fields.Char("Seal of the Identification", readonly=True, copy=False)

    def _identified_parts(self):
        """Return what the seal of the identification is about, as :meth:`_as_parts`."""
        self.ensure_one()
        return {
            "person_number": str(self.person_number),
            "meeting_told": self.meeting_told or None,
            "paper_type_id": str(self.paper_type_id.id),
            "identified_user_id": str(self.identified_user_id.id),
            "identified_at": fields.Datetime.to_string(self.identified_at) or None,
        }

    def _identify(self, meeting, paper_type, user, moment):
        """Note that somebody identified this person in a video meeting by a paper; once, and it stays.

        :param meeting: `calendar.event`
        :param paper_type: `loan.document.type`
        :param user: `res.users` who looked at the paper
        :param datetime moment: in UTC
        :raise UserError: when it stands there already, or the moment is still to come
        """
        self.ensure_one()
        self.agreement_id.check_access("write")
        meeting.check_access("read")
        if self.identified_seal:
            raise UserError(self.env._("That this person was identified stands on record already."))
        if moment > fields.Datetime.now():
            raise UserError(self.env._("Nobody is identified in a meeting that is still to come."))
        told = phrased(
            (meeting.display_name, format_datetime(self.env, meeting.start, tz=self.company_id.loan_tz)),
            self.env.lang,
        )
        known = self._by_verb()
        known.write(
            {
                "meeting_id": meeting.id,
                "meeting_told": told,
                "paper_type_id": paper_type.id,
                "identified_user_id": user.id,
                "identified_at": moment,
            }
        )
        known.flush_recordset()
        known.invalidate_recordset()
        evidence = agreements.digests(known._identified_parts())
        known.write({"identified_evidence": evidence, "identified_seal": agreements.seal(evidence)})

    def action_identify(self):
        """Open the form that notes a video meeting in which this person was identified."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("loan_crm.loan_agreement_identify_action")
        action["context"] = {"default_signer_id": self.id}
        return action
