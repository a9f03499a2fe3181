from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let each customer who has a manager begin their history of managers, from the day their profile was made.

    Let them be internal, as new ones are. And let the to-do to answer a mail stand on a customer's page, too: its kind
    was for loans alone.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["loan.assignment"]._begin()
    answer = env.ref("loan_crm.mail_activity_type_answer", raise_if_not_found=False)
    if answer and answer.res_model == "loan.contract":
        answer.res_model = False
    internal = env.ref("loan_crm.loan_confidentiality_level_internal")
    cr.execute("UPDATE loan_customer SET level_id = %s WHERE level_id IS NULL", [internal.id])
    internal._note_used()
    # What was promised by a to-do that is still open stands in the ledger from now on.
    kind = env.ref("loan_crm.mail_activity_type_promised", raise_if_not_found=False)
    if kind:
        env["loan.commitment"]._adopt(
            env["mail.activity"].search(
                [
                    ("activity_type_id", "=", kind.id),
                    ("res_model", "in", ("loan.customer", "loan.contract")),
                    (
                        "id",
                        "not in",
                        env["loan.commitment"].search([("activity_id", "!=", False)]).activity_id.ids,
                    ),
                ]
            )
        )
