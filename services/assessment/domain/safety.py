"""Safety flags: what raises one, how soon a person must act, and how it may end.

A flag is raised by an answer or by somebody who saw something, never by a total, and nothing but
a named person with an outcome takes it away: risk tools do not predict, so a later low score
lowers nothing (evidence pack 6.5).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from services.assessment.domain.instrument import Instrument, RedFlag
from services.assessment.domain.refusals import Conflict, RuleViolation
from services.assessment.domain.scoring import is_asked


class FlagStatus(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """A level of section 6.5. ``level`` 0 is the most urgent.

    ``same_day_if_first``: the first flag of its kind for a person falls due with the day.
    """

    level: int
    title: str
    within_hours: int
    source: str
    grade: str
    same_day_if_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """Something that raises a flag. ``by_staff``: a person may report it directly.

    ``said_at_check_in`` is treatment's code for the same thing said at a check-in.
    """

    code: str
    version: int
    kind: str
    level: int
    title: str
    act: str
    source: str
    grade: str
    by_staff: bool = False
    said_at_check_in: str | None = None

    @property
    def rule(self) -> str:
        """How the flag names what raised it: ``<code>@<version>``."""
        return f"{self.code}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a flag may end."""

    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRules:
    """The content of section 6.5 as this installation has it."""

    urgencies: tuple[Urgency, ...]
    triggers: tuple[Trigger, ...]
    outcomes: tuple[Outcome, ...]
    reviewed_by: str | None = None

    def __post_init__(self) -> None:
        levels = {urgency.level for urgency in self.urgencies}
        for trigger in self.triggers:
            if trigger.level not in levels:
                raise ValueError(f"trigger {trigger.code} has an unknown level: {trigger.level}")
        if len({trigger.code for trigger in self.triggers}) != len(self.triggers):
            raise ValueError("two triggers have the same code")

    def urgency(self, level: int) -> Urgency:
        return next(urgency for urgency in self.urgencies if urgency.level == level)

    def trigger(self, code: str) -> Trigger | None:
        return next((trigger for trigger in self.triggers if trigger.code == code), None)

    def said(self, dangers: Iterable[str]) -> tuple[Trigger, ...]:
        """What these dangers, said at a check-in, raise."""
        said = frozenset(dangers)
        return tuple(trigger for trigger in self.triggers if trigger.said_at_check_in in said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One thing that needs a person by ``due_at``."""

    flag_id: UUID
    patient_id: UUID
    trigger_code: str
    kind: str
    level: int
    rule: str
    title: str
    act: str
    source: str
    grade: str
    assessment_id: UUID | None
    raised_at: datetime
    due_at: datetime
    status: FlagStatus = FlagStatus.OPEN
    acknowledged_by: UUID | None = None
    acknowledged_at: datetime | None = None
    closed_by: UUID | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    note: str | None = None
    version: int = 1


def triggered(
    instrument: Instrument, answers: Mapping[str, int], *, intent_stated: bool
) -> tuple[str, ...]:
    """The triggers these answers pull, looked at before and without any total."""
    return tuple(
        flag.trigger
        for flag in instrument.red_flags
        if _is_pulled(instrument, flag, answers, intent_stated=intent_stated)
    )


def _is_pulled(
    instrument: Instrument, flag: RedFlag, answers: Mapping[str, int], *, intent_stated: bool
) -> bool:
    answer = answers.get(flag.item)
    if flag.at_least is None:
        item = instrument.item(flag.item)
        return answer is None and item is not None and is_asked(item, answers)
    if flag.with_intent and not intent_stated:
        return False
    return answer is not None and answer >= flag.at_least


def most_urgent(rules: SafetyRules, codes: Iterable[str]) -> tuple[Trigger, ...]:
    """One trigger for each kind: the highest level among the answers, never a sum of them."""
    chosen: dict[str, Trigger] = {}
    for code in codes:
        trigger = rules.trigger(code)
        if trigger is None:
            raise RuleViolation("unknown-trigger", f"There is no trigger {code}.", field="trigger")
        worst = chosen.get(trigger.kind)
        if worst is None or trigger.level < worst.level:
            chosen[trigger.kind] = trigger
    return tuple(sorted(chosen.values(), key=lambda trigger: trigger.level))


def due_at(
    urgency: Urgency, *, raised_at: datetime, zone: ZoneInfo, first_of_kind: bool
) -> datetime:
    """The instant by which a named person must have acted.

    "Same day" ends with the person's own day, so a flag raised in the evening is due sooner.
    """
    limit = raised_at + timedelta(hours=urgency.within_hours)
    if not (urgency.same_day_if_first and first_of_kind):
        return limit
    tomorrow = raised_at.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time.min, tzinfo=zone).astimezone(UTC)
    return min(limit, midnight)


def raised(
    rules: SafetyRules,
    trigger: Trigger,
    *,
    flag_id: UUID,
    patient_id: UUID,
    assessment_id: UUID | None,
    earlier: Iterable[Flag],
    zone: ZoneInfo,
    note: str | None,
    now: datetime,
) -> Flag:
    """A new flag. ``earlier`` are the person's flags so far: the first of a kind is due sooner."""
    first = all(flag.kind != trigger.kind for flag in earlier)
    urgency = rules.urgency(trigger.level)
    return Flag(
        flag_id=flag_id,
        patient_id=patient_id,
        trigger_code=trigger.code,
        kind=trigger.kind,
        level=trigger.level,
        rule=trigger.rule,
        title=trigger.title,
        act=trigger.act,
        source=trigger.source,
        grade=trigger.grade,
        assessment_id=assessment_id,
        raised_at=now,
        due_at=due_at(urgency, raised_at=now, zone=zone, first_of_kind=first),
        note=note,
    )


def not_yet_raised(
    triggers: Iterable[Trigger],
    earlier: Iterable[Flag],
    *,
    assessment_id: UUID,
    standing: Iterable[Trigger],
) -> tuple[Trigger, ...]:
    """The triggers of an amended assessment that need a flag of their own.

    A flag of this assessment covers a trigger while it is live. One that was closed covers only
    what stood in the answers all along (``standing`` are the triggers of the version before): an
    answer that was amended away and comes back is said again.
    """
    own = [flag for flag in earlier if flag.assessment_id == assessment_id]
    said_before = list(standing)

    def is_covered(trigger: Trigger) -> bool:
        stood = any(t.kind == trigger.kind and t.level <= trigger.level for t in said_before)
        return any(
            _covers(flag, trigger) and (flag.status is not FlagStatus.CLOSED or stood)
            for flag in own
        )

    return tuple(trigger for trigger in triggers if not is_covered(trigger))


def has_live(trigger: Trigger, flags: Iterable[Flag]) -> bool:
    """Whether somebody still has this, or something more urgent of its kind, in hand."""
    return any(flag.status is not FlagStatus.CLOSED and _covers(flag, trigger) for flag in flags)


def _covers(flag: Flag, trigger: Trigger) -> bool:
    return flag.kind == trigger.kind and flag.level <= trigger.level


def unreported(
    triggers: Iterable[Trigger],
    earlier: Collection[Flag],
    *,
    flag_ids: Collection[UUID],
    scored_in: Collection[UUID] = (),
) -> tuple[Trigger, ...]:
    """The triggers that no flag of this person covers: neither one named as raised for them, nor
    an open one of the same kind that a questionnaire named in ``scored_in`` raised by itself."""
    covered = {flag.trigger_code for flag in earlier if flag.flag_id in flag_ids}
    scored = {
        flag.kind
        for flag in earlier
        if flag.assessment_id in scored_in and flag.status is not FlagStatus.CLOSED
    }
    return tuple(
        trigger
        for trigger in triggers
        if trigger.code not in covered and trigger.kind not in scored
    )


def acknowledged(flag: Flag, *, by: UUID, now: datetime) -> Flag:
    """The flag with a person's name on it. Taking on a flag again changes nothing.

    Raises:
        Conflict: the flag is closed.
    """
    if flag.status is FlagStatus.CLOSED:
        raise Conflict("flag-closed", "This flag has been closed.")
    if flag.status is FlagStatus.ACKNOWLEDGED and flag.acknowledged_by == by:
        return flag
    return replace(
        flag,
        status=FlagStatus.ACKNOWLEDGED,
        acknowledged_by=by,
        acknowledged_at=now,
        version=flag.version + 1,
    )


def closed(
    rules: SafetyRules, flag: Flag, *, by: UUID, outcome: str, note: str | None, now: datetime
) -> Flag:
    """The flag with its end: who, and what was found and done.

    Raises:
        RuleViolation: the outcome is not one of the safety rules.
        Conflict: the flag is closed already.
    """
    if flag.status is FlagStatus.CLOSED:
        raise Conflict("flag-closed", "This flag has been closed already.")
    if outcome not in {known.code for known in rules.outcomes}:
        raise RuleViolation("unknown-outcome", "There is no such outcome.", field="outcome")
    return replace(
        flag,
        status=FlagStatus.CLOSED,
        closed_by=by,
        closed_at=now,
        outcome=outcome,
        note="\n".join(filter(None, (flag.note, note))) or None,
        version=flag.version + 1,
    )
