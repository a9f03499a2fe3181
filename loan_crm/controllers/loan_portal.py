from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..core.listing import marks

# Odoo runs its scripts here, so less can be forbidden than behind a letter's link: no cache keeps a page, no address
# of one is told elsewhere, no other site frames it or takes its forms.
HEADERS = {
    "Content-Security-Policy": "base-uri 'self'; form-action 'self'; frame-ancestors 'self'; object-src 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "no-store",
}
LAYOUT = "loan_crm.loan_portal_layout"


class LoanPortal(CustomerPortal):
    """The cards of the portal, and no token that opens a protected record: it would outlive whoever kept it."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        portal = request.env["loan.portal"]
        if "loan_loan_count" in counters:
            values["loan_loan_count"] = len(portal._loans())
        if "loan_application_count" in counters:
            values["loan_application_count"] = len(portal._applications())
        if "loan_contact_count" in counters:
            values["loan_contact_count"] = len(portal._profiles()[0])
        of_agreements = {"loan_agreement_count", "loan_agreement_waiting_count"} & set(counters)
        if of_agreements:  # no more than was asked for: Odoo's page fails at a figure it has no place for
            signers = portal._agreements()
            counted = {
                "loan_agreement_count": len(signers),
                "loan_agreement_waiting_count": len([each for each in signers if each._waits()]),
            }
            values.update({name: counted[name] for name in of_agreements})
        of_desks = {"loan_case_count", "loan_easy_count", "loan_appointment_count"} & set(counters)
        if of_desks:  # whoever has a lender may ask, be called and meet
            values.update(dict.fromkeys(of_desks, len(portal._desks())))
        if "loan_case_count" in counters:
            values["loan_case_count"] = len(portal._cases()[0]) or values["loan_case_count"]
        return values

    def _document_check_access(self, model_name, document_id, access_token=None):
        document = request.env[model_name].browse(int(document_id))
        if request.env["ir.model"]._loan_withheld(document):
            access_token = None
        return super()._document_check_access(model_name, document_id, access_token=access_token)


class LoanPortalPages:
    """How the pages of the portal are answered: with its headers, in its layout, and one page for what is not there."""

    _headers = HEADERS
    _refusals = {}  # sentences by reason

    def _nothing(self):
        """Answer every address that opens nothing alike: what is not there, and what is somebody else's."""
        return self._answer("loan_crm.loan_portal_nothing", {"layout": LAYOUT}, 404)

    def _answer(self, template, values, status=200):
        portal = request.env["loan.portal"]
        values.setdefault("large_type", portal._reads_large())
        values.update(
            easy_url="/my/easy",
            page_name="loan_portal",
            page_lang=(request.env.lang or "en_US").replace("_", "-"),
            loan_crumbs=values.get("loan_crumbs", []),
            **marks(request.env.lang),
        )
        return request.render(template, values, headers=self._headers, status=status)

    def _see(self, path):
        """Send the browser to a page that can be loaded anew without sending anything twice."""
        response = request.redirect(path, code=303)
        response.headers.update(self._headers)
        return response

    def _waiting(self):
        """Return the rows of the agreements that wait for whoever is logged in."""
        return self._agreements(lambda each: each._waits())

    def _agreements(self, wanted):
        """Return the rows of those agreements of whoever is logged in that are wanted.

        :param wanted: a function that tells of a `loan.agreement.signer` whether it is
        """
        return [each._portal_row() for each in request.env["loan.portal"]._agreements() if wanted(each)]

    def _told(self, reason, **facts):
        """Return in words why something is refused."""
        sentence = request.env._(self._refusals[reason])
        return sentence % facts

    def _file(self, content, kind, name):
        """Answer a file to keep."""
        return request.make_response(
            content,
            {
                **self._headers,
                "Content-Type": kind,
                "Content-Disposition": content_disposition(name),
            },
        )
