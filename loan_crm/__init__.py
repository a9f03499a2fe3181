from odoo.tools import SQL

from . import controllers
from . import models
from . import report
from . import wizard


def post_init_hook(env):
    """Try the shipped letters on made-up borrowers, now that their translations are there, too."""
    env["mail.template"]._cron_check_loan_letters()


def uninstall_hook(env):
    """Empty the tables in an order they allow, so that Odoo can drop them without tripping over their links."""
    env.cr.execute(
        "UPDATE res_company SET loan_reminder_policy_id = NULL, loan_calendar_id = NULL, loan_head_user_id = NULL"
    )
    env.cr.execute("UPDATE loan_customer SET referred_by_id = NULL")
    env.cr.execute("UPDATE crm_lead SET loan_product_id = NULL, loan_segment_id = NULL")
    # What is with who acts for somebody is theirs again: nobody else would give it back.
    env.cr.execute(
        """
        UPDATE crm_lead SET user_id = loan_cover_from_id
         WHERE loan_cover_to_id = user_id AND loan_cover_from_id IS NOT NULL
        """
    )
    # Applications stay in Odoo's CRM; stages and teams that came with the demo go.
    ours = {
        model: SQL("(SELECT res_id FROM ir_model_data WHERE module = 'loan_crm' AND model = %s)", model)
        for model in ("crm.stage", "crm.team")
    }
    env.cr.execute(
        SQL(
            """
            UPDATE crm_lead
               SET stage_id = (SELECT id FROM crm_stage WHERE id NOT IN %(ours)s ORDER BY sequence, id LIMIT 1)
             WHERE stage_id IN %(ours)s
            """,
            ours=ours["crm.stage"],
        )
    )
    env.cr.execute(SQL("UPDATE crm_lead SET team_id = NULL WHERE team_id IN %s", ours["crm.team"]))
    env.cr.execute(SQL("DELETE FROM crm_stage_crm_team_rel WHERE crm_team_id IN %s", ours["crm.team"]))
    env.cr.execute("DROP FUNCTION IF EXISTS loan_access_keep() CASCADE")  # and with it what refuses to delete
    for table in (
        "loan_data_request",
        "loan_consent",
        "loan_consent_purpose",
        "loan_access_review",
        "loan_notice_receipt",
        "loan_notice",
        "loan_breach",
        "loan_breach_kind",
        "loan_training_record",
        "loan_training",
        "loan_nda",
        "loan_nda_text",
        "loan_access_log",
        "loan_access_head",
        "loan_access_unusual",
        "loan_access_proof",
        "loan_lead_document",
        "loan_night_failure",
        "loan_night",
        "loan_access_campaign_line",
        "loan_access_campaign",
        "loan_access_grant",
        "loan_access_deal",
        "loan_access_template_line",
        "loan_access_template",
        "loan_wall",
        "loan_handover_item",
        "loan_handover",
        "loan_handover_check",
        "loan_reminder_bounce",
        "loan_recovery_call",
        "loan_recovery_plan",
        "loan_recovery_limit",
        "loan_commitment",
        "loan_commitment_kind",
        "loan_interaction",
        "loan_interaction_type",
        "loan_promise",
        "loan_reminder",
        "loan_response",
        "loan_voice_quote",
        "loan_voice_report",
        "loan_improvement",
        "loan_survey_score",
        "loan_survey_request",
        "loan_survey_rule",
        "loan_case_extension",
        "loan_case_task",
        "loan_case_source",
        "loan_case_pause",
        "loan_case_clock",
        "loan_case",
        "loan_case_script",
        "loan_case_answer",
        "loan_case_category",
        "loan_case_cause",
        "loan_case_team",
        "loan_sla_extension",
        "loan_sla_policy",
        "loan_hardship",
        "loan_agreement_signer",
        "loan_agreement",
        "loan_agreement_text",
        "loan_reminder_hold",
        "loan_reminder_round",
        "loan_repayment_allocation",
        "loan_installment",
        "loan_schedule_version",
        "loan_contract_event",
        "loan_repayment",
        "loan_arrears_change",
        "loan_contract_party",
        "loan_cover_task",
        "loan_contract",
        "loan_assignment",
        "loan_service_occasion",
        "loan_customer_tier_change",
        "loan_customer_erasure",
        "loan_customer_fact",
        "loan_customer_document",
        "loan_customer_relation",
        "loan_customer",
        "loan_customer_tier_criterion",
        "loan_conflict",
        "loan_manager",
        "loan_fact_type",
        "loan_document_type",
        "loan_customer_relation_type",
        "loan_customer_tag",
        "loan_dialect",
        "loan_customer_tier",
        "loan_service_plan_step",
        "loan_service_plan",
        "loan_customer_segment",
        "loan_product",
        "loan_arrears_bucket",
        "loan_asset_class",
        "loan_reminder_policy",
        "loan_calendar_day",
        "loan_calendar",
        "loan_reference_rate_value",
        "loan_reference_rate",
    ):
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))
    env.invalidate_all()
