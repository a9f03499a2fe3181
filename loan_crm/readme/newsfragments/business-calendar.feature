Business calendars that know make-up working days, with those of mainland China for 2025 and 2026, and the import of a
year once it is announced.
