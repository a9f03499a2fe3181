from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date, format_datetime

from ..core import learning, scores

# So many fit the page; more are kept, for not everybody may read each.
_QUOTES = 6


class LoanVoiceSheetMixin(models.AbstractModel):
    """A report's figures in words and tables, in the language of whoever reads or prints it; nothing is counted."""

    _name = "loan.voice.sheet.mixin"
    _description = "Page of a Report"

    sheet_html = fields.Html("Report", compute="_compute_sheet_html", sanitize=False)

    @api.depends("figures", "state", "quote_ids")
    @api.depends_context("lang", "uid", "tz")
    def _compute_sheet_html(self):
        for report in self:
            if not report.figures:
                report.sheet_html = False
                continue
            page = self.env["ir.qweb"]._render(
                "loan_crm.loan_voice_page", {"sheet": report._sheet(), "quotes": report._quotes()}
            )
            report.sheet_html = Markup('<div class="o_loan_voice">%s</div>') % page

    def _quotes(self):
        """Return what the reader may read of what customers said: list of `{text, about}`."""
        quotes = self.env["loan.voice.quote"]
        if not quotes.has_access("read") or not isinstance(self.id, int):
            return []
        chosen, said = [], set()
        for quote in quotes.search([("report_id", "=", self.id)]):
            if quote.text not in said and len(chosen) < _QUOTES:
                said.add(quote.text)
                chosen.append({"text": quote.text, "about": quote.about})
        return chosen

    # ------------------------------------------------------------ small words

    def _period_told(self):
        """Return which month or quarter it is."""
        if self.period == "quarter":
            return self.env._(
                "Quarter %(number)s of %(year)s",
                number=(self.date_from.month + 2) // 3,
                year=str(self.date_from.year),
            )
        return format_date(self.env, self.date_from, date_format=self.env._("MMMM yyyy"))

    def _few_told(self):
        return self.env._("fewer than %s", self.figures["least"])

    def _or_few(self, count):
        return self._few_told() if count is None else str(count)

    def _percent_told(self, share):
        return self.env._("%s%%", round(share * 100))

    def _labels(self, model, field):
        return dict(self.env[model]._fields[field]._description_selection(self.env))

    @api.model
    def _called(self, model, number, names):
        """Return what something was called when it was counted, in the reader's language.

        Where it is called the same today, today's translation tells it; where somebody gave it another name since, it
        keeps the one it had.

        :param str model: `loan.case.category` or `loan.case.cause`
        :param int number: its id
        :param dict names: what it was called then, by language
        """
        names = names or {}
        # As superuser: a name of the house's own.
        record_sudo = self.env[model].sudo().browse(number).exists()
        if record_sudo and record_sudo.with_context(lang="en_US").display_name == names.get("en_US"):
            return record_sudo.display_name
        return names.get(self.env.lang) or names.get("en_US") or "—"

    def _key_told(self, column, key):
        """Return the name of something that was counted, as it was called then."""
        if key == learning.OTHER:
            return self.env._("Others, each too few to stand alone")
        if not key:
            return {
                "category": self.env._("No category yet"),
                "cause": self.env._("Cause not found yet"),
                "severity": self.env._("Not severe by itself"),
                "outcome": self.env._("Without an outcome"),
            }.get(column, self.env._("Not known"))
        if column in ("category", "cause"):
            return self._called(
                f"loan.case.{column}", key, self.figures["names"].get(column, {}).get(str(key))
            )
        model = "loan.recovery.plan" if column == "outcome" else "loan.case"
        return self._labels(model, column).get(key, key)

    # ------------------------------------------------------------ the page

    def _sheet(self):
        """Return the page as plain values, all of them words: title, tiles and sections of tables."""
        self.ensure_one()
        now, before = self.figures["now"], self.figures["before"]
        sections = [
            self._sheet_cases(now, before),
            self._sheet_clocks(now, before),
            self._sheet_pareto("category", self.env._("What Complaints Are About"), now),
            self._sheet_pareto("cause", self.env._("Why: Root Causes of Complaints"), now),
            self._sheet_answers(now, before),
            self._sheet_words(now, before),
        ]
        return {
            "title": self._period_told(),
            "company": self.company_id.name,
            "span": self.env._(
                "%(first)s to %(last)s, compared with the time before from %(before)s",
                first=format_date(self.env, self.date_from),
                last=format_date(self.env, self.date_to),
                before=format_date(self.env, self.figures["before_from"]),
            ),
            "standing": self._standing_told(),
            "tiles": self._sheet_tiles(now, before),
            "sections": [section for section in sections if section["rows"] or section["note"]],
            "trend": self._sheet_trend(),
            "improvements": self._sheet_improvements(),
            "least": self.figures["least"],
        }

    def _standing_told(self):
        if self.state != "issued":
            return self.env._("A draft, counted until now")
        return self.env._(
            "Issued on %(moment)s by %(user)s",
            moment=format_datetime(self.env, self.issued_at, dt_format="short"),
            user=self.issued_user_id.sudo().name,  # as superuser: a colleague's name
        )

    def _sheet_tiles(self, now, before):
        tiles = []
        for label, name in ((self.env._("Cases"), "total"), (self.env._("Complaints"), "complaints")):
            value, past = now["cases"][name], before["cases"][name]
            if name == "total" and value is None and now["cases"]["complaints"] is not None:
                continue  # the rest would be too small to tell, see `_measure_cases`
            hidden = name == "total" and past is None and before["cases"]["complaints"] is not None
            tiles.append(
                {
                    "label": label,
                    "value": self._or_few(value),
                    "note": "" if hidden else self.env._("before: %s", self._or_few(past)),
                }
            )
        complaints = now["cases"]["complaints"]
        if complaints is not None and now["loan_days"]:
            rate = complaints / now["loan_days"] * now["days"] * 1000
            tiles.append(
                {
                    "label": self.env._("Complaints of 1,000 Loans"),
                    "value": self._number_told(rate, 1),
                    "note": self._change_told(complaints, before["cases"]["complaints"], now, before),
                }
            )
        values = {dimension: (value, people) for dimension, value, people in now["answers"]["dimensions"]}
        value, people = values.get(scores.RECOMMEND, (None, 0))
        tiles.append(
            {
                "label": self.env._("Net Promoter Score"),
                "value": self._number_told(value, 0) if value is not None else "–",
                "note": self.env._("of %s answers", self._or_few(people)),
            }
        )
        words = now["words"]
        tiles.append(
            {
                "label": self.env._("Promises Kept in Time"),
                "value": self._percent_told(words[0] / words[1]) if words else "–",
                "note": self.env._("of %s", words[1]) if words else self._few_told(),
            }
        )
        return tiles

    def _change_told(self, count, earlier, now, before):
        """Return how a number compares with the time before, over the loans that ran."""
        if count is None or earlier is None:
            return self.env._("Too few to tell")
        return self._verdict_told(learning.change((earlier, before["loan_days"]), (count, now["loan_days"])))

    def _sheet_cases(self, now, before):
        rows = []
        for column in ("kind", "severity"):
            earlier = dict(map(tuple, before["cases"][column]))
            counts = now["cases"][column]
            if [key for key, _count in counts] == [learning.OTHER]:
                continue  # all of them together say nothing that is not told above
            for key, count in counts:
                told = self._key_told(column, key)
                if column == "severity":
                    told = self.env._("Complaint: %s", told)
                past = earlier.get(key)
                compared = "" if key == learning.OTHER else self._change_told(count, past, now, before)
                rows.append([told, str(count), "–" if past is None else str(past), compared])
        return {
            "title": self.env._("What Came In"),
            "columns": ["", self.env._("Now"), self.env._("Before"), self.env._("Compared, over the Loans")],
            "rows": rows,
            "note": "" if rows else self.env._("Too few of each kind came in to tell them apart."),
        }

    def _sheet_clocks(self, now, before):
        labels = self._labels("loan.sla.policy", "measure")
        earlier = {(measure, regulator): (met, total) for measure, regulator, met, total in before["clocks"]}
        rows = []
        for measure, regulator, met, total in now["clocks"]:
            name = labels.get(measure, measure)
            if regulator:
                name = self.env._("%s, as a regulator sets it", name)
            past_met, past = earlier.get((measure, regulator), (None, None))
            rows.append(
                [
                    name,
                    self._share_told(met, total),
                    self._or_few(total),
                    self._percent_told(past_met / past) if past else "–",
                ]
            )
        notes = []
        for name, label in (
            (
                "response",
                self.env._(
                    "Half of the complaints were first answered within %(hours)s hours (of %(count)s)."
                ),
            ),
            (
                "solution",
                self.env._("Half of them were solved within %(hours)s hours (of %(count)s)."),
            ),
        ):
            if speed := now["speed"][name]:
                notes.append(label % {"hours": self._number_told(speed[0], 1), "count": speed[1]})
        return {
            "title": self.env._("Answered and Solved in Time"),
            "columns": ["", self.env._("In Time"), self.env._("Counted"), self.env._("Before")],
            "rows": rows,
            "note": " ".join(notes),
        }

    def _share_told(self, hits, count):
        """Return a share with its interval, or that there are too few."""
        if not count:
            return self.env._("Too few to tell")
        low, high = learning.wilson(hits, count)
        return self.env._(
            "%(share)s (%(low)s to %(high)s)",
            share=self._percent_told(hits / count),
            low=self._percent_told(low),
            high=self._percent_told(high),
        )

    def _sheet_pareto(self, column, title, now):
        rows = learning.pareto(dict(now["cases"][column]))
        # What stands together is no weak spot of its own, however many it is: it comes last.
        rows = sorted(rows, key=lambda row: row.key == learning.OTHER)
        cells, summed = [], 0.0
        for row in rows:
            summed += row.share
            cells.append(
                [
                    self._key_told(column, row.key),
                    str(row.count),
                    self._percent_told(row.share),
                    self._percent_told(summed),
                ]
            )
        return {
            "title": title,
            "columns": ["", self.env._("Complaints"), self.env._("Share"), self.env._("Up to Here")],
            "rows": cells,
            "widths": [round(row.share * 100) for row in rows],
            "note": "" if cells else self.env._("Too few complaints to sort them."),
        }

    def _sheet_answers(self, now, before):
        labels = self._labels("loan.survey.score", "dimension")
        earlier = {dimension: value for dimension, value, _people in before["answers"]["dimensions"]}
        rows = []
        for dimension, value, people in now["answers"]["dimensions"]:
            recommend = dimension == scores.RECOMMEND
            told = [
                "–"
                if each is None
                else self._number_told(each, 0)
                if recommend
                else self._percent_told(each / 100)
                for each in (value, earlier.get(dimension))
            ]
            name = self.env._("Net Promoter Score") if recommend else labels.get(dimension, dimension)
            rows.append([name, told[0], self._or_few(people), told[1]])
        asked, answered = now["answers"]["asked"], now["answers"]["answered"]
        if asked and answered is not None:
            note = self.env._(
                "Of %(asked)s who were asked and whose time is over, %(answered)s answered: %(share)s.",
                asked=asked,
                answered=answered,
                share=self._share_told(answered, asked),
            )
        elif asked == 0:
            note = self.env._("Nobody was asked in this time.")
        else:
            note = self.env._("Too few were asked to tell how many answer.")
        return {
            "title": self.env._("How Content Customers Are"),
            "columns": ["", self.env._("Mean"), self.env._("Answers"), self.env._("Before")],
            "rows": rows,
            "note": note,
        }

    def _sheet_words(self, now, before):
        rows = []
        for measured in (now,):
            words, past = measured["words"], before["words"]
            rows.append(
                [
                    self.env._("Our promises kept in time"),
                    self._share_told(*words) if words else self.env._("Too few to tell"),
                    self._percent_told(past[0] / past[1]) if past else "–",
                ]
            )
            rows += [
                [
                    self.env._("Recovery: %s", self._key_told("outcome", key)),
                    str(count),
                    str(dict(map(tuple, before["recovery"]["outcomes"])).get(key, "–")),
                ]
                for key, count in measured["recovery"]["outcomes"]
            ]
            for currency, cost in measured["recovery"]["costs"]:
                currency_sudo = self.env["res.currency"].sudo().browse(currency)  # as superuser: a sign
                rows.append([self.env._("What recovery cost"), currency_sudo.format(cost), ""])
        note = ""
        if not now["recovery"]["outcomes"]:
            note = self.env._("Recovery plans closed: %s.", self._or_few(now["recovery"]["closed"]))
        return {
            "title": self.env._("Promises and Recovery"),
            "columns": ["", self.env._("Now"), self.env._("Before")],
            "rows": rows,
            "note": note,
        }

    def _sheet_trend(self):
        """Return the months of the trend: name, number, rate of 1,000 loans with its interval, place on a track."""
        result = []
        for first, count, base in self.figures["trend"]:
            day = fields.Date.to_date(first)
            month = {
                "name": format_date(self.env, day, date_format=self.env._("MMM yyyy")),
                "count": self._or_few(count),
            }
            if count is not None and base:
                rate = learning.rate(count, base)
                month.update(
                    {name: getattr(rate, name) * 30 * 1000 for name in ("value", "low", "high")},
                    told=self._number_told(rate.value * 30 * 1000, 1),
                    interval=self.env._(
                        "%(low)s to %(high)s",
                        low=self._number_told(rate.low * 30 * 1000, 1),
                        high=self._number_told(rate.high * 30 * 1000, 1),
                    ),
                )
            result.append(month)
        while result and result[0]["count"] == "0":
            result.pop(0)
        highest = max((month.get("high", 0) for month in result), default=0)
        for month in result:
            if highest and "high" in month:
                month["left"] = round(month["low"] / highest * 100)
                month["width"] = max(1, round((month["high"] - month["low"]) / highest * 100))
                month["mark"] = round(month["value"] / highest * 100)
        return result

    def _sheet_improvements(self):
        verdicts = self._labels("loan.improvement", "verdict")
        rows = []
        for each in self.figures["improvements"]:
            ratio = ""
            if each["verdict"] and each["ratio"]:
                ratio, low, high = (self._number_told(value) for value in each["ratio"])
                ratio = self.env._(
                    "%(ratio)s times as often (%(low)s to %(high)s)", ratio=ratio, low=low, high=high
                )
            rows.append(
                [
                    each["name"],
                    format_date(self.env, each["done_on"]) if each["done_on"] else "",
                    verdicts.get(each["verdict"], self.env._("Not measured yet")),
                    ratio,
                ]
            )
        return rows
