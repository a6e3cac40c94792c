"""Refusals. Each has a stable code and a sentence a nurse can act on."""


class Refusal(Exception):
    """What was asked cannot be done now; nothing was changed."""

    code = "refused"
    field: str | None = None

    def __str__(self) -> str:
        """The class's own first sentence: it is written for whoever is refused."""
        return (type(self).__doc__ or "").strip().splitlines()[0]


class BrokenRule(Refusal):
    """One of several rules about a field is broken."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__()
        self.field = field
        self._why = why

    def __str__(self) -> str:
        """Which rule, and what would keep it."""
        return self._why


class UnknownReminder(Refusal):
    """There is no such reminder for a person you look after."""

    code = "unknown-reminder"


class NotInCare(Refusal):
    """This person is no longer in care."""

    code = "not-in-care"


class UnknownZone(Refusal):
    """No time zone has this name."""

    code = "unknown-zone"
    field = "time_zone"


class StaleVersion(Refusal):
    """Somebody changed it since you looked; read it again."""

    code = "stale-version"


class ReminderClosed(Refusal):
    """It is already done or cancelled."""

    code = "reminder-closed"


class NotYetDue(Refusal):
    """It is planned for later; there is nothing to do about it yet."""

    code = "not-yet-due"


class ClosedElsewhere(Refusal):
    """This one closes when the work behind it is recorded; open the page it links to."""

    code = "closed-elsewhere"


class CannotWait(Refusal):
    """A safety reminder is never put off; act on the flag, escalate it or hand it over."""

    code = "cannot-wait"


class DeferralTooLong(Refusal):
    """It can be put off for 72 hours at most."""

    code = "deferral-too-long"

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class DeferralNeedsLead(Refusal):
    """It was put off before; once more is for a lead to decide. Do it now, or escalate it."""

    code = "deferral-needs-lead"

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class DeferralInThePast(Refusal):
    """The new time has already passed."""

    code = "deferral-in-the-past"

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field


class LadderExhausted(Refusal):
    """Everybody on the ladder already knows."""

    code = "ladder-exhausted"


class UnknownColleague(Refusal):
    """Hand over to somebody who works in the person's team."""

    code = "unknown-colleague"
    field = "to"


class UnknownAbsence(Refusal):
    """There is no such absence that concerns you."""

    code = "unknown-absence"


class BadDates(BrokenRule):
    """These days cannot be days away."""

    code = "bad-dates"


class CannotCover(Refusal):
    """Ask an active colleague of the same role and team who is here on those days."""

    code = "cannot-cover"
    field = "cover_id"


class AbsenceOverlaps(Refusal):
    """There is an absence on some of these days already; withdraw it first."""

    code = "absence-overlaps"
    field = "starts_on"


class AbsenceOver(Refusal):
    """This absence has ended; nothing about it can be changed."""

    code = "absence-over"


class NotAsked(Refusal):
    """Somebody in the answer is not among the people asked about."""

    code = "not-asked"
    field = "accepted"


class NotTheirs(Refusal):
    """Only the colleague asked may answer; only the one away or their lead may change it."""

    code = "not-theirs"


class NoWayToReach(Refusal):
    """Each channel needs its address: an e-mail address, or an https address and its secret."""

    code = "no-way-to-reach"
    field = "channels"


class UnsafeAddress(Refusal):
    """A webhook needs a public https address without a password in it."""

    code = "unsafe-address"
    field = "webhook_url"


class UnknownShift(Refusal):
    """There is no such time on call in your teams."""

    code = "unknown-shift"


class BadShift(BrokenRule):
    """This cannot be a time on call."""

    code = "bad-shift"


class CannotBeOnCall(Refusal):
    """Only a nurse, a prescriber or a lead whose account is open can be on call."""

    code = "cannot-be-on-call"
    field = "staff_id"


class OnCallAlready(Refusal):
    """Somebody is on call for this team at that time already; end that first."""

    code = "on-call-already"
    field = "starts_on"


class ShiftOver(Refusal):
    """This time on call is over."""

    code = "shift-over"
