"""One programme in words: what it is about, its ladder, its looks, and how it ends."""

from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import places, programme_form, support, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.support import GuardBody, ProgrammeBody, SupportBody, SupportForm

_CLOSING_GUARD = "early-closing"
Pairs = tuple[tuple[str, str], ...]
_SERVES = said({"yes": mark("It serves its goal."), "no": mark("It does not serve its goal.")})
_MODES = said(
    {
        "yes": mark("The way to meet is right."),
        "no": mark("The way to meet is not right any more."),
    }
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder."""

    number: str
    what: str
    how: str
    times: str
    anxiety: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A bounded course of sessions: what took place against what was meant to."""

    facts: Pairs
    warnings: tuple[str, ...]
    content: tuple[tuple[str, int], ...]
    poor: str


@dataclass(frozen=True, slots=True)
class Look:
    """A review that took place."""

    title: str
    text: str
    note: str


def about(one: ProgrammeBody, setting: Setting) -> Pairs:
    """What it is about, who, how and how long."""
    today = setting.today
    found = [
        (_("Facilitator"), words.who(one.facilitator_id, setting.staff)),
        (_("Deputy"), words.who(one.deputy_id, setting.staff)),
        (
            _("How"),
            ", ".join(
                (
                    support.FORMS[one.form],
                    support.COMPANIES[one.company],
                    support.SETTINGS[one.setting],
                )
            ),
        ),
        (_("Rhythm"), programme_form.rhythm_said(one.rhythm)),
        (_("Now"), _("every %(days)s", days=words.count(one.every_days, "day"))),
        (_("Started"), words.when(one.started_on, today=today)),
        (
            _("Planned until"),
            _("%(day)s; it ends by decision", day=words.when(one.planned_until, today=today)),
        ),
    ]
    if one.next_contact_on is not None:
        found.append((_("Next meeting"), words.when(one.next_contact_on, today=today)))
    if one.serves_course_id is not None:
        served = {
            True: _("the participation goal is served, as of the last review"),
            False: _("the participation goal is not served, as of the last review"),
            None: _("not reviewed yet"),
        }[one.serves_goal]
        found.append((_("Course that makes it possible"), served))
    return tuple(found)


def lines(one: ProgrammeBody, setting: Setting) -> tuple[str, ...]:
    """The programme as lines, to compare with."""
    state = f"{_('State')}: {support.STATUSES[one.status]}"
    return (*(f"{name}: {value}" for name, value in about(one, setting)), state)


def rungs(one: ProgrammeBody) -> tuple[Rung, ...]:
    """The graded ladder, done together first."""
    return tuple(
        Rung(
            number=str(rung.ordinal),
            what=rung.what,
            how=_("together") if rung.together else _("alone"),
            times=words.count(rung.times, "time") if rung.times else _("not yet"),
            anxiety=f"{rung.anxiety_before} → {rung.anxiety_after}"
            if rung.anxiety_before is not None and rung.anxiety_after is not None
            else "",
        )
        for rung in one.rungs
    )


def ladder_missing(one: ProgrammeBody, form: SupportForm) -> bool:
    """Whether it goes on without the ladder that belongs to its kind."""
    with_ladder = {kind.code for kind in form.kinds if kind.needs_activity}
    return one.kind in with_ladder and one.status != "closed" and not one.rungs


def delivered(one: ProgrammeBody, form: SupportForm) -> Delivered | None:
    """How a bounded course of sessions stands; None for support without an end."""
    found = one.delivered
    if found is None:
        return None
    kind = next((kind for kind in form.kinds if kind.code == one.kind), None)
    length = ""
    if kind and kind.shortest_minutes and kind.longest_minutes:
        length = f"{kind.shortest_minutes}-{kind.longest_minutes}"
    facts = [
        (_("Session"), _("%(held)s of %(of)s", held=found.sessions, of=found.planned)),
        (_("Meant by now"), str(found.expected_by_now)),
        (_("In the last month"), str(found.in_last_month)),
        (_("Together"), support.together(one)),
    ]
    if length:
        facts.append((_("Each session"), _("%(length)s minutes", length=length)))
    shows_content = one.kind == "cbt" or bool(found.content)
    return Delivered(
        facts=tuple(facts),
        warnings=tuple(support.pace(found)),
        content=tuple((part.label, found.content.get(part.code, 0)) for part in form.cbt_content)
        if shows_content
        else (),
        poor=_(
            "The score on day %(days)s foretold a poor outcome: review the plan with a prescriber.",
            days=", ".join(str(day) for day in found.poor_outlook_days),
        )
        if found.poor_outlook_days
        else "",
    )


def looks(one: ProgrammeBody, setting: Setting) -> tuple[Look, ...]:
    """Reviews, newest first as they came."""
    return tuple(
        Look(
            title=_(
                "%(day)s, %(name)s",
                day=words.when(look.on, today=setting.today),
                name=words.who(look.by, setting.staff),
            ),
            text=f"{_SERVES[_word(look.serves_goal)]} {_MODES[_word(look.mode_still_right)]}",
            note=look.note or "",
        )
        for look in one.reviews
    )


def _word(answer: bool) -> str:  # noqa: FBT001 - an answer
    return "yes" if answer else "no"


def overrides(one: ProgrammeBody, setting: Setting) -> Pairs:
    """Guards that were answered with a signed reason."""
    return tuple(
        (
            f"{override.title} ({override.rule})",
            _(
                "%(reason)s. Signed by %(name)s.",
                reason=override.reason,
                name=words.who(override.by, setting.staff),
            ),
        )
        for override in one.overrides
    )


def closing(one: ProgrammeBody, setting: Setting) -> str:
    """Why it was or shall be closed, in a sentence."""
    found = one.closing
    if found is None:
        return ""
    text = _(
        "%(reason)s. %(name)s, %(day)s.",
        reason=found.label,
        name=words.who(found.by, setting.staff),
        day=words.when(found.on, today=setting.today),
    )
    if found.confirmed_by is not None:
        text += " " + _("Confirmed by %(name)s.", name=words.who(found.confirmed_by, setting.staff))
    if found.warns:
        text += " " + _("Look twice (%(rule)s): nothing goes on after it.", rule=found.warns)
    return f"{text} {found.note}" if found.note else text


def closing_guard(one: ProgrammeBody, form: SupportForm) -> GuardBody | None:
    """What speaks against closing it now."""
    if not one.closing_guarded:
        return None
    return next((guard for guard in form.guards if guard.code == _CLOSING_GUARD), None)


def only(body: SupportBody, one: ProgrammeBody) -> SupportBody:
    """The same support with the contacts of this programme alone."""
    mine = tuple(held for held in body.contacts if held.programme_id == one.programme_id)
    return body.model_copy(update={"contacts": mine})


def beside_course(body: SupportBody, course_id: UUID) -> Pairs:
    """Support as the prescriber reads it beside the dose of one course (R-22)."""
    found = []
    for one in body.programmes:
        if one.status == "closed":
            continue
        taken = _(
            "month %(month)s of %(months)s, %(held)s meetings, %(minutes)s, missed %(missed)s",
            month=one.month,
            months=one.months,
            held=one.meetings,
            minutes=support.minutes(one.minutes),
            missed=one.missed,
        )
        found.append((one.label, taken))
        if one.serves_course_id == course_id:
            served = {
                True: _("yes, as of the last review"),
                False: _("no, as of the last review"),
                None: _("not reviewed yet"),
            }[one.serves_goal]
            goal = one.activity or one.label
            found.append((_("Does this course serve: %(goal)s?", goal=goal), served))
    return tuple(found)


def href(body: SupportBody) -> str:
    """Where support is shown."""
    return places.patient(body.patient_id, "support")
