"""The facilitators' caseload: open programmes, most pressing first (E-01)."""

from dataclasses import dataclass

from services.portal.presenters import support, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.support import modes as mode_labels
from services.portal.presenters.today import NAMELESS, Setting
from shared.api.support import CaseloadRow, SupportForm

WHY = said(
    {
        "red-flag": mark("A safety flag is open"),
        "missed": mark("Missed the last meeting"),
        "overdue-contact": mark("A meeting is overdue"),
        "not-improved": mark("Not improved by week 8"),
        "no-score": mark("No recent score"),
        "steady": mark("Steady"),
    }
)
_TONES = {
    "red-flag": "danger",
    "missed": "warn",
    "overdue-contact": "warn",
    "not-improved": "warn",
    "no-score": "calm",
    "steady": "good",
}
_WARNINGS = said(
    {
        "facilitator-gap": mark("nobody is named"),
        "no-deputy": mark("no deputy"),
        "encouragement-only": mark("encouragement only does not count"),
        "motivation": mark("motivation fell"),
        "life-event": mark("life event: nobody has spoken with them yet"),
        "below-pace": mark("behind the pace"),
        "below-dose": mark("below the dose"),
        "short-sessions": mark("short sessions"),
        "group-sessions": mark("sessions in a group"),
        "over-time": mark("long sessions"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """One open programme."""

    name: str
    birth: str
    href: str
    programme: str
    programme_href: str
    why: str
    tone: str
    warnings: tuple[str, ...]
    month: str
    delivered: str
    missed: str
    mix: str
    motivation: str
    score: str
    next: str
    late: bool
    facilitator: str
    contact_href: str


def rows(items: tuple[CaseloadRow, ...], form: SupportForm, setting: Setting) -> tuple[Row, ...]:
    """In the order of the service."""
    return tuple(_row(one, form, setting) for one in items)


def mine(items: tuple[CaseloadRow, ...], staff_id: object) -> tuple[CaseloadRow, ...]:
    """Those this colleague facilitates or stands in for."""
    return tuple(one for one in items if staff_id in {one.facilitator_id, one.deputy_id})


def _row(one: CaseloadRow, form: SupportForm, setting: Setting) -> Row:
    today = setting.today
    labels = mode_labels(form)
    at = support.place(one.patient_id, "programmes", one.programme_id)
    new = support.place(one.patient_id, "contacts", "new")
    return Row(
        name=one.patient_name or _(NAMELESS),
        birth=words.born(one.birth_date, today=today) if one.birth_date else "",
        href=support.place(one.patient_id),
        programme=one.label,
        programme_href=at,
        why=WHY[one.why],
        tone=_TONES.get(one.why, ""),
        warnings=tuple(_WARNINGS.get(code, words.plain(code)) for code in one.warnings),
        month=_("%(month)s of %(months)s", month=one.month, months=one.months),
        delivered=_("%(held)s of %(meant)s", held=one.meetings, meant=one.expected),
        missed=_missed(one),
        mix=", ".join(
            f"{count} {labels.get(code, code).lower()}" for code, count in one.modes.items()
        ),
        motivation=_motivation(one),
        score=_score(one, setting),
        next=words.when(one.next_contact_on, today=today) if one.next_contact_on else "",
        late=one.late,
        facilitator=words.who(one.facilitator_id, setting.staff),
        contact_href=f"{new}?about=programme:{one.programme_id}",
    )


def _missed(one: CaseloadRow) -> str:
    if one.missed_in_a_row:
        return _("%(all)s, %(row)s in a row", all=one.missed, row=one.missed_in_a_row)
    return str(one.missed)


def _motivation(one: CaseloadRow) -> str:
    if one.motivation is None:
        return _("not asked")
    if one.motivation_before is None:
        return str(one.motivation)
    return _("%(now)s (was %(before)s)", now=one.motivation, before=one.motivation_before)


def _score(one: CaseloadRow, setting: Setting) -> str:
    if one.latest_score is None or one.latest_score_on is None:
        return _("none")
    return f"{one.latest_score}, {words.away(one.latest_score_on, today=setting.today)}"
