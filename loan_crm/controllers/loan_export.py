from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)

# What a spreadsheet takes for a formula; Odoo sees to the three others.
_STARTS = ("@", "\t", "\r")


class PlainXlsxWriter(ExportXlsxWriter):
    """Text stays text: a name of "=1+cmd|…" would run on the machine of whoever opens the file."""

    def write(self, row, column, cell_value, style=None):
        if isinstance(cell_value, str):
            return self.worksheet.write_string(row, column, cell_value, style)
        return super().write(row, column, cell_value, style)


class PlainGroupXlsxWriter(PlainXlsxWriter, GroupExportXlsxWriter):
    """The same for rows in groups."""


class LoanExcelExport(ExcelExport):
    """Odoo's own export, of whatever model."""

    def from_group_data(self, fields, columns_headers, groups):
        with PlainGroupXlsxWriter(fields, columns_headers, groups.count) as writer:
            x, y = 1, 0
            for name, group in groups.children.items():
                x, y = writer.write_group(x, y, name, group)
        return writer.value

    def from_data(self, fields, columns_headers, rows):
        with PlainXlsxWriter(fields, columns_headers, len(rows)) as writer:
            for row_index, row in enumerate(rows):
                for cell_index, cell_value in enumerate(row):
                    writer.write_cell(row_index + 1, cell_index, cell_value)
        return writer.value


class LoanCsvExport(CSVExport):
    """Odoo's own export, of whatever model."""

    def from_data(self, fields, columns_headers, rows):
        plain = [
            [f"'{cell}" if isinstance(cell, str) and cell.startswith(_STARTS) else cell for cell in row]
            for row in rows
        ]
        return super().from_data(fields, columns_headers, plain)
