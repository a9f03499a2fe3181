"""By when an application should leave the stage it is in, in the lender's business days."""


def leave_by(entered, days, calendar):
    """Return the day by which a stage should be left.

    :param date entered: the day the stage was entered; it does not count
    :param int days: business days the stage is expected to take, at least 1
    :param BusinessCalendar calendar: the lender's
    :rtype: date
    """
    return calendar.add_business_days(entered, days)


def late_if_entered_before(today, days, calendar):
    """Return the first day on which a stage could be entered without being late by now.

    Whoever entered it on an earlier day should have left it before today: :meth:`leave_by` of that day lies in the
    past. So a search asks one date, and agrees with what each application tells.

    :param date today: the lender's day
    :param int days: as above
    :param BusinessCalendar calendar: the lender's
    :rtype: date
    """
    return calendar.add_business_days(today, -days)


def course(days, calendar, due, today):
    """Return by when each of the steps to come should be left, as far as anybody can say.

    The first begins when the present one ends: on the day it should, or today where that has passed.

    :param days: business days of each step to come, in their order; 0 where none are said
    :param BusinessCalendar calendar: the lender's
    :param due: the date by which the present step should be left, None where none is said
    :param date today: the lender's day
    :return: a list of dates; None from the first step on of which nobody can say it
    """
    at, told = due and max(due, today), []
    for each in days:
        at = leave_by(at, each, calendar) if at and each else None
        told.append(at)
    return told
