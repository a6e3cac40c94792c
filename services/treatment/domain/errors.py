"""Why a change to a course is refused. Nothing is stored when one of these is raised."""

from datetime import date, timedelta
from typing import ClassVar


class Refusal(Exception):
    """The change cannot be made. The text is a sentence for staff; ``field`` names the culprit."""

    code: ClassVar[str] = "refused"

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class IllegalMove(Refusal):
    """The course's phase does not allow this; the sentence names what it does allow."""

    code = "illegal-move"


class NotInCare(Refusal):
    """The person left or has died: nothing goes on until somebody says that they are back."""

    code = "not-in-care"

    def __init__(self) -> None:
        super().__init__("This person is no longer in care here.")


class BadDate(Refusal):
    """A date is impossible, too early or too late for what it says."""

    code = "bad-date"


def require_near(day: date, *, today: date, most_days: int, field: str) -> None:
    """Refuse a day that lies too far ahead to plan for.

    Raises:
        BadDate: naming the last day that can be planned.
    """
    latest = today + timedelta(days=most_days)
    if day > latest:
        raise BadDate(f"The day lies after {latest}, the last that can be planned.", field=field)


class BadDose(Refusal):
    """A dose cannot be made, is over a cap, or is no change at all."""

    code = "bad-dose"


class ReasonNeeded(Refusal):
    """What is asked for departs from the proposal and needs a reason."""

    code = "reason-needed"


class Blocked(Refusal):
    """A safety rule forbids it. The sentence starts with the rule's id."""

    code = "blocked-by-rule"


class AlreadyDone(Refusal):
    """It was recorded before; the first record stands."""

    code = "already-done"


class PlanSuperseded(Refusal):
    """The plan has a newer version; the page that was open shows an old one."""

    code = "plan-superseded"


class Frozen(Refusal):
    """The taper is frozen until a prescriber has looked; the sentence says why."""

    code = "taper-frozen"


class NotAuthorised(Refusal):
    """The standing order does not reach this far; a prescriber may do it."""

    code = "needs-a-prescriber"


class NoSuchItem(Refusal):
    """The course has no review, step or look with that number."""

    code = "no-such-item"
