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
