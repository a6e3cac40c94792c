"""Refusals that come from what is stored, not from a rule."""

from typing import ClassVar

from services.treatment.domain.errors import Refusal


class StaleVersion(Refusal):
    """Somebody changed it since it was read: read it again, then decide again."""

    code = "stale-version"

    def __init__(self) -> None:
        super().__init__("Somebody changed this since you read it: look again.")


class OtherCourse(Refusal):
    """The patient takes another antidepressant course: one at a time."""

    code = "other-course"

    def __init__(self) -> None:
        super().__init__("This person takes another antidepressant course: one at a time.")


class SignatureUsed(Refusal):
    """A signature signs one thing, once."""

    code = "signature-used"

    def __init__(self) -> None:
        super().__init__("This signature was used before: sign again.", field="signature")


class SomebodyElses(Refusal):
    """What is cited is another person's."""

    code = "other-person"

    def __init__(self, field: str) -> None:
        super().__init__("This is about another person: look whose page it is.", field=field)


class InformationMissing(Refusal):
    """An event about this person could not be read; nothing is signed or taken until it is."""

    code = "information-missing"

    def __init__(self) -> None:
        super().__init__(
            "Something known about this person could not be read here. "
            "Operations must resolve it before a dose is signed or changed."
        )


class NotYetKnown(Refusal):
    """The person was enrolled moments ago and is not known here yet: ask again."""

    code = "patient-not-yet-known"
    retry: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__("This person is not known here yet: try again in a moment.")


class Unknown(Refusal):
    """There is no such record."""

    code = "not-found"

    def __init__(self) -> None:
        super().__init__("There is no such record.")
