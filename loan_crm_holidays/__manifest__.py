{
    "name": "Loan CRM: Time Off",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "summary": "An approved leave of a relationship manager is covered by itself",
    "author": "Loan CRM",
    "license": "LGPL-3",
    "depends": ["loan_crm", "hr_holidays"],
    "auto_install": True,
    "data": ["views/loan_cover_views.xml"],
    "demo": ["demo/hr_leave_demo.xml"],
}
