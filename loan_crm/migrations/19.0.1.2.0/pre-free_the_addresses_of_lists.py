def migrate(cr, version):
    """Free the addresses of lists that another action opens now: an address belongs to one action alone.

    Promises, bounces and hardships were opened by a window each; who opens them is asked first now, by a server action.
    """
    cr.execute(
        """
        UPDATE ir_actions action SET path = NULL
          FROM ir_model_data named
         WHERE named.module = 'loan_crm' AND named.model = 'ir.actions.act_window' AND named.res_id = action.id
           AND named.name IN ('loan_promise_action', 'loan_reminder_bounce_action', 'loan_hardship_action')
        """
    )
