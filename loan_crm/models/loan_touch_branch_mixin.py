import textwrap

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

# A contact may have a profile in each company; what is known of the contact alone is a row of each of them.
_PROFILES = 1024
# Longer words are read where they stand.
_WORDS = 200


class LoanTouchBranchMixin(models.AbstractModel):
    """What a branch of `loan.touch` is, and what branches have in common: moments, people, words.

    Who adds branches inherits it, and names in its own `_depends` the fields that their SQL reads: Odoo adds those of
    all together.
    """

    _name = "loan.touch.branch.mixin"
    _description = "Touches: Sources"
    _depends = {
        "loan.customer": ["company_id", "merged_into_id", "partner_id"],
        "res.company": ["loan_tz"],
        "res.users": ["partner_id"],
    }

    @api.model
    def _touch_branches(self):
        """Return what touches a customer, `{name: branch}`; another family adds a branch of its own.

        A branch is a dict of its `number` (0 to 63, never given to another one), its `kinds`, the `model` of its
        source, a function `told` that returns what a source record says as a list of texts, and of SQL: `from`,
        `where`, `source_id`, `date` (naive, in UTC), `customer`, `company`, and where it has them `contract`,
        `kind`, `direction`, `author` (a partner), `all_day` and `words` (what a search looks in; `raw` where these are
        made of a longer text). `reads` names the fields that `told` asks for, where the source has many more. Numbers
        from 40 on are for other addons.

        Of a customer it must show nothing that who sees the customer may not read.
        """
        return {}

    # ------------------------------------------------------------ moments

    @api.model
    def _zone_sql(self, company):
        """Return the SQL of a lender's time zone.

        :param SQL company: the company's number
        """
        # As superuser: a clock is no secret. Written out: asked of a table, each column would be planned for twice.
        companies_sudo = self.env["res.company"].sudo()
        lenders_sudo = companies_sudo.search(Domain.TRUE) if self.env.su else self.env.companies.sudo()
        zones = {lender_sudo.id: lender_sudo.loan_tz or "UTC" for lender_sudo in lenders_sudo}
        if len(set(zones.values())) == 1:
            return SQL("%s::text", next(iter(zones.values())))
        cases = SQL(" ").join(SQL("WHEN %s THEN %s", id_, zone) for id_, zone in sorted(zones.items()))
        return SQL("CASE %s %s ELSE 'UTC' END", company, cases)

    @api.model
    def _noon_sql(self, day, company):
        """Return the SQL of a day's noon by the lender's clock, naive and in UTC.

        :param SQL day: a date
        :param SQL company: the company's number
        """
        return SQL("(%s + time '12:00') AT TIME ZONE %s AT TIME ZONE 'UTC'", day, self._zone_sql(company))

    @api.model
    def _entered_that_day_sql(self, alias, day):
        """Return the SQL of whether a record was entered on the day it speaks of: then its moment is known, too."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date = %s",
            SQL.identifier(alias, "create_date"),
            self._zone_sql(SQL.identifier(alias, "company_id")),
            day,
        )

    @api.model
    def _moment_sql(self, alias, day):
        """Return the SQL of when a record that knows a day was: its moment if it was entered that day, or noon.

        :param str alias: of a table with `create_date` and `company_id`
        :param SQL day: a date
        """
        return SQL(
            "CASE WHEN %s THEN %s ELSE %s END",
            self._entered_that_day_sql(alias, day),
            SQL.identifier(alias, "create_date"),
            self._noon_sql(day, SQL.identifier(alias, "company_id")),
        )

    # ------------------------------------------------------------ people

    @api.model
    def _partner_sql(self, user):
        """Return the SQL of a user's contact.

        :param SQL user: the user's number
        """
        return SQL("(SELECT users.partner_id FROM res_users users WHERE users.id = %s)", user)

    @api.model
    def _contact_branch(self):
        """Return what branches of a contact have in common; in their `from`, `_contacts_sql` is named `customer`."""
        return {
            "profiles": _PROFILES,
            "customer": SQL("customer.id"),
            "company": SQL("customer.company_id"),
        }

    @api.model
    def _contacts_sql(self):
        """Return the SQL of customers with each contact that stands for them: those of given-up profiles, too."""
        return SQL(
            """
            (SELECT id, partner_id, company_id FROM loan_customer WHERE merged_into_id IS NULL
              UNION ALL
             SELECT merged_into_id, partner_id, company_id FROM loan_customer WHERE merged_into_id IS NOT NULL)
            """
        )

    # ------------------------------------------------------------ words

    @api.model
    def _short(self, words):
        """Return as many of these words as a row has room for."""
        return textwrap.shorten(words, _WORDS, placeholder="…")

    @api.model
    def _label(self, record, name):
        """Return what a selection says, in the reader's language; an empty text without a value."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    @api.model
    def _day(self, day):
        return format_date(self.env, day) if day else ""
