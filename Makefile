# Loan CRM. Each command is a line into dev/ (python3 -m dev <command>), which explains itself.
#
#   make run                       Odoo 19 with a demo, and the first reminders in the catcher
#   make run PORT=8090             on another port
#   make test                      lint, core, Odoo tests with browser tours, install/upgrade/uninstall
#   make test T=loan_crm/tests/test_loan_contract.py     one file, in seconds
.DEFAULT_GOAL := help
PYTHON ?= python3
DEV := $(PYTHON) -m dev

# Handed on through the environment, so that no value is read by a shell a second time.
export PORT T FRESH

COMMANDS := run stop mail test lint format core bench lock wheel i18n shots clean distclean help
.PHONY: $(COMMANDS)
$(COMMANDS):
	@$(DEV) $@
