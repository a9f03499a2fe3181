from datetime import date, datetime, time, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase

from odoo.addons.loan_crm.core import commitments
from odoo.addons.loan_crm.core.commitments import Guess, Word

try:
    from hypothesis import given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 3, 13)  # a Friday
TODAY = date(2026, 3, 10)  # a Tuesday


def utc(*moment):
    return datetime(*moment, tzinfo=timezone.utc)


class TestCommitments(BaseCase):
    def test_the_clock_of_whom_it_was_promised_to_counts(self):
        word = Word(DAY, SHANGHAI, None, 1)
        for now, state, turns in [
            (utc(2026, 3, 12, 15, 59), "open", utc(2026, 3, 12, 16)),
            (utc(2026, 3, 12, 16), "due", utc(2026, 3, 14, 16)),
            (utc(2026, 3, 14, 16), "due", utc(2026, 3, 14, 16)),
            (utc(2026, 3, 14, 16, 1), "broken", None),
        ]:
            with self.subTest(now=now):
                self.assertEqual(commitments.judge(word, None, now), (state, turns))

    def test_an_hour_ends_the_day_early(self):
        word = Word(DAY, SHANGHAI, time(15), 0)
        self.assertEqual(commitments.judge(word, None, utc(2026, 3, 13, 7)).state, "due")
        self.assertEqual(commitments.judge(word, None, utc(2026, 3, 13, 7, 0, 1)).state, "broken")
        done = utc(2026, 3, 13, 7)
        self.assertEqual(commitments.judge(word, done, utc(2026, 4, 1)).state, "kept")
        self.assertEqual(commitments.judge(word, done + timedelta(minutes=1), utc(2026, 4, 1)).state, "late")

    def test_within_the_tolerance_is_late_and_not_kept(self):
        word = Word(DAY, SHANGHAI, None, 2)
        self.assertEqual(commitments.judge(word, utc(2026, 3, 14, 1), utc(2026, 3, 14, 1)).state, "late")

    def test_a_time_that_summer_time_leaps_over_is_meant_after_the_leap(self):
        day = date(2026, 3, 29)  # at 2:00 Berlin shows 3:00
        self.assertEqual(commitments.deadline(Word(day, BERLIN, time(2, 30))), utc(2026, 3, 29, 1, 30))
        day = date(2026, 10, 25)  # 2:30 is twice
        self.assertEqual(commitments.deadline(Word(day, BERLIN, time(2, 30))), utc(2026, 10, 25, 0, 30))

    def test_a_share_knows_its_sample(self):
        found = commitments.record({"kept": 3, "late": 1, "open": 5, "replaced": 2})
        self.assertEqual((found.decided, found.share), (4, Fraction(3, 4)))
        self.assertIsNone(commitments.record({"open": 9}).share)

    def test_a_day_is_read_from_a_sentence(self):
        for text, day, at in [
            ("I will send you the statement tomorrow.", date(2026, 3, 11), None),
            ("You get it by Friday", date(2026, 3, 13), None),
            ("by next Friday at 3 pm", date(2026, 3, 20), time(15)),
            ("We decide on 20 March.", date(2026, 3, 20), None),
            ("We decide on March 20th, 2026", date(2026, 3, 20), None),
            ("until 2026-04-01, 10:30", date(2026, 4, 1), time(10, 30)),
            ("within three working days", date(2026, 3, 13), None),
            ("within 5 business days", date(2026, 3, 17), None),
            ("in two weeks", date(2026, 3, 24), None),
            ("the day after tomorrow", date(2026, 3, 12), None),
            ("today at noon", TODAY, time(12)),
            ("by the end of the month", date(2026, 3, 31), None),
            ("It was promised on 2 March; now by 12 March", date(2026, 3, 12), None),
            ("on 1 February", None, None),  # this year's, of which they speak
            ("on 1 November", date(2026, 11, 1), None),
            ("4/5 or 5/4", None, None),
            ("Thank you for your patience", None, None),
            ("It may take 30 steps", None, None),
            ("", None, None),
            (None, None, None),
            ("我明天下午3点给您回电话", date(2026, 3, 11), time(15)),
            ("后天之前", date(2026, 3, 12), None),
            ("大后天", date(2026, 3, 13), None),
            ("周五前给您答复", date(2026, 3, 13), None),
            ("下周一上午10点半", date(2026, 3, 16), time(10, 30)),
            ("三个工作日内发给您", date(2026, 3, 13), None),
            ("5天内", date(2026, 3, 15), None),
            ("两周内", date(2026, 3, 24), None),
            ("3月20日前完成审批", date(2026, 3, 20), None),
            ("2026年4月1日", date(2026, 4, 1), None),
            ("月底前", date(2026, 3, 31), None),
            ("15号给您", date(2026, 3, 15), None),
            ("5号给您", date(2026, 4, 5), None),
        ]:
            with self.subTest(text=text):
                self.assertEqual(commitments.guess(text, TODAY), Guess(day, at))
        self.assertEqual(commitments.guess("by 5 January", date(2026, 11, 23)).day, date(2027, 1, 5))


if given:
    ZONES = st.sampled_from(
        ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "UTC"]
    ).map(ZoneInfo)
    WORDS = st.builds(
        Word,
        st.dates(date(2020, 1, 1), date(2035, 12, 31)),
        ZONES,
        st.none() | st.times().map(lambda at: at.replace(microsecond=0)),
        st.integers(0, 30),
    )
    MOMENTS = st.integers(0, 500_000_000).map(lambda seconds: utc(2020, 1, 1) + timedelta(seconds=seconds))

    class TestCommitmentProperties(BaseCase):
        @given(WORDS, st.none() | MOMENTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(400)))
        @settings(deadline=None)
        def test_time_only_moves_a_word_forward(self, word, done, now, later):
            order = {"open": 0, "due": 1, "broken": 2, "late": 3, "kept": 3}
            before = commitments.judge(word, done, now).state
            after = commitments.judge(word, done, now + later).state
            self.assertLessEqual(order[before], order[after])
            if before in ("kept", "late"):
                self.assertEqual(before, after)

        @given(WORDS, MOMENTS)
        @settings(deadline=None)
        def test_it_turns_when_it_says_and_not_before(self, word, now):
            verdict = commitments.judge(word, None, now)
            if verdict.turns is None:
                self.assertEqual(verdict.state, "broken")
                return
            self.assertGreaterEqual(verdict.turns, now)
            second = timedelta(seconds=1)
            until = max(verdict.turns - second, now)
            self.assertEqual(commitments.judge(word, None, until).state, verdict.state)
            self.assertNotEqual(commitments.judge(word, None, verdict.turns + second).state, verdict.state)

        @given(WORDS, MOMENTS)
        @settings(deadline=None)
        def test_done_by_the_deadline_is_kept_and_after_it_late(self, word, done):
            state = commitments.judge(word, done, done).state
            self.assertEqual(state, "kept" if done <= commitments.deadline(word) else "late")

        @given(
            st.text() | st.text("周五下一二三日月号天内点半0123456789 -/:amp年"),
            st.dates(date(2020, 1, 1), date(2035, 1, 1)),
        )
        @settings(deadline=None)
        def test_a_guess_is_never_past_and_never_far(self, text, today):
            found = commitments.guess(text, today)
            if found.day is None:
                self.assertIsNone(found.at)
            else:
                self.assertTrue(today <= found.day <= today + timedelta(commitments.FARTHEST_DAYS))

        @given(
            st.dictionaries(
                st.sampled_from(["kept", "late", "broken", "open", "due", "replaced"]), st.integers(0, 99)
            )
        )
        def test_shares_add_up(self, counts):
            found = commitments.record(counts)
            self.assertEqual(found.decided, sum(counts.get(s, 0) for s in commitments.DECIDED))
            if found.decided:
                self.assertTrue(0 <= found.share <= 1)
