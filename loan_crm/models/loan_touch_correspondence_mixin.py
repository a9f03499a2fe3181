from odoo import api, models
from odoo.tools import SQL
from odoo.tools.mail import html_to_inner_content


class LoanTouchCorrespondenceMixin(models.AbstractModel):
    """What was said to a customer, by them and of them: mails, notes, calls, visits, to-dos, answers to surveys."""

    _name = "loan.touch.correspondence.mixin"
    _inherit = ["loan.touch.branch.mixin"]
    _description = "Touches: Correspondence"
    _depends = {
        "loan.case": ["about_user_id", "loan_level"],
        "loan.contract": ["company_id", "customer_id"],
        "loan.customer": ["company_id"],
        "loan.hardship": ["company_id", "contract_id", "customer_id"],
        "loan.interaction": [
            "activity_id",
            "company_id",
            "contract_id",
            "customer_id",
            "date",
            "direction",
            "note",
            "user_id",
        ],
        "loan.reminder": ["message_id"],
        "loan.survey.request": ["case_id", "user_input_id"],
        "mail.activity": ["active", "date_done", "feedback", "res_id", "res_model", "summary", "user_id"],
        "mail.message": [
            "author_id",
            "body",
            "date",
            "is_internal",
            "message_type",
            "model",
            "res_id",
            "subject",
            "subtype_id",
        ],
        "mail.notification": ["mail_message_id", "notification_type", "res_partner_id"],
        "res.partner": ["partner_share"],
        "survey.survey": ["restrict_user_ids", "title"],
        "survey.user_input": ["end_datetime", "partner_id", "state", "survey_id", "test_entry"],
    }

    @api.model
    def _touch_branches(self):
        return {
            **super()._touch_branches(),
            "message": self._message_branch(),
            "activity": self._activity_branch(),
            "talk": self._talk_branch(),
            "survey": self._survey_branch(),
        }

    # ------------------------------------------------------------ where it stands

    @api.model
    def _documents(self):
        """Return on which models messages and to-dos about a customer stand, with the SQL of their loan."""
        return {
            "loan.customer": SQL("NULL::int"),
            "loan.contract": SQL("document.id"),
            "loan.hardship": SQL("document.contract_id"),
        }

    @api.model
    def _places_sql(self):
        """Return the SQL of the records that messages and to-dos about a customer stand on."""
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s::varchar AS model, document.id AS res_id, %s AS customer_id, %s AS contract_id, "
                "document.company_id FROM %s document",
                model,
                SQL("document.id") if model == "loan.customer" else SQL("document.customer_id"),
                contract,
                SQL.identifier(self.env[model]._table),
            )
            for model, contract in self._documents().items()
        )

    @api.model
    def _plain_sql(self, html):
        """Return the SQL of the words of a text with marks."""
        return SQL(r"regexp_replace(%s, '(<[^>]*>|&nbsp;|\s)+', ' ', 'g')", html)

    # ------------------------------------------------------------ mails and notes

    @api.model
    def _message_branch(self):
        # Asked of a table each by itself, so that it is asked of the rows of a page and not of all.
        inside = SQL(
            """
            (message.is_internal
             OR (SELECT subtype.internal FROM mail_message_subtype subtype WHERE subtype.id = message.subtype_id))
            """
        )
        outside = SQL(
            "COALESCE((SELECT author.partner_share FROM res_partner author WHERE author.id = message.author_id), FALSE)"
        )
        written = SQL(
            """
            EXISTS (SELECT FROM mail_notification notification
                      JOIN res_partner hearer ON hearer.id = notification.res_partner_id
                     WHERE notification.mail_message_id = message.id
                       AND notification.notification_type = 'email'
                       AND hearer.partner_share)
            """
        )
        is_note = SQL(
            "message.message_type = 'comment' AND (%s OR NOT %s AND NOT %s)", inside, outside, written
        )
        return {
            "number": 1,
            "kinds": ("mail", "note", "sms"),
            "model": "mail.message",
            "told": self._tell_message,
            "from": SQL(
                """
                (%s) AS place
                JOIN mail_message message ON message.model = place.model AND message.res_id = place.res_id
                """,
                self._places_sql(),
            ),
            # What a reminder wrote stands there as a reminder.
            "where": SQL(
                """
                message.model IN %s AND message.message_type IN %s
                AND NOT (message.message_type IN ('email_outgoing', 'sms')
                         AND EXISTS (SELECT FROM loan_reminder told WHERE told.message_id = message.id))
                """,
                tuple(self._documents()),
                ("email", "email_outgoing", "comment", "auto_comment", "sms"),
            ),
            "source_id": SQL("message.id"),
            "date": SQL("message.date"),
            "kind": SQL(
                "CASE WHEN message.message_type = 'sms' THEN 'sms' WHEN %s THEN 'note' ELSE 'mail' END",
                is_note,
            ),
            "direction": SQL(
                """
                CASE WHEN %s THEN NULL
                     WHEN message.message_type = 'email' AND message.author_id IS NULL OR %s THEN 'in'
                     ELSE 'out' END
                """,
                is_note,
                outside,
            ),
            "customer": SQL("place.customer_id"),
            "contract": SQL("place.contract_id"),
            "company": SQL("place.company_id"),
            "author": SQL("message.author_id"),
            "words": SQL("concat_ws(' ', message.subject, %s)", self._plain_sql(SQL("message.body"))),
            "raw": SQL("concat_ws(' ', message.subject, message.body)"),
        }

    @api.model
    def _tell_message(self, message):
        return [message.subject, self._short(html_to_inner_content(message.body))]

    # ------------------------------------------------------------ talks and to-dos

    @api.model
    def _talk_branch(self):
        return {
            "number": 7,
            "kinds": ("talk",),
            "model": "loan.interaction",
            "told": self._tell_talk,
            "from": SQL("loan_interaction talk"),
            "where": SQL("TRUE"),
            "source_id": SQL("talk.id"),
            "date": SQL("talk.date"),
            "direction": SQL("talk.direction"),
            "customer": SQL("talk.customer_id"),
            "contract": SQL("talk.contract_id"),
            "company": SQL("talk.company_id"),
            "author": self._partner_sql(SQL("talk.user_id")),
            "words": self._plain_sql(SQL("talk.note")),
        }

    @api.model
    def _tell_talk(self, talk):
        return [
            talk.type_id.name,
            not talk.reached and self.env._("nobody reached"),
            talk.partner_id != talk.customer_id.partner_id and talk.partner_id.name,
            talk.minutes and self.env._("%s min", talk.minutes),
            html_to_inner_content(talk.note),
            talk.next_step and self.env._("Next: %s", talk.next_step),
        ]

    @api.model
    def _activity_branch(self):
        # Odoo keeps the day it was done; the last change of that day is its moment.
        same_day = SQL("abs(activity.write_date::date - activity.date_done) <= 1")
        return {
            "number": 2,
            "kinds": ("task",),
            "model": "mail.activity",
            "told": self._tell_activity,
            "from": SQL(
                """
                (%s) AS place
                JOIN mail_activity activity ON activity.res_model = place.model AND activity.res_id = place.res_id
                """,
                self._places_sql(),
            ),
            # What a talk settled stands there as a talk, and what we promised as a word that was kept.
            "where": SQL(
                """
                NOT activity.active AND activity.date_done IS NOT NULL
                AND NOT EXISTS (SELECT FROM loan_interaction settled WHERE settled.activity_id = activity.id)
                AND NOT EXISTS (SELECT FROM loan_commitment kept WHERE kept.activity_id = activity.id)
                """
            ),
            "source_id": SQL("activity.id"),
            "date": SQL(
                "CASE WHEN %s THEN activity.write_date ELSE %s END",
                same_day,
                self._noon_sql(SQL("activity.date_done"), SQL("place.company_id")),
            ),
            "all_day": SQL("NOT %s", same_day),
            "customer": SQL("place.customer_id"),
            "contract": SQL("place.contract_id"),
            "company": SQL("place.company_id"),
            "author": self._partner_sql(SQL("activity.user_id")),
            "words": SQL("concat_ws(' ', activity.summary, activity.feedback)"),
        }

    @api.model
    def _tell_activity(self, activity):
        summary = activity.summary if activity.summary != activity.activity_type_id.name else False
        return [activity.activity_type_id.name, summary, activity.feedback]

    # ------------------------------------------------------------ surveys

    @api.model
    def _survey_branch(self):
        return {
            **self._contact_branch(),
            "number": 0,
            "kinds": ("survey",),
            "model": "survey.user_input",
            "told": self._tell_survey,
            "from": SQL(
                """
                %s customer
                JOIN survey_user_input answer ON answer.partner_id = customer.partner_id
                """,
                self._contacts_sql(),
            ),
            # A survey that is kept to some people is not even named to others, nor one about a case kept to few.
            "where": SQL(
                """
                answer.state = 'done' AND answer.test_entry IS NOT TRUE
                AND (NOT EXISTS (SELECT FROM res_users_survey_survey_rel kept
                                  WHERE kept.survey_survey_id = answer.survey_id)
                     OR EXISTS (SELECT FROM res_users_survey_survey_rel kept
                                 WHERE kept.survey_survey_id = answer.survey_id AND kept.res_users_id = %s))
                AND NOT EXISTS (SELECT FROM loan_survey_request asked
                                  JOIN loan_case kept ON kept.id = asked.case_id
                                 WHERE asked.user_input_id = answer.id
                                   AND (kept.about_user_id IS NOT NULL OR kept.loan_level > 0))
                """,
                self.env.uid,
            ),
            "source_id": SQL("answer.id"),
            "date": SQL("COALESCE(answer.end_datetime, answer.create_date)"),
            "direction": SQL("'in'"),
            "author": SQL("answer.partner_id"),
            "words": SQL(
                "(SELECT told.title::text FROM survey_survey told WHERE told.id = answer.survey_id)"
            ),
        }

    @api.model
    def _tell_survey(self, answer):
        return [answer.survey_id.title, self.env._("answered")]
