"""The letter to somebody who did not come: what it may say, and what may be seen from outside."""

from dataclasses import dataclass

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Setting
from shared.api.assessment import PatientBody
from shared.api.support import SupportBody


@dataclass(frozen=True, slots=True)
class Letter:
    """``hindrance`` says why none may be sent. ``neutral``: it never says what it is about."""

    hindrance: str
    name: str
    address: tuple[str, ...]
    sender: str
    envelope: str
    subject: str
    written: str
    neutral: bool
    paragraphs: tuple[str, ...]


def letter(patient: PatientBody, body: SupportBody, setting: Setting) -> Letter:
    """What goes to this person, in the wording they chose."""
    seen = body.profile.preview
    return Letter(
        hindrance=_hindrance(patient),
        name=words.full_name(patient.given_name, patient.family_name),
        address=tuple((patient.postal_address or "").splitlines()),
        sender=seen.sender,
        envelope=seen.envelope,
        subject=seen.subject,
        written=words.day(setting.today),
        neutral=seen.neutral,
        paragraphs=_paragraphs(neutral=seen.neutral),
    )


def posted(setting: Setting) -> dict[str, str]:
    """How a posted letter is recorded: an attempt, today."""
    local = setting.now.astimezone(setting.zone)
    return {"on": local.date().isoformat(), "at": f"{local:%H:%M}"}


def _hindrance(patient: PatientBody) -> str:
    if "outreach" not in patient.consents.get("letter", ()):
        return _("They have not agreed to letters that ask after them.")
    if not patient.postal_address:
        return _("No postal address is recorded.")
    return ""


def _paragraphs(*, neutral: bool) -> tuple[str, ...]:
    """Nothing of illness, medicine or treatment in a neutral one."""
    care = (
        ()
        if neutral
        else (
            _(
                "Please go on with your medicine as agreed. Do not stop it or change it without "
                "talking to us first: we will find a way together."
            ),
        )
    )
    return (
        _("We have missed you, and we would like to hear how you are."),
        _(
            "Please call or write when it suits you. If another day, another place or another "
            "way to talk would be easier, tell us, and we will arrange it."
        ),
        *care,
        _("You need not explain anything. Your place stays open: nothing ends because of this."),
    )
