import logging

import psycopg2
from lxml import html
from markupsafe import Markup

from odoo import api, models, tools
from odoo.orm.model_classes import is_model_class
from odoo.tools import safe_eval
from odoo.tools.rendering_tools import parse_inline_template

_logger = logging.getLogger(__name__)

# What the press does in place of Odoo. Whoever changes one of these is to be heard: then Odoo renders.
_REPLACED = {
    "mail.template": (
        "_generate_template",
        "_generate_template_static_values",
        "_classify_per_lang",
        "_render_lang",
        "_render_field",
        "_render_template",
        "_render_template_get_valid_options",
        "_render_template_qweb",
        "_render_template_inline_template",
        "_render_eval_context",
        "_render_template_postprocess",
        "_replace_local_links",
    ),
    "ir.qweb": ("_render", "_render_iterall", "_compile", "_generate_code_cached", "_generate_code_uncached"),
}
# Whose ways the press knows.
_KNOWN = ("base", "mail", "loan_crm")


class _NotPlainError(Exception):
    """A template calls for more than strings put together."""


class LoanLetterPress(models.AbstractModel):
    """Prints many letters from one template: what Odoo renders, to the byte, with each text compiled once.

    Odoo reads and compiles the source of a mail anew for each record. Here it is done once for a language and kept;
    what a template may say is checked by Odoo's own rules when it is compiled. Where anything is out of the ordinary
    (a template that calls others, a record that cannot be rendered, an addon that renders in its own way), Odoo
    renders, with its own messages.
    """

    _name = "loan.letter.press"
    _description = "Letter Press"

    @api.model
    def _overriders(self, replaced, known=_KNOWN):
        """Tell which addons have a say in methods that are about to be bypassed.

        It is looked at each time: an automation rule or a test may patch a model while the server runs.

        :param dict replaced: `{model name: method names}`
        :param known: technical names of the addons whose versions are known
        :return: sorted `addon: model.method`, empty when nobody has
        """
        found = set()
        for model_name, names in replaced.items():
            for cls in type(self.env[model_name]).__mro__:
                for name in names:
                    method = vars(cls).get(name)
                    if method is None:
                        continue
                    # Who wrote the class, and who the method: a patch puts one's method into the other's class.
                    for module in (cls.__module__, getattr(method, "__module__", None) or ""):
                        if is_model_class(cls):
                            # Odoo puts this one together of the others: only a patch defines a method here.
                            found.add(f"patch: {model_name}.{name}")
                        elif not module.startswith("odoo.orm."):
                            addon = module.removeprefix("odoo.addons.").split(".")[0]
                            if addon not in known:
                                found.add(f"{addon}: {model_name}.{name}")
        return sorted(found)

    @api.model
    def _obstacles(self):
        """Tell which addons render in a way of their own, as `_overriders` does."""
        return self._overriders(_REPLACED)

    @api.model
    def _print(self, template, ids, names):
        """Return what a template makes of records, as `mail.template._generate_template` does.

        :param template: `mail.template`
        :param list ids: of records of the template's model
        :param names: fields of the template: texts, and `mail_server_id`
        :return: `{id: {name: value}}`
        """
        if not self._obstacles():
            try:
                return self._print_plain(template, ids, names)
            except psycopg2.Error:
                raise
            except Exception as error:
                # Odoo says what is wrong with it, or can do it.
                _logger.info("Template %s is rendered by Odoo: %r", template.id, error)
        return template._generate_template(ids, names)

    @api.model
    def _print_plain(self, template, ids, names):
        result = {id_: {} for id_ in ids}
        for written, group in self._by_language(template, ids):
            values = self._shared_values(written)
            for name in names:
                if name == "mail_server_id":
                    texts = dict.fromkeys(group, written.mail_server_id.id)
                else:
                    texts = self._print_field(written, name, group, values)
                for id_, text in texts.items():
                    result[id_][name] = text
        return result

    @api.model
    def _by_language(self, template, ids):
        """Return `(template in a language, ids)` for each language of these records."""
        if template.env.context.get("template_preview_lang") or not template.lang:
            return list(template._classify_per_lang(ids).values())
        groups = {}
        for id_, lang in self._print_line(
            template, template.lang, ids, self._shared_values(template)
        ).items():
            groups.setdefault(lang, []).append(id_)
        return [
            (template.with_context(lang=lang) if lang else template, group) for lang, group in groups.items()
        ]

    @api.model
    def _shared_values(self, template):
        """Return what expressions may use besides the record, with formats that remember what they said."""
        values = template._render_eval_context()
        date, amount = values["format_date"], values["format_amount"]
        dates, amounts = {}, {}

        def format_date(value, date_format=False, lang_code=False):
            key = (type(value), value, date_format, lang_code)
            if key not in dates:
                dates[key] = date(value, date_format, lang_code)
            return dates[key]

        def format_amount(value, currency, lang_code=False):
            # By how it is written: 0.0 and -0.0 are equal, and not printed alike.
            key = (repr(value), currency._name, currency.id, lang_code)
            if key not in amounts:
                amounts[key] = amount(value, currency, lang_code)
            return amounts[key]

        return values | {"format_date": format_date, "format_amount": format_amount}

    @api.model
    def _print_field(self, template, name, ids, values):
        field = template._fields[name]
        engine = getattr(field, "render_engine", None) or "inline_template"
        source = template[name]
        if engine == "inline_template":
            return self._print_line(template, source, ids, values)
        texts = self._print_body(template, source, ids, values) if engine == "qweb" else None
        options = getattr(field, "render_options", None) or {}
        if texts is None or set(options) - {"post_process"}:
            raise _NotPlainError(name)
        # Odoo completes links that begin with a slash, in an attribute or a style. Looking for them is its costly part.
        local = {id_: text for id_, text in texts.items() if '="/' in text or "url(" in text}
        if options and local:
            texts |= template._render_template_postprocess(template.render_model, local)
        return texts

    # ------------------------------------------------------------ one line

    @api.model
    def _print_line(self, template, source, ids, values):
        """Return `{id: text}` of a line with `{{ expressions }}`."""
        source = str(source or "")
        if not source or not ids:
            return dict.fromkeys(ids, "")
        plain, pieces = self._set_line(source, template.render_model)
        if plain:
            return template._render_template_inline_template_regex(source, template.render_model, ids)
        if not template._unrestricted_rendering:
            raise _NotPlainError(source)
        values = dict(values)
        safe_eval.check_values(values)
        values["__builtins__"] = dict(safe_eval._BUILTINS)
        texts = {}
        for record in template.env[template.render_model].browse(ids):
            values["object"] = record
            text = []
            for literal, code, default in pieces:
                text.append(literal)
                if code and (value := safe_eval.unsafe_eval(code, values, None) or default):
                    text.append(str(value))
            texts[record.id] = "".join(text)
        return texts

    @api.model
    @tools.ormcache("source", "model", cache="templates")
    def _set_line(self, source, model):
        """Take a line to pieces: whether it names fields only, and `(literal, compiled expression, default)` of each.

        Expressions pass the same check as with `safe_eval`, once.
        """
        pieces = []
        for literal, expression, default in parse_inline_template(source):
            code = None
            if expression:
                code = safe_eval.compile_codeobj(expression, mode="eval")
                safe_eval.assert_valid_codeobj(safe_eval._SAFE_OPCODES, code, expression)
            pieces.append((literal, code, default))
        unsafe = self.env["mail.template"]._has_unsafe_expression_template_inline_template(source, model)
        return not unsafe, pieces

    # ------------------------------------------------------------ a body

    @api.model
    def _print_body(self, template, source, ids, values):
        """Return `{id: markup}` of a body in QWeb."""
        if not source or not ids:
            return dict.fromkeys(ids, "")
        engine = self.env["ir.qweb"].with_env(template.env)
        options = engine._get_template_cache_keys()
        functions, name = self.with_env(template.env)._set_body(
            str(source), template.render_model, tuple(engine.env.context.get(key) or False for key in options)
        )
        if not functions:
            return template._render_template_qweb_regex(source, template.render_model, ids)
        if not template._unrestricted_rendering:
            raise _NotPlainError(name)
        values = dict(values)
        engine = engine._prepare_environment(values).with_context(
            __qweb_loaded_functions=dict(functions),
            __qweb_loaded_codes={},
            __qweb_loaded_options={},
            _qweb_error_path_xml=[None, None, None],
        )
        safe_eval.check_values(values)
        texts = {}
        for record in template.env[template.render_model].browse(ids):
            own = dict(values, object=record)
            root = dict(own)
            own["__qweb_root_values"] = root["__qweb_root_values"] = root
            # A piece that is no string calls another template: joining says so.
            try:
                text = "".join(functions[name](engine, own))
            except TypeError as error:
                raise _NotPlainError(name) from error
            # Without the element that Odoo puts around a body. QWeb has escaped what is no markup.
            texts[record.id] = Markup(text[5:-6])  # noqa: S704
        return texts

    @api.model
    @tools.ormcache("source", "model", "options", cache="templates")
    def _set_body(self, source, model, options):
        """Compile a body once.

        :param tuple options: the values of what QWeb keeps compiled code apart by
        :return: its functions and the name of the first; none of a body that names fields only
        """
        if not self.env["mail.template"]._has_unsafe_expression_template_qweb(source, model):
            return None, None
        functions, name, _options = (
            self.env["ir.qweb"]
            .with_context(
                __qweb_loaded_functions={},
                __qweb_loaded_codes={},
                __qweb_loaded_options={},
                _qweb_error_path_xml=[None, None, None],
                dev_mode=False,
            )
            ._generate_code_uncached(html.fragment_fromstring(source, create_parent="div"))
        )
        return functions, name
