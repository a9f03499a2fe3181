from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, html2plaintext, is_html_empty

from ..core.listing import listed


class LoanCustomerMerge(models.TransientModel):
    """Several profiles of one person side by side: which one stays, and which of differing values it has then."""

    _name = "loan.customer.merge"
    _inherit = ["loan.guard.mixin"]
    _description = "Merge Customers"

    customer_ids = fields.Many2many(
        "loan.customer",
        string="Profiles",
        required=True,
        context={"active_test": False},
        help="Two or more profiles of one and the same person or firm.",
    )
    kept_id = fields.Many2one(
        "loan.customer",
        "Keep",
        compute="_compute_kept_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain="[('id', 'in', customer_ids)]",
        help="Its number and contact stay. The others go to the archive and say where everything went.",
    )
    line_ids = fields.One2many(
        "loan.customer.merge.line",
        "wizard_id",
        "What Differs",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Where the profiles say different things, choose whose word counts.",
    )
    told = fields.Text("What Happens", compute="_compute_told")
    refusal = fields.Char(compute="_compute_told")

    @api.model
    def _check_references(self, vals_list):
        """Refuse hidden profiles in the list as well: what they say would be shown side by side."""
        result = super()._check_references(vals_list)
        given = [vals.get("customer_ids") for vals in vals_list]
        ids = set()
        for commands in (*given, self.env.context.get("default_customer_ids")):
            for command in commands or ():
                if isinstance(command, int):
                    ids.add(command)
                elif command[0] == Command.SET:
                    ids.update(command[2])
                elif command[0] in (Command.LINK, Command.UPDATE):
                    ids.add(command[1])
        customers = self.env["loan.customer"].with_context(active_test=False)
        if ids and customers.search_count([("id", "in", list(ids))]) != len(ids):
            raise AccessError(
                self.env._("%s: this one does not exist, or is not yours to see.", self.env._("Profiles"))
            )
        return result

    @api.depends("customer_ids")
    def _compute_kept_id(self):
        for form in self:
            customers = form.customer_ids._origin
            if form.kept_id not in customers:
                # Who has more of a history here is the one people know.
                form.kept_id = customers.sorted(lambda customer: (-customer.contract_count, customer.id))[:1]

    @api.depends("customer_ids", "kept_id")
    @api.depends_context("lang")
    def _compute_line_ids(self):
        for form in self:
            form.line_ids = [Command.clear(), *(Command.create(vals) for vals in form._propose())]

    def _propose(self):
        """Return a line for each field in which the profiles differ, with a sensible choice."""
        kept = self.kept_id._origin
        others = self.customer_ids._origin - kept
        found = []
        for name in kept._merge_names() if kept and others else ():
            field = kept._fields[name]
            values = {customer: self._told_value(customer, name) for customer in kept | others}
            if len(set(values.values())) == 1:
                continue
            choice = next((customer for customer in kept | others if self._says(customer, name)), kept)
            texts = [customer for customer in values if self._says(customer, name)]
            found.append(
                {
                    "name": name,
                    "label": field._description_string(self.env),
                    "choice_id": choice.id,
                    # Words of two colleagues are two things one knows.
                    "joins": field.type in ("text", "html") and len(texts) > 1,
                    "can_join": field.type in ("text", "html"),
                    "told": "\n".join(
                        f"{customer.reference}: {value}" for customer, value in values.items() if value
                    ),
                }
            )
        return found

    @api.model
    def _says(self, customer, name):
        value = customer[name]
        return not is_html_empty(value) if customer._fields[name].type == "html" else bool(value)

    @api.model
    def _told_value(self, customer, name):
        field, value = customer._fields[name], customer[name]
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if not value and field.type not in ("integer", "float", "monetary"):
            return ""
        if field.type == "many2one":
            return value.display_name
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "html":
            return html2plaintext(value).strip()
        return str(value)

    @api.depends("customer_ids", "kept_id")
    @api.depends_context("lang")
    def _compute_told(self):
        for form in self:
            kept, customers = form.kept_id._origin, form.customer_ids._origin
            form.refusal = customers._merge_refusal()
            form.told = False
            if not form.refusal and kept:
                others = customers - kept
                form.told = self.env._(
                    "Loans, repayments, reminders, promises, papers, messages and everything else of %(others)s go to "
                    "%(kept)s. Both contacts stay in Odoo; letters go to %(partner)s from now on. This cannot be "
                    "taken back.",
                    others=listed((other._merge_label() for other in others), self.env.lang),
                    kept=kept._merge_label(),
                    partner=kept.partner_id.display_name,
                )

    def action_merge(self):
        """Merge the profiles with the values that were chosen."""
        self.ensure_one()
        if not self.kept_id or self.kept_id not in self.customer_ids:
            raise UserError(self.env._("Say which of the profiles is kept."))
        kept = self.kept_id
        others = self.customer_ids - kept
        (kept | others).check_access("write")
        kept._merge(others, self._chosen(kept))
        return kept.action_open_merged_into()

    def _chosen(self, kept):
        """Return the values that the kept profile does not have yet."""
        values = {}
        allowed = set(kept._merge_names())
        for line in self.line_ids:
            if line.name not in allowed:
                continue
            field = kept._fields[line.name]
            if line.joins and line.can_join:
                between = "<br/>" if field.type == "html" else "\n"
                parts = [
                    customer[line.name]
                    for customer in kept | (self.customer_ids - kept)
                    if self._says(customer, line.name)
                ]
                values[line.name] = between.join(map(str, dict.fromkeys(parts)))
            elif line.choice_id and line.choice_id != kept:
                if line.choice_id not in self.customer_ids:
                    raise UserError(self.env._("Choose a value of one of the profiles."))
                values[line.name] = field.convert_to_write(line.choice_id[line.name], line.choice_id)
        return values
