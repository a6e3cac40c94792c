"""A programme of support: who, what for, how often, and how it ends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.support.contact import Contact, in_order
from services.engagement.domain.support.refusals import (
    ClosingPending,
    NoClosingPending,
    ProgrammeClosed,
    RuleBroken,
    SecondPersonNeeded,
)
from services.engagement.domain.support.rules import Beat, Limits, Mode, ProgrammeKind

_DAYS_A_MONTH = 365 / 12


class Status(StrEnum):
    """Where the programme stands."""

    ACTIVE = "active"
    CLOSING = "closing-requested"
    CLOSED = "closed"


class Form(StrEnum):
    """Alone with somebody, or in a group (R-18, R-32)."""

    INDIVIDUAL = "individual"
    GROUP = "group"


class Company(StrEnum):
    """Whether somebody goes along, or only encourages (R-12)."""

    TOGETHER = "together"
    ENCOURAGEMENT = "encouragement-only"


class Setting(StrEnum):
    """Where it takes place."""

    COMMUNITY = "community"
    HOME = "home"
    CLINIC = "clinic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the graded ladder. ``together`` first, alone later, by agreement."""

    ordinal: int
    what: str
    together: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A guard that somebody answered with a signed, coded reason."""

    guard: str
    reason: str
    by: UUID
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A review of the programme. ``serves_goal`` says whether it still serves what it is for."""

    on: date
    at: datetime
    by: UUID
    serves_goal: bool
    mode_still_right: bool
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Who wanted to close it, why, and who confirmed it where that is needed."""

    reason: str
    by: UUID
    at: datetime
    on: date
    note: str | None = None
    confirmed_by: UUID | None = None
    needs_supervisor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """One programme of one person. Days are counted from ``started_on``.

    ``gap_since`` and ``deputy_gap_since`` are the first days without somebody who still works near
    the person. Who left is named no more; who works elsewhere stays named, and is back on return.
    """

    programme_id: UUID
    patient_id: UUID
    kind: str
    status: Status
    form: Form
    company: Company
    setting: Setting
    activity: str
    facilitator_id: UUID | None
    deputy_id: UUID | None
    started_on: date
    started_at: datetime
    first_contact_on: date
    planned_until: date
    rhythm: tuple[Beat, ...]
    activity_id: UUID | None = None
    rungs: tuple[Rung, ...] = ()
    overrides: tuple[Override, ...] = ()
    looks: tuple[Look, ...] = ()
    serves_course_id: UUID | None = None
    gap_since: date | None = None
    deputy_gap_since: date | None = None
    extensions: int = 0
    closing: Closing | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it goes on. A wish to close it does not end it."""
        return self.status is not Status.CLOSED

    @property
    def counts(self) -> bool:
        """Whether it is facilitation at all: encouragement alone is not (R-12)."""
        return self.company is Company.TOGETHER

    def day(self, on: date) -> int:
        """Days since it started."""
        return (on - self.started_on).days

    def every(self, on: date) -> int:
        """Days between meetings at that time. After the last beat the rhythm goes on (R-25)."""
        day = self.day(on)
        return next((b.every_days for b in self.rhythm if day < b.until_day), self._last.every_days)

    def is_active_phase(self, on: date, kind: ProgrammeKind) -> bool:
        """Whether the programme is in its first and densest phase (R-26, R-28).

        It lasts at least as long as the kind's own, into however many parts a rhythm is cut.
        """
        return self.day(on) < max(self.rhythm[0].until_day, kind.rhythm[0].until_day)

    def expected_by(self, on: date) -> int:
        """How many meetings the rhythm asks for from the first one up to that day."""
        count, day = 0, self.first_contact_on
        while day <= on:
            count += 1
            day += timedelta(days=self.every(day))
        return count

    def next_on(self, occasions: Iterable[Contact]) -> date:
        """When the next meeting is due: as agreed at the last one, else by the rhythm."""
        held = in_order(occasions)
        if not held:
            return self.first_contact_on
        last = held[-1]
        return last.next_on or last.on + timedelta(days=self.every(last.on))

    @property
    def _last(self) -> Beat:
        return self.rhythm[-1]


def guards_of(programme: Programme, kind: ProgrammeKind, limits: Limits) -> tuple[str, ...]:
    """The pitfalls this plan runs into; each needs a signed reason."""
    found = []
    if kind.package is None and _is_brief(programme, limits):
        found.append("brief-only")
    if programme.form is Form.GROUP:
        found.append("group-only")
    if programme.company is Company.ENCOURAGEMENT:
        found.append("encouragement-only")
    return tuple(found)


def _is_brief(programme: Programme, limits: Limits) -> bool:
    """A plan that ends in the weekly phase, or has hardly a meeting in it (R-13)."""
    days = limits.supervisor_before_weeks * 7
    planned = programme.expected_by(programme.started_on + timedelta(days=days))
    return programme.rhythm[-1].until_day < days or planned < limits.least_meetings


def check_start(programme: Programme, kind: ProgrammeKind) -> None:
    """Refuse a plan that cannot start: a part is missing, or its ladder begins alone.

    Raises:
        RuleBroken: names what is missing.
    """
    check_parts(programme, kind)
    check_ladder(programme)


def check_ladder(programme: Programme, contacts: Iterable[Contact] = ()) -> None:
    """Refuse a ladder whose lowest step is not done together first (evidence pack 6.3).

    It may be done alone once the two have done it together at a meeting. Where nobody goes along
    at all, that pitfall has its own signed reason (R-12).

    Raises:
        RuleBroken: names the ladder.
    """
    lowest = min((rung.ordinal for rung in programme.rungs), default=None)
    alone = any(rung.ordinal == lowest and not rung.together for rung in programme.rungs)
    if not alone or not programme.counts:
        return
    if not any(one.is_meeting and one.together and one.step == lowest for one in contacts):
        raise RuleBroken(
            "ladder-begins-alone",
            "The lowest step of the ladder is done together first.",
            field="rungs",
            rule="6.3",
        )


def check_parts(programme: Programme, kind: ProgrammeKind) -> None:
    """Refuse a plan that lacks what makes it one (R-11).

    Raises:
        RuleBroken: names what is missing.
    """
    if programme.facilitator_id is None:
        raise RuleBroken(
            "facilitator-missing",
            "No programme without a named facilitator.",
            field="facilitator_id",
            rule="R-11",
        )
    if kind.needs_deputy and programme.deputy_id is None:
        raise RuleBroken(
            "deputy-missing",
            "Name a deputy, for the days the facilitator is away.",
            field="deputy_id",
            rule="R-11",
        )
    if programme.deputy_id == programme.facilitator_id:
        raise RuleBroken(
            "deputy-is-facilitator",
            "The deputy is somebody else than the facilitator.",
            field="deputy_id",
            rule="R-11",
        )
    if kind.needs_activity and not programme.activity.strip():
        raise RuleBroken(
            "activity-missing",
            "Name one activity that the person chose and values.",
            field="activity",
            rule="R-11",
        )
    if kind.needs_activity and programme.setting is Setting.CLINIC:
        raise RuleBroken(
            "not-in-the-community",
            "Participation takes place outside the clinic.",
            field="setting",
            rule="R-11",
        )
    check_rhythm(programme.rhythm)
    if programme.first_contact_on < programme.started_on:
        raise RuleBroken(
            "first-meeting-before-start",
            "The first meeting is not before the start.",
            field="first_contact_on",
        )


def check_rhythm(rhythm: tuple[Beat, ...]) -> None:
    """Refuse a rhythm that goes back in time or never beats.

    Raises:
        RuleBroken: names the rhythm.
    """
    days = [beat.until_day for beat in rhythm]
    if not rhythm or days != sorted(set(days)) or any(b.every_days < 1 for b in rhythm):
        raise RuleBroken(
            "rhythm-unusable",
            "Each part of the rhythm ends later than the one before and has an interval.",
            field="rhythm",
        )


def check_contact(
    programme: Programme,
    kind: ProgrammeKind,
    contact: Contact,
    earlier: Iterable[Contact],
    *,
    modes: Mapping[str, Mode],
    cbt_content: Mapping[str, str],
) -> None:
    """Refuse a meeting that does not belong to the programme as it is.

    Raises:
        ProgrammeClosed: it takes no more meetings.
        RuleBroken: names the field and the rule.
    """
    if not programme.is_open:
        raise ProgrammeClosed
    if contact.on < programme.started_on:
        raise RuleBroken(
            "before-the-start", "The programme had not started on that day.", field="at"
        )
    if not contact.is_meeting:
        return
    if kind.package is not None and kind.code == "cbt" and not contact.cbt_content:
        raise RuleBroken(
            "session-content-missing",
            "Tick at least one of the five parts that the session was about.",
            field="cbt_content",
            rule="R-16",
        )
    if unknown := sorted(set(contact.cbt_content) - set(cbt_content)):
        raise RuleBroken(
            "session-content-unknown", f"There is no part {unknown[0]}.", field="cbt_content"
        )
    if contact.step is not None and contact.step not in {r.ordinal for r in programme.rungs}:
        raise RuleBroken("rung-unknown", "The ladder has no step of this number.", field="step")
    if contact.mode_reason is None and is_downgrade(programme, kind, contact, earlier, modes):
        raise RuleBroken(
            "mode-needs-reason",
            "Further away than the meeting before, in the active phase: say why."
            " It is looked at again after 4 weeks.",
            field="mode_reason",
            rule="R-28",
        )


def is_downgrade(
    programme: Programme,
    kind: ProgrammeKind,
    contact: Contact,
    earlier: Iterable[Contact],
    modes: Mapping[str, Mode],
) -> bool:
    """Whether the mode is further away than at the meeting before, in the active phase (R-28).

    The first meeting is compared with face to face. In maintenance the telephone is as good
    (R-27); what a kind is held by as well as in person is so all along.
    """
    if contact.mode in kind.in_person_or_by or not programme.is_active_phase(contact.on, kind):
        return False
    before = [one for one in in_order(earlier) if one.is_meeting and one.at < contact.at]
    nearest = modes[before[-1].mode].rank if before else 0
    return modes[contact.mode].rank > nearest


def with_facilitator(
    programme: Programme, *, facilitator_id: UUID, deputy_id: UUID | None
) -> Programme:
    """Somebody is named; a gap ends.

    Raises:
        ProgrammeClosed: it needs nobody any more.
    """
    _require_open(programme)
    return replace(
        programme,
        facilitator_id=facilitator_id,
        deputy_id=deputy_id,
        gap_since=None,
        deputy_gap_since=None,
        version=programme.version + 1,
    )


def with_gap(programme: Programme, on: date) -> Programme:
    """The facilitator is gone. The deputy carries on, but nobody is named (R-33)."""
    since = programme.gap_since or on
    return replace(programme, facilitator_id=None, gap_since=since, version=programme.version + 1)


def without_deputy(programme: Programme, on: date) -> Programme:
    """The deputy is gone, and nobody stands in for the facilitator."""
    since = programme.deputy_gap_since or on
    return replace(programme, deputy_id=None, deputy_gap_since=since, version=programme.version + 1)


def staffed(
    programme: Programme, kind: ProgrammeKind, is_here: Callable[[UUID], bool], on: date
) -> Programme:
    """The programme with its gaps as they are on that day, or itself where none began or ended.

    A gap that goes on keeps its first day.
    """
    if not programme.is_open:
        return programme

    def since(staff_id: UUID | None, known: date | None) -> date | None:
        return None if staff_id is not None and is_here(staff_id) else known or on

    gap = since(programme.facilitator_id, programme.gap_since)
    deputy = programme.deputy_gap_since
    without = since(programme.deputy_id, deputy) if kind.needs_deputy else None
    if (gap, without) == (programme.gap_since, deputy):
        return programme
    return replace(
        programme, gap_since=gap, deputy_gap_since=without, version=programme.version + 1
    )


def changed(programme: Programme, **values: object) -> Programme:
    """The programme with these values and the next version.

    Raises:
        ProgrammeClosed: nothing about it changes any more.
    """
    _require_open(programme)
    return replace(programme, **values, version=programme.version + 1)  # type: ignore[arg-type]


def needs_supervisor(programme: Programme, kind: ProgrammeKind, on: date, limits: Limits) -> bool:
    """Whether closing on that day is the brief support the guard speaks of (R-13, R-31)."""
    return kind.package is None and programme.day(on) < limits.supervisor_before_weeks * 7


def is_early(programme: Programme, on: date, limits: Limits) -> bool:
    """Whether the programme is closed before its year is over."""
    return programme.day(on) < round(limits.reason_before_months * _DAYS_A_MONTH)


def asked_to_close(programme: Programme, closing: Closing) -> Programme:
    """Close it, or wait for the supervisor where the guard says so.

    Raises:
        ProgrammeClosed, ClosingPending: it is, or somebody asked already.
    """
    _require_open(programme)
    if programme.status is Status.CLOSING:
        raise ClosingPending
    status = Status.CLOSING if closing.needs_supervisor else Status.CLOSED
    return replace(programme, status=status, closing=closing, version=programme.version + 1)


def closing_decided(programme: Programme, *, by: UUID, on: date, confirmed: bool) -> Programme:
    """A supervisor confirms or declines an early closing.

    Raises:
        NoClosingPending: nobody asked.
        SecondPersonNeeded: nobody confirms what they asked for themselves.
    """
    closing = programme.closing
    if programme.status is not Status.CLOSING or closing is None:
        raise NoClosingPending
    if closing.by == by and confirmed:
        raise SecondPersonNeeded
    if not confirmed:
        return replace(programme, status=Status.ACTIVE, closing=None, version=programme.version + 1)
    return replace(
        programme,
        status=Status.CLOSED,
        closing=replace(closing, confirmed_by=by, on=on),
        version=programme.version + 1,
    )


def _require_open(programme: Programme) -> None:
    if not programme.is_open:
        raise ProgrammeClosed
