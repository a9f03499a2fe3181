def migrate(cr, version):
    """Add the columns that follow from others by one statement each: Odoo would write every loan, customer and lead.

    Nobody takes a customer over yet, and no lead names a loan product; a customer is served where their contact lives.
    Nothing has a confidentiality level yet: customers are internal, whose rank is 1.
    """
    cr.execute("ALTER TABLE loan_customer ADD COLUMN IF NOT EXISTS loan_level integer DEFAULT 1")
    cr.execute("ALTER TABLE loan_customer ALTER COLUMN loan_level DROP DEFAULT")
    cr.execute("ALTER TABLE loan_contract ADD COLUMN IF NOT EXISTS loan_level integer DEFAULT 0")
    cr.execute("ALTER TABLE loan_contract ALTER COLUMN loan_level DROP DEFAULT")
    cr.execute("ALTER TABLE loan_contract ADD COLUMN IF NOT EXISTS incoming_user_id integer")
    cr.execute("ALTER TABLE loan_customer ADD COLUMN IF NOT EXISTS incoming_user_id integer")
    cr.execute("ALTER TABLE crm_lead ADD COLUMN IF NOT EXISTS loan_level integer DEFAULT 0")
    cr.execute("ALTER TABLE crm_lead ALTER COLUMN loan_level DROP DEFAULT")
    cr.execute("ALTER TABLE crm_lead ADD COLUMN IF NOT EXISTS loan_kind varchar")
    cr.execute("ALTER TABLE loan_customer ADD COLUMN IF NOT EXISTS region_id integer")
    cr.execute(
        """
        UPDATE loan_customer customer
           SET region_id = partner.state_id
          FROM res_partner partner
         WHERE partner.id = customer.partner_id AND partner.state_id IS NOT NULL AND customer.region_id IS NULL
        """
    )
    # `(manager_user_id, id)` takes its place, and Odoo would keep both.
    cr.execute("DROP INDEX IF EXISTS loan_customer__manager_user_id_index")
