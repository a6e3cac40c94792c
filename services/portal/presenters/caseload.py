"""The facilitators' caseload: open programmes, most pressing first (E-01)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.portal.presenters import listing, support, words
from services.portal.presenters.doses import mix
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.listing import Choice
from services.portal.presenters.support import modes as mode_labels
from services.portal.presenters.today import NAMELESS, Setting
from shared.api.support import Caseload, CaseloadRow, SupportForm

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
        "facilitator-gap": mark("no facilitator"),
        "no-deputy": mark("no deputy"),
        "encouragement-only": mark("encouragement only does not count"),
        "motivation": mark("motivation fell"),
        "life-event": mark("life event: nobody has spoken with them yet"),
        "below-pace": mark("behind the pace"),
        "below-dose": mark("below the dose"),
        "short-sessions": mark("short sessions"),
        "group-sessions": mark("sessions in a group"),
        "over-time": mark("long sessions"),
        "below-minutes": mark("less support than belongs to it"),
    }
)
_PATH, _USUAL_ORDER = "/caseload", "pressing"
_ORDERS = said(
    {
        "pressing": mark("Most pressing"),
        "name": mark("Name"),
        "next": mark("Next meeting"),
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
    minutes: str
    motivation: str
    score: str
    next: str
    late: bool
    facilitator: str
    contact_href: str


def rows(items: tuple[CaseloadRow, ...], form: SupportForm, setting: Setting) -> tuple[Row, ...]:
    """In the order of the service."""
    return tuple(_row(one, form, setting) for one in items)


@dataclass(frozen=True, slots=True)
class Dose:
    """One programme in a line: how much support there has been, and when there is more."""

    name: str
    href: str
    programme: str
    why: str
    tone: str
    delivered: str
    minutes: str
    next: str
    late: bool


@dataclass(frozen=True, slots=True)
class Doses:
    """The most pressing of a facilitator's programmes, and how many there are."""

    items: tuple[Dose, ...]
    every: int


def doses(found: Caseload, setting: Setting) -> Doses:
    """In the order of the service."""
    return Doses(tuple(_dose(one, setting) for one in found.items), found.mine)


def _dose(one: CaseloadRow, setting: Setting) -> Dose:
    next_on = one.next_contact_on
    return Dose(
        name=one.patient_name or _(NAMELESS),
        href=support.place(one.patient_id, "programmes", one.programme_id),
        programme=one.label,
        why=WHY[one.why],
        tone=_TONES.get(one.why, ""),
        delivered=_delivered(one),
        minutes=words.length(one.minutes),
        next=words.when(next_on, today=setting.today) if next_on else "",
        late=one.late,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which programmes, in which order, from where on."""

    scope: str
    usual: str
    why: str
    sort: str
    cursor: str

    @property
    def kept(self) -> dict[str, str]:
        """The state as the address has it; what is usual is left out."""
        said = {
            "view": "" if self.scope == self.usual else self.scope,
            "why": self.why,
            "sort": "" if self.sort == _USUAL_ORDER else self.sort,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def asked(self) -> dict[str, str]:
        """As the service is asked."""
        said = {"scope": self.scope, "why": self.why, "sort": self.sort, "cursor": self.cursor}
        return {name: value for name, value in said.items() if value}


def wanted(query: Mapping[str, str], *, usual: str) -> Wanted:
    """The list an address asks for; what there is not is the usual one."""
    view, why, sort = (query.get(name, "") for name in ("view", "why", "sort"))
    return Wanted(
        scope=view if view in {"mine", "team"} else usual,
        usual=usual,
        why=why if why in _TONES else "",
        sort=sort if sort.removeprefix("-") in _ORDERS else _USUAL_ORDER,
        cursor=query.get("cursor", "")[:512],
    )


def scopes(wanted: Wanted, found: Caseload) -> tuple[Choice, ...]:
    """One's own or the whole team's, with how many there are."""
    said = (
        ("mine", _("Mine (%(number)s)", number=found.mine)),
        ("team", _("The whole team's (%(number)s)", number=found.team)),
    )
    return tuple(
        Choice(
            title,
            listing.address(_PATH, wanted.kept, view="" if code == wanted.usual else code),
            code == wanted.scope,
        )
        for code, title in said
    )


def reasons(wanted: Wanted) -> tuple[Choice, ...]:
    """Why a programme stands where it stands, to see those alone."""
    every = Choice(_("All"), listing.address(_PATH, wanted.kept, why=None), not wanted.why)
    return (
        every,
        *(
            Choice(title, listing.address(_PATH, wanted.kept, why=code), code == wanted.why)
            for code, title in WHY.items()
        ),
    )


def orders(wanted: Wanted) -> tuple[listing.Column, ...]:
    """What the list can be sorted by."""
    return listing.columns(_ORDERS.items(), path=_PATH, query=wanted.kept, default=_USUAL_ORDER)


def pages(wanted: Wanted, found: Caseload) -> listing.Pages:
    """The foot of the list."""
    return listing.pages(
        _PATH,
        wanted.kept | ({"cursor": wanted.cursor} if wanted.cursor else {}),
        next_cursor=found.next,
        shown=len(found.items),
        of=None if wanted.why else found.mine if wanted.scope == "mine" else found.team,
    )


def _row(one: CaseloadRow, form: SupportForm, setting: Setting) -> Row:
    today = setting.today
    labels = mode_labels(form)
    at = support.place(one.patient_id, "programmes", one.programme_id)
    new = support.place(one.patient_id, "contacts", "new")
    return Row(
        name=one.patient_name or _(NAMELESS),
        birth=words.born(one, today=today),
        href=support.place(one.patient_id),
        programme=one.label,
        programme_href=at,
        why=WHY[one.why],
        tone=_TONES.get(one.why, ""),
        warnings=tuple(warning(code) for code in one.warnings),
        month=_("%(month)s of %(months)s", month=one.month, months=one.months),
        delivered=_delivered(one),
        missed=_missed(one),
        mix=mix(one.modes, labels),
        minutes=words.length(one.minutes),
        motivation=_motivation(one),
        score=_score(one, setting),
        next=words.when(one.next_contact_on, today=today) if one.next_contact_on else "",
        late=one.late,
        facilitator=words.who(one.facilitator_id, setting.staff),
        contact_href=f"{new}?about=programme:{one.programme_id}",
    )


def warning(code: str) -> str:
    """What is wrong with a programme, in few words."""
    return _WARNINGS.get(code, words.plain(code))


def _delivered(one: CaseloadRow) -> str:
    return _("%(held)s of %(meant)s", held=one.meetings, meant=one.expected)


def _missed(one: CaseloadRow) -> str:
    """Meetings missed in this programme, and contacts of whatever kind since they last spoke."""
    if one.missed_in_a_row:
        return _(
            "%(all)s here, %(row)s in a row of any kind",
            all=one.missed,
            row=one.missed_in_a_row,
        )
    return str(one.missed)


def _motivation(one: CaseloadRow) -> str:
    if one.motivation is None:
        return _("not asked")
    if one.motivation_before is None:
        return str(one.motivation)
    return _("%(now)s (was %(before)s)", now=one.motivation, before=one.motivation_before)


def _score(one: CaseloadRow, setting: Setting) -> str:
    if one.latest_score is None or one.latest_score_on is None:
        return _("No score yet")
    return _(
        "%(instrument)s: %(score)s, %(when)s",
        instrument=words.instrument(one.latest_score_of),
        score=one.latest_score,
        when=words.away(one.latest_score_on, today=setting.today),
    )
