from base64 import b64encode

from markupsafe import Markup

from odoo import fields, models
from odoo.tools.misc import get_lang


class LoanKeyFactsMixin(models.AbstractModel):
    """A loan in plain words: what one pays and when, what it costs, what happens if late or early, or if rates move.

    :meth:`_key_facts` is the one source; the form's page and the borrower's sheet only lay it out. Each section has a
    file of its own.
    """

    _name = "loan.key.facts.mixin"
    _inherit = [
        "loan.key.facts.pay.mixin",
        "loan.key.facts.cost.mixin",
        "loan.key.facts.late.mixin",
        "loan.key.facts.early.mixin",
        "loan.key.facts.rate.mixin",
        "loan.key.facts.picture.mixin",
    ]
    _description = "Loan Key Facts"

    key_facts_html = fields.Html(
        "Plain Terms",
        compute="_compute_key_facts_html",
        sanitize=False,
        help="The key facts as the page of the form shows them.",
    )

    def _compute_key_facts_html(self):
        for contract in self:
            contract.key_facts_html = (
                self.env["ir.qweb"]._render(
                    "loan_crm.loan_key_facts_page",
                    {
                        "sections": contract._key_facts(),
                        "picture": contract._key_facts_picture(),
                        "rates": contract._annual_rates(),
                        "words": contract._key_facts_words(),
                    },
                )
                if contract.installment_ids
                else Markup()
            )

    # ------------------------------------------------------------ the facts

    def _key_facts(self):
        """Return the key facts in the language of the environment, for a reader who is no banker.

        :return: a list of sections, each a dict with `key`, `title` and `facts`; a fact has `key`, `label`, `value`
            (the figure), `text` (a sentence beside it) and `how` (sentences: how it is worked out)
        """
        self.ensure_one()
        sections = [
            ("pay", self.env._("What you pay, and when"), self._facts_pay()),
            ("cost", self.env._("What it costs in all"), self._facts_cost()),
            ("late", self.env._("If you pay late"), self._facts_late()),
            ("early", self.env._("If you pay early"), self._facts_early()),
            ("rate", self.env._("If the rate moves"), self._facts_rate()),
        ]
        return [{"key": key, "title": title, "facts": facts} for key, title, facts in sections if facts]

    # ------------------------------------------------------------ laid out

    def _key_facts_words(self):
        """Return the headings of the page and the sheet, so that all their words come from one place."""
        return {
            "title": self.env._("Key facts of your loan"),
            "how": self.env._("How it is worked out"),
            "bar": self.env._("What you pay in all"),
            "line": self.env._("What you still owe"),
            "rates": self.env._("The yearly cost under every name"),
            "loan": self.env._("Loan"),
            "borrower": self.env._("Borrower"),
            "product": self.env._("Product"),
            "as_of": self.env._("As of"),
            "to_pay": self.env._("How to pay"),
            "ask": self.env._("If anything is unclear, please ask"),
            "closing": self.env._("Where this sheet and the contract differ, the contract counts."),
        }

    def _key_facts_sheet(self):
        """Return all that the borrower's sheet shows. Nothing else of the loan reaches it: no note, class or stage."""
        self.ensure_one()
        # As superuser: the name and address of their own manager and of the lender are the borrower's to know.
        manager_sudo, company_sudo = self.manager_user_id.sudo(), self.company_id.sudo()
        product = self.product_id
        return {
            "words": self._key_facts_words(),
            "company": company_sudo.name,
            "loan": self.name,
            "borrower": self.partner_id.name,
            "product": product.name,
            "as_of": self._long_day(self.company_id._loan_today()),
            "sections": self._key_facts(),
            "picture": self._key_facts_picture(),
            "to_pay": product.payment_instructions or company_sudo.loan_payment_instructions,
            "contact": [
                told
                for told in (
                    manager_sudo.name or company_sudo.name,
                    manager_sudo.phone or company_sudo.phone,
                    manager_sudo.email or company_sudo.email,
                )
                if told
            ],
        }

    def _borrower_lang(self):
        """Return the code of the language the borrower reads, that of the user where it is not installed."""
        self.ensure_one()
        return get_lang(self.env, self.partner_id.lang).code

    def _prepare_key_facts_attachment_vals(self):
        """Return the sheet as a file: a PDF where the server can make one, else a page every browser opens."""
        self.ensure_one()
        contract = self.with_context(lang=self._borrower_lang())
        reports = contract.env["ir.actions.report"]
        name = self.env._("Key Facts %s", self.name)
        if reports.get_wkhtmltopdf_state() in ("ok", "upgrade"):
            content, _kind = reports._render_qweb_pdf("loan_crm.report_loan_key_facts", self.ids)
            kind, ending = "application/pdf", "pdf"
        else:
            content, _kind = reports._render_qweb_html("loan_crm.report_loan_key_facts", self.ids)
            kind, ending = "text/html", "html"
        return {
            "name": f"{name.replace('/', '-')}.{ending}",
            "mimetype": kind,
            "datas": b64encode(content if isinstance(content, bytes) else content.encode()),
            # Where the composer keeps its files until the letter leaves; one never sent is swept away.
            "res_model": "mail.compose.message",
            "res_id": 0,
        }

    def action_send_key_facts(self):
        """Open a letter to the borrower with the sheet in their language; the chatter keeps what was sent."""
        self.ensure_one()
        self.check_access("read")
        contract = self.with_context(lang=self._borrower_lang())
        attachment = self.env["ir.attachment"].create(contract._prepare_key_facts_attachment_vals())
        template = self.env.ref("loan_crm.mail_template_key_facts", raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "name": self.env._("Send Key Facts"),
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id if template else False,
                "default_attachment_ids": attachment.ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }
