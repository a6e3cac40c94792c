"""The readiness ruler over time, and each fall of it that asks for a talk (R-34)."""

from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import doses, support, words
from services.portal.presenters.charts import Chart
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.support import DropBody, FallBody, SupportBody, SupportForm

_RULERS = said({"importance": mark("Importance"), "confidence": mark("Confidence")})
_WHY = said(
    {
        "fell": mark("it fell by two or more"),
        "low": mark("it is three or less"),
    }
)


@dataclass(frozen=True, slots=True)
class Drop:
    """One reading that asks for a talk. ``talk`` is what was said, once it took place."""

    reading_id: UUID
    title: str
    text: str
    is_open: bool
    version: int
    talk: tuple[tuple[str, str], ...]
    dismissed: str
    href: str


def drops(body: SupportBody, setting: Setting) -> tuple[Drop, ...]:
    """All of them, newest first as they came."""
    return tuple(_drop(one, body, setting) for one in body.drops)


def chart(body: SupportBody, form: SupportForm) -> Chart | None:
    """The ruler over time."""
    return doses.series(
        body.ruler, _("Readiness, 0 to 10"), form.lowest_rating, form.highest_rating
    )


def _drop(one: DropBody, body: SupportBody, setting: Setting) -> Drop:
    today = setting.today
    fell = one.falls or (
        FallBody(ruler="", value=one.value, previous=one.previous, because=one.because),
    )
    is_open = bool(one.actions)
    asks = _("Talk by %(day)s (R-34).", day=words.when(one.contact_by, today=today))
    return Drop(
        reading_id=one.reading_id,
        title=_(
            "%(rulers)s, %(day)s",
            rulers="; ".join(f"{_ruler(fall)} {_figures(fall)}" for fall in fell),
            day=words.when(one.measured_on, today=today),
        ),
        text=" ".join((*map(_why, fell), *([asks] if is_open else ()))),
        is_open=is_open,
        version=one.version,
        talk=_talk(one, setting),
        dismissed=one.dismissed or "",
        href=support.place(body.patient_id, "motivation", one.reading_id),
    )


def _ruler(fall: FallBody) -> str:
    return _RULERS.get(fall.ruler, _("Motivation"))


def _figures(fall: FallBody) -> str:
    before = _(", was %(value)s", value=fall.previous) if fall.previous is not None else ""
    return f"{fall.value}{before}"


def _why(fall: FallBody) -> str:
    because = _(" and ").join(_WHY.get(code, words.plain(code)) for code in fall.because)
    return f"{_ruler(fall)}: {because}."


def _talk(one: DropBody, setting: Setting) -> tuple[tuple[str, str], ...]:
    if one.talked_at is None:
        return ()
    return (
        (_("Talked"), words.moment(one.talked_at, zone=setting.zone, now=setting.now)),
        (_("Why not lower"), one.why_not_lower or ""),
        (_("What would raise it"), one.what_would_raise or ""),
        (_("Smaller step agreed"), one.smaller_step or ""),
    )
