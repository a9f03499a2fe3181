import re
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition
from odoo.tools import SQL, ormcache

# How Odoo's forms name the records they are about: for sending a mail or a text message, planning a to-do, sharing.
_FORM_MODELS = ("model", "res_model")
_FORM_NUMBERS = ("res_ids", "res_id")

# A file that is being imported holds whole customers, and Odoo shows it to each employee.
_OWN_FORMS = {"base_import.import"}

# Rows of Odoo's own that tell of a contact or a lead to whoever may read the table, mostly each employee: by which
# fields. They are hidden from whoever may not see that one.
_PEOPLE = {
    "calendar.attendee": ("partner_id", "event_id.opportunity_id", "event_id.partner_ids"),
    "calendar.event": ("opportunity_id", "partner_ids"),
    "crm.activity.report": ("lead_id", "partner_id"),
    "mail.followers": ("partner_id",),
    "mail.notification": ("res_partner_id",),
    "rating.rating": ("partner_id",),
    "res.partner.bank": ("partner_id",),
    "snailmail.letter": ("partner_id",),
    "survey.user_input": ("partner_id",),
    "survey.user_input.line": ("user_input_id.partner_id",),
}

# Some of Odoo's rows name their record by two plain columns.
_PLAIN_PAIRS = (("model", "res_id"), ("res_model", "res_id"))

# Files ask their document themselves and do it well; xmlids are the administrator's.
_ASKS_ITSELF = {"ir.attachment", "ir.model.data"}

# Pages to open, which ask whoever opens them, and tell no more than a number.
_OPENS = {"ir.actions.act_window", "res.users.settings.embedded.action"}


class Watched(NamedTuple):
    """What is asked of a model that may lead to a customer."""

    pairs: tuple  # ((column of the model's name, column of the number), …), as `res_model` and `res_id`
    links: tuple  # names of the many2one fields to a protected model
    references: tuple  # names of the fields of type reference, to any model
    rows: tuple  # names of the many2one fields to a file, or to a row that is hidden with a record
    logins: tuple  # names of the many2one fields to a user, who may be a borrower
    forms: (
        tuple  # ((column of the model's name, column of numbers as text), …) of a form about chosen records
    )
    people: tuple  # paths to a contact or a lead, with whom its rows are hidden
    hangs: bool  # its rows go with the document they hang on
    own: bool  # a form that is its writer's own


class Base(models.AbstractModel):
    """Rows that hang on a protected record without belonging to it, in whatever module they were thought of.

    Followers, notifications, messages, activities, meetings and ratings point at a document by its model's name and
    its number. Odoo lets every employee read most of them, and whoever is author, recipient or assignee keeps them.
    Here each such table asks the document, in the query itself, so that totals and pages are right, too.

    What points at a record by a field is asked when it is written: Odoo writes a pointer without asking whether its
    target may be read, and then tells the target's name as superuser.

    Contacts and leads are pointed at by half of Odoo. They are asked only once something has been confidential.

    A model that does neither pays one look-up in a cache.
    """

    _inherit = "base"

    # Where rows hang on a document through a parent that does: the name of the many2one to it.
    _loan_parent = None
    # What is only ever written on a thread need not ask the models that are none.
    _loan_on_threads = False

    @api.model
    @ormcache("self._name")
    def _loan_watched(self):
        """Return what is asked of this model (:class:`Watched`), or None: nothing, as of most."""
        if self._abstract:
            return None
        protected = self.env["ir.model"]._loan_guarded()
        links, references, rows, logins = [], [], [], []
        guarded = isinstance(self, self.env.registry["loan.guard.mixin"])  # asks its links itself
        for name, field in self._fields.items():
            if field.type == "reference" and field.store:
                references.append(name)
            elif field.type == "many2one":
                if field.comodel_name in protected and not guarded:
                    links.append(name)
                elif field.comodel_name == "res.users":
                    if "res.partner" in protected and field.store and name not in models.MAGIC_COLUMNS:
                        logins.append(name)
                elif (
                    field.comodel_name == "ir.attachment"
                    or field.comodel_name in _PEOPLE
                    or self.env[field.comodel_name]._loan_hangs()
                ):
                    rows.append(name)
        forms = [
            (model_column, number)
            for model_column in _FORM_MODELS
            for number in _FORM_NUMBERS
            if self._transient
            and {model_column, number} <= self._fields.keys()
            and self._fields[number].type in ("char", "text", "integer")
        ]
        pairs, hangs = self._loan_pairs(), self._loan_hangs()
        veiled = self.env["ir.model"]._loan_veiled() & protected
        people = tuple(path for path in _PEOPLE.get(self._name, ()) if veiled)
        own = bool(forms) or self._name in _OWN_FORMS
        if not (pairs or links or references or rows or logins or forms or people or hangs or own):
            return None
        return Watched(
            pairs,
            tuple(links),
            tuple(references),
            tuple(rows),
            tuple(logins),
            tuple(forms),
            people,
            hangs,
            own,
        )

    @api.model
    @ormcache("self._name", cache="stable")
    def _loan_pairs(self):
        """Return the columns by which rows name a document: `((model's name, number), …)`."""
        pairs = {
            (field.model_field, name)
            for name, field in self._fields.items()
            if field.type == "many2one_reference"
            and field.store
            and field.model_field in self._fields
            and self._fields[field.model_field].store
        }
        if self._auto and not self._transient and self._name not in _OPENS:
            pairs |= {
                (model_column, number)
                for model_column, number in _PLAIN_PAIRS
                if {model_column, number} <= self._fields.keys()
                and self._fields[model_column].type == "char"
                and self._fields[model_column].store
                and self._fields[number].type == "integer"
                and self._fields[number].store
            }
        return tuple(sorted(pairs))

    @api.model
    @ormcache("self._name", cache="stable")
    def _loan_hangs(self):
        """Tell whether the rows of this model go with the document they hang on."""
        return bool(
            (self._loan_pairs() or self._loan_parent)
            and not self._abstract
            and not self._transient
            and self._name not in _ASKS_ITSELF
            and self._name not in self.env["ir.model"]._loan_protected()
        )

    # ------------------------------------------------------------ what hangs on a document

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access) and (watched := self._loan_watched()):
            domain = Domain(domain)
            if watched.own:
                domain &= Domain("create_uid", "=", self.env.uid)
            if watched.hangs:
                domain &= self._loan_hanging_domain(domain)
            if watched.people:
                domain &= self._loan_people_domain(watched)
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not self.ids or not (watched := self._loan_watched()):
            return result
        if not (watched.hangs or watched.own or watched.people):
            return result
        rest = self - result[0] if result else self
        if watched.own:
            # As superuser: whose form it is.
            hidden = rest.filtered(lambda form: form.sudo().create_uid.id != self.env.uid)
        else:
            hidden = self.browse()
        hidden += (rest - hidden)._loan_out_of_sight()
        if not hidden:
            return result
        if result:
            return result[0] + hidden, result[1]
        return hidden, self.env["ir.rule"]._loan_refusal

    def _loan_out_of_sight(self):
        """Return those of these rows that hang on a record, or tell of somebody, whom the user may not see."""
        watched = self._loan_watched()
        if not self.ids or not watched:
            return self.browse()
        hidden = self._loan_hidden() if watched.hangs else self.browse()
        if watched.people and (rest := self - hidden):
            # As superuser: what is asked is of whom the rows tell.
            rows_sudo = rest.sudo().with_context(active_test=False)
            told = set(rows_sudo._search(Domain("id", "in", rest.ids) & self._loan_people_domain(watched)))
            hidden += rest.filtered(lambda row: row.id and row.id not in told)
        return hidden

    def _loan_nameless(self):
        """Tell whether a refusal must not name these rows: one hangs on, or tells of, what the user may not see."""
        watched = self._loan_watched()
        return bool(watched) and (watched.own or bool(self._loan_out_of_sight()))

    @api.model
    def _loan_told_domain(self):
        """Return which rows of this model are in sight, see :meth:`_loan_out_of_sight`."""
        watched = self._loan_watched()
        told = self._loan_hanging_domain(Domain.TRUE) if watched.hangs else Domain.TRUE
        return told & self._loan_people_domain(watched) if watched.people else told

    @api.model
    @ormcache()
    def _loan_carriers(self):
        """Return the names of the models whose rows are hidden with a record, and have messages and to-dos themselves.

        A meeting about a customer is one. What is written on it tells of the customer as it does itself.
        """
        asked = self.env["ir.model"]._loan_asked()
        return frozenset(
            name
            for name, model in self.env.registry.items()
            if "message_follower_ids" in model._fields
            and not model._abstract
            and name not in asked
            and (watched := self.env[name]._loan_watched())
            and (watched.hangs or watched.people)
        )

    @api.model
    def _loan_askable(self):
        """Return the names of all models with which rows of this one may be hidden."""
        guarded = self.env["ir.model"]._loan_guarded()
        holder, _pairs = self._loan_holder()
        carriers = self.env["base"]._loan_carriers()
        return guarded if holder._name in carriers else guarded | carriers

    @api.model
    def _loan_people_domain(self, watched):
        """Return a domain of those rows that tell of no contact and no lead that the user may not see."""
        return Domain.AND(self._loan_person_domain(path) for path in watched.people)

    @api.model
    def _loan_person_domain(self, path):
        name, _dot, rest = path.partition(".")
        field = self._fields[name]
        target = self.env[field.comodel_name]
        if rest:
            held = Domain(name, "any!", target._loan_person_domain(rest))
            return held if field.required else held | Domain(name, "=", False)
        seen = target._loan_veil_domain()
        if seen.is_true():
            return seen
        if field.type == "many2one" and target._name == "res.partner" and not self.env.user.share:
            return target._loan_not_hidden_domain(name)
        if field.type == "many2many":
            return Domain(name, "not any!", ~seen)
        return Domain(name, "=", False) | Domain(name, "any!", seen)

    @api.model
    def _loan_holder(self):
        """Return the model whose rows name the document, and its pairs of columns: this one, or its parent."""
        holder = self.env[self._fields[self._loan_parent].comodel_name] if self._loan_parent else self
        return holder, holder._loan_pairs()

    @api.model
    def _loan_hanging_domain(self, domain):
        """Return a domain of those rows that hang on no protected record, or on one that the user may see.

        :param Domain domain: what is searched; what it says of model or id spares asking the others
        """
        holder, pairs = self._loan_holder()
        sight = Domain.AND(
            holder._loan_documents_domain(model_column, number, self._loan_asked(domain, model_column))
            for model_column, number in pairs
        )
        if self._loan_parent and not sight.is_true():
            held = Domain(self._loan_parent, "any!", sight)
            return (
                held
                if self._fields[self._loan_parent].required
                else held | Domain(self._loan_parent, "=", False)
            )
        return sight

    @api.model
    def _loan_documents_domain(self, model_column, number, names):
        """Return a domain of the rows whose document is none of `names`, or one that the user may see.

        Each model is one uncorrelated subquery, which PostgreSQL runs only once it meets a row that asks.

        :param names: of protected models, which the rows that are searched may hang on
        """
        if not names:
            return Domain.TRUE
        sight = Domain(model_column, "not in", sorted(names))
        with self.env.user._loan_duty_kept():
            for name in sorted(names):
                documents = self._loan_documents(name)
                if name in self.env["base"]._loan_carriers():
                    told = documents._loan_told_domain()
                    if told.is_true():
                        sight |= Domain(model_column, "=", name)
                    else:
                        # As superuser: beside what Odoo asks itself, what is asked is the rule.
                        sight |= Domain(model_column, "=", name) & Domain(
                            number, "in", documents.sudo()._search(told)
                        )
                    continue
                if name in self.env["ir.model"]._loan_veiled():
                    # Beside what Odoo asks itself.
                    sight |= Domain(model_column, "=", name) & documents._loan_held_domain(number)
                    continue
                if not documents.has_access("read"):
                    continue
                query = documents._search(Domain.TRUE)
                if not query.is_empty():
                    sight |= Domain(model_column, "=", name) & Domain(number, "in", query)
        return sight

    @api.model
    def _loan_documents(self, name):
        # Archived ones, too, and those of all companies of the reader: a to-do is told whichever is switched on.
        return self.env[name].with_context(active_test=False, allowed_company_ids=[])

    @api.model
    def _loan_asked(self, domain, model_column):
        """Return the names of the protected models that rows of this domain may hang on."""
        protected = self._loan_askable()
        parts = domain.children if isinstance(domain, DomainAnd) else (domain,)
        for part in parts:
            if not isinstance(part, DomainCondition) or part.operator not in ("=", "in"):
                continue
            values = [part.value] if part.operator == "=" else part.value
            if (
                not isinstance(values, (list, tuple, set, frozenset))
                and type(values).__name__ != "OrderedSet"
            ):
                continue
            if part.field_expr == model_column and not self._loan_parent:
                return protected.intersection(values)
            if part.field_expr == "id":
                ids = [id_ for id_ in values if isinstance(id_, int)]
                return {name for _id, name, _number in self.browse(ids)._loan_documents_of(protected)}
        return self._loan_threads() if self._loan_on_threads else protected

    @api.model
    @ormcache()
    def _loan_threads(self):
        return frozenset(
            name for name in self._loan_askable() if "message_follower_ids" in self.env[name]._fields
        )

    def _loan_documents_of(self, names=None):
        """Return `[(id, model, number)]` of those of these rows that hang on a protected record.

        :param names: of the models to ask for; by default the protected ones
        """
        if not self.ids:
            return []
        holder, pairs = self._loan_holder()
        protected = list(self.env["ir.model"]._loan_guarded() if names is None else names)
        found = []
        for model_column, number in pairs:
            holder.flush_model([model_column, number])
            if self._loan_parent:
                self.flush_model([self._loan_parent])
                source = SQL(
                    "%s AS row JOIN %s AS held ON held.id = row.%s",
                    SQL.identifier(self._table),
                    SQL.identifier(holder._table),
                    SQL.identifier(self._loan_parent),
                )
            else:
                source = SQL(
                    "%s AS row JOIN %s AS held ON held.id = row.id", *[SQL.identifier(self._table)] * 2
                )
            found += self.env.execute_query(
                SQL(
                    "SELECT row.id, held.%(model)s, held.%(number)s FROM %(source)s"
                    " WHERE row.id = ANY(%(ids)s) AND held.%(model)s = ANY(%(names)s) AND held.%(number)s > 0",
                    model=SQL.identifier(model_column),
                    number=SQL.identifier(number),
                    source=source,
                    ids=list(self.ids),
                    names=protected,
                )
            )
        return found

    def _loan_hidden(self):
        """Return those of these rows that hang on a protected record which the user may not see."""
        rows = self._loan_documents_of(self._loan_askable())
        if not rows:
            return self.browse()
        hidden = set()
        by_model = {}
        for id_, name, number in rows:
            by_model.setdefault(name, {}).setdefault(number, []).append(id_)
        with self.env.user._loan_duty_kept():
            for name, held in by_model.items():
                documents = self._loan_documents(name).browse(held).exists()
                if name in self.env["base"]._loan_carriers():
                    closed = documents._loan_out_of_sight()
                else:
                    closed = documents - documents._loan_seen_by(self.env.user)
                for document in closed:
                    hidden.update(held[document.id])
        return self.filtered(lambda row: row.id in hidden)

    # ------------------------------------------------------------ what points at a record

    @api.model_create_multi
    def create(self, vals_list):
        watched = None if self.env.su else self._loan_watched()
        if watched:
            self._check_loan_pointers(watched, vals_list)
        records = super().create(vals_list)
        if watched and watched.pairs:
            records._check_loan_pairs(watched)
        if watched and watched.forms:
            records._check_loan_forms(watched)
        return records

    def write(self, vals):
        watched = None if self.env.su else self._loan_watched()
        if watched:
            self._check_loan_pointers(watched, [vals])
        result = super().write(vals)
        # Rights were asked of the document before; it may be another one now.
        if watched and any(name in vals for pair in watched.pairs for name in self._loan_levers(pair)):
            self._check_loan_pairs(watched)
        if watched and watched.forms:
            self._check_loan_forms(watched)
        return result

    def onchange(self, values, field_names, fields_spec):
        if not self.env.su:
            watched = self._loan_watched()
            if watched:
                self._check_loan_pointers(watched, [values])
                for pair in watched.pairs:
                    self._check_loan_unsaved(pair, values)
                for form in watched.forms:
                    self._check_loan_unsaved_form(form, values)
            self._check_loan_lines([values])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_loan_lines(self, vals_list):
        """Refuse lines of a form that is being filled in that point at a hidden record.

        A line that is not saved never meets its own model's `create`, and its related columns are read as superuser.

        :param vals_list: of forms of this model, with commands for their lines
        """
        entered = {}
        for vals in (*vals_list, self._loan_default_lines()):
            for name, commands in vals.items():
                field = self._fields.get(name)
                if not field or field.type not in ("one2many", "many2many"):
                    continue
                for command in commands if isinstance(commands, (list, tuple)) else ():
                    if (
                        isinstance(command, (list, tuple))
                        and len(command) == 3
                        and isinstance(command[2], dict)
                    ):
                        entered.setdefault(field.comodel_name, []).append(command[2])
        for model, lines_vals in entered.items():
            lines = self.env[model]
            if isinstance(lines, self.env.registry["loan.guard.mixin"]):
                lines._check_references(lines_vals)
            if watched := lines._loan_watched():
                lines._check_loan_pointers(watched, lines_vals)
                for pair in watched.pairs:
                    for vals in lines_vals:
                        lines._check_loan_unsaved(pair, vals)
            lines._check_loan_lines(lines_vals)

    @api.model
    def _loan_default_lines(self):
        """Return the values that the context gives for fields of this model, by name."""
        return {
            name.removeprefix("default_"): value
            for name, value in self.env.context.items()
            if name.startswith("default_")
        }

    @api.model
    def _loan_levers(self, pair):
        """Return the names of the fields that move a pair to another document."""
        related = self._fields[pair[0]].related
        return (*pair, related.split(".")[0]) if related else pair

    def _check_loan_pairs(self, watched):
        """Refuse rows that were just written and name a hidden record, or a row that is hidden with one."""
        if self._loan_hidden():
            raise self.env["ir.rule"]._loan_refusal()
        asked = {}
        for row_sudo in self.sudo():  # as superuser: the row's own columns
            for model_column, number in watched.pairs:
                if row_sudo[model_column] and row_sudo[number]:
                    asked.setdefault(row_sudo[model_column], set()).add(row_sudo[number])
        self._check_loan_targets(
            {name: numbers for name, numbers in asked.items() if name not in self._loan_askable()}
        )

    @api.model
    def _check_loan_pointers(self, watched, vals_list):
        """Refuse values, and defaults from the context, that point at a hidden record; an absent one is the same.

        :raise AccessError: in the words of every refusal
        """
        asked = {}
        for name in (*watched.links, *watched.references):
            field = self._fields[name]
            entered = [vals[name] for vals in vals_list if vals.get(name)]
            entered.append(self.env.context.get(f"default_{name}"))
            for value in filter(None, entered):
                if field.type == "reference":
                    model, number = self._loan_reference(value)
                else:
                    model, number = field.comodel_name, field.convert_to_cache(value, self, validate=False)
                if isinstance(number, int) and number:
                    asked.setdefault(model, set()).add(number)
        for name in watched.logins:
            entered = [vals[name] for vals in vals_list if vals.get(name)]
            entered.append(self.env.context.get(f"default_{name}"))
            field = self._fields[name]
            ids = {field.convert_to_cache(value, self, validate=False) for value in filter(None, entered)}
            asked.setdefault("res.users", set()).update(id_ for id_ in ids if isinstance(id_, int))
        self._check_loan_targets(asked)
        for name in watched.rows:
            # A message tells its subject, a file its name and a meeting its title to whoever points at it.
            field = self._fields[name]
            entered = [vals[name] for vals in vals_list if vals.get(name)]
            entered.append(self.env.context.get(f"default_{name}"))
            ids = {field.convert_to_cache(value, self, validate=False) for value in filter(None, entered)}
            rows = self.env[field.comodel_name].browse(id_ for id_ in ids if isinstance(id_, int))
            if rows._loan_hidden() or rows._loan_out_of_sight():
                raise self.env["ir.rule"]._loan_refusal()

    @api.model
    def _loan_reference(self, value):
        model, _comma, number = str(value).partition(",")
        return model, int(number) if number.isdigit() else 0

    @api.model
    def _check_loan_targets(self, asked):
        """Refuse numbers of protected records that are hidden or absent.

        :param asked: `{model: {number}}`; models that are not protected are not asked
        :raise AccessError: in the words of every refusal
        """
        models_ = self.env["ir.model"]
        asked = dict(asked)
        if "res.users" in asked and "res.partner" in models_._loan_guarded():
            # As superuser: a borrower's login bears their name, and may not be seen where they may not.
            users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
            named = Domain("id", "in", list(asked["res.users"])) & Domain("share", "=", True)
            borrowers = users_sudo.search(named).partner_id.ids
            if borrowers:
                asked["res.partner"] = asked.get("res.partner", set()) | set(borrowers)
        for name, numbers in asked.items():
            if name not in models_._loan_guarded():
                # A row that is hidden with a record is named after it, mostly.
                if name in self.env and self.env[name].browse(numbers)._loan_out_of_sight():
                    raise self.env["ir.rule"]._loan_refusal()
                continue
            documents = self._loan_documents(name)
            among = Domain("id", "in", list(numbers))
            if name in models_._loan_veiled():
                # As superuser: Odoo lets one point at any contact and any lead, whatever its own rules say of it.
                documents, among = documents.sudo(), among & documents._loan_veil_domain()
            elif not documents.has_access("read"):
                raise self.env["ir.rule"]._loan_refusal()
            if documents.search_count(among) != len(numbers):
                raise self.env["ir.rule"]._loan_refusal()

    def _check_loan_unsaved(self, pair, values):
        """Refuse a form that is being filled in with a hidden document: it would tell its name before it is saved."""
        model_column, number = pair
        id_ = values.get(number) or self.env.context.get(f"default_{number}")
        if not isinstance(id_, int) or not id_:
            return
        name = values.get(model_column) or self.env.context.get(f"default_{model_column}")
        related = self._fields[model_column].related
        if related:
            lever = related.split(".")[0]
            model_id = values.get(lever) or self.env.context.get(f"default_{lever}")
            if isinstance(model_id, int) and model_id:
                # As superuser: which model a number stands for is no secret.
                name = self.env["ir.model"].sudo().browse(model_id).model
        name = name or self._origin.sudo()[model_column]  # as superuser: the row's own column, see above
        if name:
            self._check_loan_targets({name: {id_}})

    def _check_loan_forms(self, watched):
        """Refuse forms about records that are hidden: what they work out is worked out as superuser."""
        asked = {}
        for form_sudo in self.sudo():  # as superuser: the form's own columns
            for model_column, number in watched.forms:
                numbers = self._loan_numbers(form_sudo[number])
                if form_sudo[model_column] and numbers:
                    asked.setdefault(form_sudo[model_column], set()).update(numbers)
        self._check_loan_targets(asked)

    def _check_loan_unsaved_form(self, form, values):
        """Refuse such a form while it is being filled in, see :meth:`_check_loan_forms`."""
        context, (model_column, number) = self.env.context, form
        names = {
            values.get(model_column),
            context.get(f"default_{model_column}"),
            context.get("active_model"),
            self._origin.sudo()[model_column],  # as superuser, see above
        }
        numbers = self._loan_numbers(values.get(number)) | self._loan_numbers(
            context.get(f"default_{number}")
        )
        numbers |= self._loan_numbers(context.get("active_ids")) | self._loan_numbers(
            context.get("active_id")
        )
        if numbers:
            self._check_loan_targets({name: numbers for name in names if isinstance(name, str)})

    @api.model
    def _loan_numbers(self, value):
        """Return the numbers of records that a form holds: one, a list, or a list as text."""
        return {int(number) for number in re.findall(r"\d+", str(value or ""))} - {0}
