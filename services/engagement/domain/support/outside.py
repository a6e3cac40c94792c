"""What others could see of a message to a person in care (R-36).

The preview on the page and the mail that is sent are made by the same function.
"""

from dataclasses import dataclass

from services.engagement.domain.support.profile import Privacy, Profile
from services.engagement.domain.support.refusals import RuleBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What people in care know the clinic by, and the address its mail comes from."""

    clinic: str = "the clinic"
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A message as others could see it: on a locked screen, in an inbox, on an envelope.

    ``text`` is what a mail says; it opens on the locked screen too. ``neutral``: nothing of this
    says what it is about, except an ``address`` that does: it is the same for everybody.
    """

    sender: str
    address: str
    subject: str
    screen: str
    envelope: str
    text: str
    neutral: bool


NEUTRAL_SENDER = "Appointments"
NEUTRAL_SUBJECT = "A reminder for you"
NEUTRAL_TEXT = "Please expect a call today.\n"
OPEN_SUBJECT = "A message from your care team"
OPEN_TEXT = (
    "Your care team at {clinic} will be in touch with you today about your treatment.\n"
    "Please keep to your printed plan and change nothing before you have spoken.\n"
    "If you are in danger or feel much worse, do not wait: call your emergency number.\n"
)


def preview(profile: Profile, letterhead: Letterhead, *, on_record: bool) -> Preview:
    """How a message looks from outside. Neutral unless the person chose otherwise.

    ``on_record``: assessment has neutral wording on record for this person. Words that were chosen
    while it had not, and that tell, give way to neutral ones.
    """
    neutral = is_neutral(profile, on_record=on_record)
    sender, subject = _one_line(profile.sender), _one_line(profile.subject)
    if neutral:
        sender = "" if _tells(sender, letterhead) else sender
        subject = "" if _tells(subject, letterhead) else subject
    sender = sender or (NEUTRAL_SENDER if neutral else letterhead.clinic)
    subject = subject or (NEUTRAL_SUBJECT if neutral else OPEN_SUBJECT)
    return Preview(
        sender=sender,
        address=letterhead.address,
        subject=subject,
        screen=f"{sender}: {subject}",
        envelope="No sender on the envelope" if neutral else f"Sender on the envelope: {sender}",
        text=NEUTRAL_TEXT if neutral else OPEN_TEXT.format(clinic=letterhead.clinic),
        neutral=neutral,
    )


def is_neutral(profile: Profile, *, on_record: bool) -> bool:
    """Whether nothing may say what a message is about."""
    return on_record or profile.stigma_concern or Privacy.NEUTRAL_WORDING in profile.privacy


def check_neutral(profile: Profile, letterhead: Letterhead, *, on_record: bool) -> None:
    """Refuse a sender or subject that gives away what the person wants kept private.

    Raises:
        RuleBroken: names the field.
    """
    if not is_neutral(profile, on_record=on_record):
        return
    for name in ("sender", "subject"):
        if _tells(getattr(profile, name), letterhead):
            raise RuleBroken(
                "wording-not-neutral",
                "Others could read from this what it is about.",
                field=name,
                rule="R-36",
            )


_TELLING = ("depress", "anxiety", "mental", "psych", "therapy", "cbt", "medicat", "clinic", "taper")


def _tells(words: str, letterhead: Letterhead) -> bool:
    said = _one_line(words).lower()
    name = letterhead.clinic.lower()
    return bool(name and name in said) or any(word in said for word in _TELLING)


def _one_line(words: str) -> str:
    """A header of a mail has no second line."""
    return " ".join(words.split())
