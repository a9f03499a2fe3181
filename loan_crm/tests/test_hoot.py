from odoo.tests import HttpCase, no_retry, tagged


@tagged("post_install", "-at_install", "loan")
class TestHoot(HttpCase):
    """Our widgets' unit tests (`static/tests/*.test.js`), the way Odoo runs its own: in a browser, on a mock server."""

    @no_retry
    def test_our_widgets(self):
        with self.assertLogs(self._logger.getChild("browser"), "INFO") as logs:
            try:
                self.browser_js(
                    f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={self._suite('@loan_crm')}",
                    "",
                    login="admin",
                    timeout=300,
                    success_signal="[HOOT] Test suite succeeded",
                    # A test that fails does not end the run: its last words name all that failed.
                    error_checker=lambda message: "[HOOT]" not in message,
                )
            except AssertionError as error:
                told = [record.getMessage() for record in logs.records if record.levelname == "ERROR"]
                self.fail("\n".join([str(error), *told]))
        # A run that finds no test succeeds, too.
        self.assertRegex("\n".join(logs.output), r"\[HOOT\] Passed [1-9]")

    @staticmethod
    def _suite(name):
        """Return what the test runner calls a suite in its address."""
        result = 0
        for letter in name:
            result = (31 * result + ord(letter)) & 0xFFFFFFFF
        return f"{result:08x}"
