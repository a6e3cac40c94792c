"""A person's support at a glance: what is under way, what is pressing, and what rules propose."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.record import Tab
from services.portal.presenters.today import Setting
from shared.api.support import DeliveredBody, KindBody, ProgrammeBody, SupportBody, SupportForm

_PARTS = (
    (mark("At a glance"), ()),
    (mark("Contacts"), ("contacts",)),
    (mark("Motivation"), ("motivation",)),
    (mark("Life events"), ("life-events",)),
    (mark("Activities"), ("activities",)),
    (mark("Needs"), ("needs",)),
    (mark("Privacy"), ("privacy",)),
    (mark("Shared plan"), ("shared-plan",)),
)
STATUSES = said(
    {
        "active": mark("under way"),
        "closing-requested": mark("closing asked for; a supervisor decides"),
        "closed": mark("closed"),
    }
)
FORMS = said({"individual": mark("individual"), "group": mark("in a group")})
COMPANIES = said(
    {
        "together": mark("somebody goes along"),
        "encouragement-only": mark("encouragement only, nobody goes along"),
    }
)
SETTINGS = said(
    {
        "community": mark("in the community"),
        "home": mark("at home"),
        "clinic": mark("in the clinic"),
    }
)
_PROPOSALS = said(
    {
        "link-course": mark(
            "A course and a participation programme run side by side. Link the course to the "
            "participation goal, so that it shows whether it serves it."
        ),
        "add-cbt": mark(
            "The answer to the medicine alone is partial after four weeks. Consider adding CBT."
        ),
        "add-participation": mark(
            "The answer so far is partial after four weeks. Consider facilitated participation."
        ),
        "consider-medication": mark(
            "The answer to support alone is partial after four weeks. A prescriber may consider "
            "a medicine."
        ),
    }
)
_PROPOSAL_RULES = {
    "link-course": "R-22",
    "add-cbt": "R-23",
    "add-participation": "R-23",
    "consider-medication": "R-23",
}
_PACE = said(
    {
        "below-pace": mark("Behind the pace: too few sessions in the last month"),
        "below-dose": mark("Below the dose: the time is over and sessions are missing"),
        "short-sessions": mark("Most sessions are shorter than meant"),
        "group-sessions": mark("Sessions in a group: not the same as individual (R-18)"),
        "over-time": mark("Sessions are longer than meant"),
        "below-minutes": mark("Less support than belongs to it: agree on more time (R-19)"),
    }
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a rule proposes; a person decides."""

    text: str
    rule: str
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class Card:
    """One programme at a glance."""

    title: str
    status: str
    tone: str
    activity: str
    who: str
    figures: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    href: str
    contact_href: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Carer:
    """Somebody near to the person."""

    name: str
    relationship: str
    may_receive: bool
    may_be_told: bool
    """Something else than support, such as being called when there is danger."""
    given: str
    next_call: str


def place(patient_id: UUID, *parts: object) -> str:
    """A page of a person's support."""
    return places.patient(patient_id, "support", *parts)


def parts(patient_id: UUID, path: str) -> tuple[Tab, ...]:
    """The pages of a person's support; the one at ``path`` is here."""
    return tuple(
        Tab(_(title), place(patient_id, *end), place(patient_id, *end) == path)
        for title, end in _PARTS
    )


def modes(form: SupportForm) -> Mapping[str, str]:
    """Ways to meet by their code."""
    return {one.code: one.label for one in form.modes}


def cards(body: SupportBody, setting: Setting) -> tuple[Card, ...]:
    """Every programme, the open ones first as they came."""
    return tuple(card(one, body.patient_id, setting) for one in body.programmes)


def card(one: ProgrammeBody, patient_id: UUID, setting: Setting) -> Card:
    """One programme."""
    is_open = one.status != "closed"
    return Card(
        title=one.label,
        status=STATUSES[one.status],
        tone={"active": "good", "closing-requested": "warn"}.get(one.status, ""),
        activity=one.activity,
        who=_who(one, setting),
        figures=_figures(one, setting),
        warnings=warnings(one, setting),
        href=place(patient_id, "programmes", one.programme_id),
        contact_href=f"{place(patient_id, 'contacts', 'new')}?about=programme:{one.programme_id}",
        is_open=is_open,
    )


def warnings(one: ProgrammeBody, setting: Setting) -> tuple[str, ...]:
    """What is wrong with it, in words with the rule."""
    found = []
    if one.gap_since is not None:
        since = words.when(one.gap_since, today=setting.today)
        found.append(_("No facilitator since %(day)s (R-33)", day=since))
    if one.deputy_gap_since is not None:
        since = words.when(one.deputy_gap_since, today=setting.today)
        found.append(_("No deputy since %(day)s (R-11)", day=since))
    if not one.counts:
        found.append(_("Encouragement alone does not count as facilitation (R-12)"))
    if one.delivered is not None:
        found += pace(one.delivered)
    return tuple(found)


def pace(one: DeliveredBody) -> list[str]:
    """Whether a bounded course of sessions keeps its pace and dose."""
    return [_PACE.get(code, words.plain(code)) for code in one.warnings]


def proposals(body: SupportBody) -> tuple[Proposal, ...]:
    """What the rules propose about support and medicine together (R-22, R-23)."""
    return tuple(_proposal(code, body) for code in body.proposals)


def startable(body: SupportBody, form: SupportForm) -> tuple[KindBody, ...]:
    """Kinds that are not under way yet: two of one kind side by side are refused."""
    running = {one.kind for one in body.programmes if one.status != "closed"}
    return tuple(one for one in form.kinds if one.code not in running)


def carers(body: SupportBody, setting: Setting) -> tuple[Carer, ...]:
    """People near to them, with what consent allows and what they were given."""
    return tuple(
        Carer(
            name=one.name,
            relationship=one.relationship,
            may_receive=one.may_receive,
            may_be_told=bool(one.scopes),
            given=_("given: %(what)s", what=", ".join(one.given)) if one.given else "",
            next_call=_("Next call: %(day)s", day=words.when(one.next_call_on, today=setting.today))
            if one.next_call_on
            else "",
        )
        for one in body.carers
    )


def minutes(number: int) -> str:
    """``90 minutes``."""
    return words.count(number, "minute")


def together(one: ProgrammeBody) -> str:
    """How long they met, and how long is meant where that is laid down."""
    meant = one.delivered.planned_minutes if one.delivered else None
    if meant is None:
        return minutes(one.minutes)
    return _("%(held)s of about %(meant)s", held=minutes(one.minutes), meant=minutes(meant))


def _proposal(code: str, body: SupportBody) -> Proposal:
    start = place(body.patient_id, "programmes", "new")
    open_ones = [one for one in body.programmes if one.status != "closed"]
    links = {
        "link-course": (
            place(body.patient_id, "programmes", open_ones[0].programme_id) if open_ones else start,
            _("Open the programme"),
        ),
        "add-cbt": (f"{start}?kind=cbt", _("Start CBT")),
        "add-participation": (
            f"{start}?kind=facilitated-participation",
            _("Start facilitated participation"),
        ),
        "consider-medication": (places.patient(body.patient_id, "courses"), _("Courses")),
    }
    href, link = links.get(code, (start, _("Start a programme")))
    return Proposal(
        _PROPOSALS.get(code, words.plain(code)), _PROPOSAL_RULES.get(code, ""), href, link
    )


def _who(one: ProgrammeBody, setting: Setting) -> str:
    facilitator = words.who(one.facilitator_id, setting.staff)
    if one.deputy_id is None:
        return facilitator
    deputy = words.who(one.deputy_id, setting.staff)
    return _("%(name)s, deputy %(deputy)s", name=facilitator, deputy=deputy)


def _figures(one: ProgrammeBody, setting: Setting) -> tuple[tuple[str, str], ...]:
    if one.delivered is not None:
        held = _(
            "%(held)s of %(planned)s", held=one.delivered.sessions, planned=one.delivered.planned
        )
        first = (_("Sessions"), held)
    else:
        held = _("%(held)s of %(meant)s expected by now", held=one.meetings, meant=one.expected)
        first = (_("Meetings"), held)
    found = [
        (_("Month"), _("%(month)s of %(months)s", month=one.month, months=one.months)),
        first,
        (_("Missed"), ngettext("%(num)s meeting", "%(num)s meetings", one.missed)),
        (_("Together"), together(one)),
    ]
    if one.next_contact_on is not None:
        found.append((_("Next"), words.when(one.next_contact_on, today=setting.today)))
    return tuple(found)
