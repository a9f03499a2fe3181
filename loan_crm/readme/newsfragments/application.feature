Applications for loans are opportunities of Odoo's CRM that name a loan product, and everything else of CRM stays as it is. The product brings
the list of papers; one letter asks for all that is missing. A stage tells its purpose in the borrower's words, who has it and by when it is left; what is
stuck is marked. One click turns an application into a customer and a draft loan, once. Good payers get a renewal before their loan ends, and the others a
reason. Whoever recommends somebody is credited.
