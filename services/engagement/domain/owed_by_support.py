"""What support owes the person, derived from programmes, contacts and what happened in a life."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.kind import Kind, Kinds
from services.engagement.domain.local_time import local_day
from services.engagement.domain.obligation import PLAN, Key, KindCode, Obligation, Place
from services.engagement.domain.signature import Signature
from services.engagement.domain.support import lost, missed, package, relapse_plan
from services.engagement.domain.support.carer import Carer, calls_with
from services.engagement.domain.support.contact import Contact, in_order
from services.engagement.domain.support.life_event import EventStatus, LifeEvent
from services.engagement.domain.support.lost import Decision
from services.engagement.domain.support.missed import Run
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.programme import Programme, Status
from services.engagement.domain.support.relapse_plan import RelapsePlan
from services.engagement.domain.support.rules import SupportRules
from services.engagement.domain.team import Staffing

PROGRAMME, CONTACT, LIFE_EVENT, MOTIVATION = "programme", "contact", "life-event", "motivation"
CARER = "carer"
SUPPORT = frozenset({PROGRAMME, CONTACT, LIFE_EVENT, MOTIVATION, CARER})
_DAY = timedelta(days=1)
_RUNNING_PLAN = frozenset({"signed", "active", "hold"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything about one person that support obligations depend on."""

    programmes: Sequence[Programme] = ()
    contacts: Sequence[Contact] = ()
    life_events: Sequence[LifeEvent] = ()
    drops: Sequence[Drop] = ()
    plan: RelapsePlan | None = None
    carers: Sequence[Carer] = ()
    decisions: Sequence[Decision] = ()
    flags: Sequence[Flag] = ()
    courses: Sequence[Course] = ()
    signatures: Sequence[Signature] = ()

    def of(self, one: Programme) -> Sequence[Contact]:
        """The programme's own meetings, held or not, in order."""
        mine = (c for c in self.contacts if c.programme_id == one.programme_id and c.is_occasion)
        return in_order(mine)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Turns a rule's answer into an obligation for whoever is responsible."""

    kinds: Kinds
    place: Place
    staffing: Staffing

    def make(
        self,
        code: KindCode,
        key: tuple[str, UUID, int],
        patient_id: UUID,
        due_on: date,
        *,
        due_at: datetime | None = None,
        overdue_on: date | None = None,
        preferred: UUID | None = None,
        subtype: str = "",
        rule: str = "",
        version: int = 1,
        course_id: UUID | None = None,
        done_at: datetime | None = None,
    ) -> Obligation:
        kind = self.kinds[code]
        subject_kind, subject_id, ordinal = key
        owner, role = self._responsible(kind, preferred)
        return Obligation(
            key=Key(subject_kind, subject_id, version, ordinal, code),
            patient_id=patient_id,
            course_id=course_id,
            for_role=role,
            risk=kind.risk,
            due_on=due_on,
            due_at=due_at or self.place.at(due_on),
            overdue_from=self.place.start_of((overdue_on or due_on) + _DAY),
            detail={name: said for name, said in (("subtype", subtype), ("rule", rule)) if said},
            owner=owner,
            done_at=done_at,
        )

    def _responsible(self, kind: Kind, preferred: UUID | None) -> tuple[UUID | None, str]:
        """The named person in their own role; without them whoever has the kind's role."""
        colleague = self.staffing.colleagues.get(preferred) if preferred else None
        if colleague is not None and colleague.active:
            return preferred, colleague.role
        return None, kind.role


def obligations_of_support(
    known: Known, rules: SupportRules, kinds: Kinds, place: Place, staffing: Staffing
) -> tuple[Obligation, ...]:
    """Everything support owes, done or not; each key once."""
    maker = _Maker(kinds, place, staffing)
    found: list[Obligation] = []
    for one in known.programmes:
        found += _programme(one, known, rules, maker)
    found += _missed(known, rules, maker)
    for event in known.life_events:
        found += _life_event(event, maker, known)
    found += [_drop(drop, maker, known) for drop in known.drops if not drop.dismissed]
    for carer in known.carers:
        found += _carer_calls(carer, maker, known)
    found += _before_the_last_step(known, maker)
    return tuple(found)


def responsible_for(known: Known, staffing: Staffing) -> UUID | None:
    """Who speaks with the person outside a planned meeting: the facilitator, else the deputy."""
    for one in known.programmes:
        if one.is_open:
            return _carries(one, staffing)
    return None


def _carries(one: Programme, staffing: Staffing) -> UUID | None:
    """The facilitator, in their absence the deputy, else who said yes to this person meanwhile."""
    named = [one_ for one_ in (one.facilitator_id, one.deputy_id) if one_ is not None]
    for staff_id in named:
        if staffing.works_here(staff_id):
            return staff_id
    covers = (staffing.away[one_].cover for one_ in named if one_ in staffing.away)
    return next((one_ for one_ in covers if one_ and staffing.works_here(one_)), None)


def _programme(
    one: Programme, known: Known, rules: SupportRules, maker: _Maker
) -> Iterator[Obligation]:
    kind = rules.kinds[one.kind]
    occasions = known.of(one)
    who = _carries(one, maker.staffing)
    for number, held in enumerate(occasions, start=1):
        yield maker.make(
            KindCode.PROGRAMME_CONTACT,
            (PROGRAMME, one.programme_id, number),
            one.patient_id,
            held.on,
            preferred=who,
            subtype=kind.label,
            done_at=held.recorded_at,
        )
    if not one.is_open:
        yield from _plan_after_the_end(one, known, rules, maker, who)
        return
    next_on = one.next_on(occasions)
    yield maker.make(
        KindCode.PROGRAMME_CONTACT,
        (PROGRAMME, one.programme_id, len(occasions) + 1),
        one.patient_id,
        next_on,
        preferred=who,
        subtype=kind.label,
    )
    yield from _gap(one, rules, maker)
    yield from _deputy_gap(one, rules, maker)
    yield from _looks(one, occasions, rules, maker, who)
    yield from _pace(one, occasions, rules, maker, who)
    yield from _ending(one, known, rules, maker, who)


def _gap(one: Programme, rules: SupportRules, maker: _Maker) -> Iterator[Obligation]:
    """The warning at 7 days and the escalation at 14 (R-33)."""
    since = one.gap_since or _on_leave_since(one, maker.staffing)
    if since is None:
        return
    limits = rules.limits
    for code, days in (
        (KindCode.FACILITATOR_GAP, limits.gap_warns_days),
        (KindCode.FACILITATOR_GAP_LONG, limits.gap_escalates_days),
    ):
        yield maker.make(
            code,
            (PROGRAMME, one.programme_id, since.toordinal()),
            one.patient_id,
            since + timedelta(days=days),
            rule="R-33",
        )


def _deputy_gap(one: Programme, rules: SupportRules, maker: _Maker) -> Iterator[Obligation]:
    """Nobody to stand in: the lead hears of it after the same days (R-11)."""
    if one.deputy_gap_since is None:
        return
    yield maker.make(
        KindCode.DEPUTY_GAP,
        (PROGRAMME, one.programme_id, one.deputy_gap_since.toordinal()),
        one.patient_id,
        one.deputy_gap_since + timedelta(days=rules.limits.gap_warns_days),
        rule="R-11",
    )


def _on_leave_since(one: Programme, staffing: Staffing) -> date | None:
    """The first day without the facilitator, while they are on leave (R-33).

    What falls due only after they are back is taken away again when they return.
    """
    away = staffing.away.get(one.facilitator_id) if one.facilitator_id else None
    return away.since if away else None


def _looks(
    one: Programme,
    occasions: Sequence[Contact],
    rules: SupportRules,
    maker: _Maker,
    who: UUID | None,
) -> Iterator[Obligation]:
    """The quarterly look, and the one 4 weeks after meeting further away (R-28)."""
    every = timedelta(days=rules.limits.review_every_days)
    last = max((look.on for look in one.looks), default=one.started_on)
    yield maker.make(
        KindCode.PROGRAMME_REVIEW,
        (PROGRAMME, one.programme_id, len(one.looks) + 1),
        one.patient_id,
        last + every,
        preferred=who,
        subtype=rules.kinds[one.kind].label,
    )
    for number, look in enumerate(one.looks, start=1):
        yield maker.make(
            KindCode.PROGRAMME_REVIEW,
            (PROGRAMME, one.programme_id, number),
            one.patient_id,
            look.on,
            preferred=who,
            subtype=rules.kinds[one.kind].label,
            done_at=look.at,
        )
    downgrades = [held for held in occasions if held.is_meeting and held.mode_reason is not None]
    for held in downgrades[-1:]:
        yield maker.make(
            KindCode.MODE_REVIEW,
            (CONTACT, held.contact_id, 1),
            one.patient_id,
            held.on + timedelta(days=rules.limits.downgrade_review_days),
            preferred=who,
            subtype=rules.modes[held.mode].label,
            rule="R-28",
            done_at=_nearer_again(held, one, occasions, rules),
        )


def _nearer_again(
    held: Contact, one: Programme, occasions: Sequence[Contact], rules: SupportRules
) -> datetime | None:
    """A look at the mode, or a meeting nearer by, whichever came first."""
    looked = [look.at for look in one.looks if look.at > held.recorded_at]
    rank = rules.modes[held.mode].rank
    nearer = [
        later.recorded_at
        for later in occasions
        if later.is_meeting and later.at > held.at and rules.modes[later.mode].rank < rank
    ]
    return min((*looked, *nearer), default=None)


def _pace(
    one: Programme,
    occasions: Sequence[Contact],
    rules: SupportRules,
    maker: _Maker,
    who: UUID | None,
) -> Iterator[Obligation]:
    pack = rules.kinds[one.kind].package
    held = [one_ for one_ in occasions if one_.is_meeting]
    if pack is None or len(held) >= pack.sessions:
        return
    yield maker.make(
        KindCode.PACE,
        (PROGRAMME, one.programme_id, len(held)),
        one.patient_id,
        package.below_pace_from(pack, held, started_on=one.started_on),
        preferred=who,
        subtype=f"{len(held)} of {pack.sessions}",
        rule="R-15" if pack.total_minutes is None else "R-19",
    )


def _ending(
    one: Programme, known: Known, rules: SupportRules, maker: _Maker, who: UUID | None
) -> Iterator[Obligation]:
    """Ended by decision: the planned day only asks for one (R-25)."""
    label = rules.kinds[one.kind].label
    yield maker.make(
        KindCode.PROGRAMME_DECISION,
        (PROGRAMME, one.programme_id, one.extensions + 1),
        one.patient_id,
        one.planned_until,
        preferred=who,
        subtype=label,
        rule="R-25",
    )
    if one.status is Status.CLOSING and one.closing is not None:
        yield maker.make(
            KindCode.CONFIRM_CLOSING,
            (PROGRAMME, one.programme_id, one.version),
            one.patient_id,
            one.closing.on,
            due_at=one.closing.at,
            subtype=label,
            rule="R-31",
        )
    yield maker.make(
        KindCode.RELAPSE_PLAN,
        (PROGRAMME, one.programme_id, one.extensions + 1),
        one.patient_id,
        _plan_due_on(one, rules),
        overdue_on=one.planned_until,
        preferred=who,
        done_at=_written_at(known.plan, one.planned_until),
    )


def _plan_after_the_end(
    one: Programme, known: Known, rules: SupportRules, maker: _Maker, who: UUID | None
) -> Iterator[Obligation]:
    """Ending, early or not, waits for no plan; the plan stays owed until it is written (6.3).

    One written since then settles it even where the person did not agree: it was offered, and
    the record still says that no plan holds.
    """
    closing = one.closing
    if closing is None or _is_no_support(closing.reason, rules):
        return
    plan = known.plan
    written_since = plan is not None and plan.written_at >= closing.at
    yield maker.make(
        KindCode.RELAPSE_PLAN,
        (PROGRAMME, one.programme_id, one.extensions + 1),
        one.patient_id,
        min(_plan_due_on(one, rules), closing.on),
        overdue_on=min(one.planned_until, closing.on),
        preferred=who,
        done_at=plan.written_at if plan and written_since else _written_at(plan, closing.on),
    )


def _is_no_support(reason: str, rules: SupportRules) -> bool:
    """A reason that is no longer in the content still ended support."""
    return reason in rules.reasons and rules.reasons[reason].no_support


def _plan_due_on(one: Programme, rules: SupportRules) -> date:
    return one.planned_until - timedelta(days=rules.limits.relapse_plan_before_days)


def _written_at(plan: RelapsePlan | None, on: date) -> datetime | None:
    """When the plan was written that still holds on that day."""
    return plan.written_at if plan is not None and relapse_plan.is_current(plan, on) else None


def _before_the_last_step(known: Known, maker: _Maker) -> Iterator[Obligation]:
    """A plan is written before the dose reaches its end (evidence pack 6.3, NICE 1.8.7)."""
    for course in known.courses:
        taper = course.taper
        if taper is None or taper.status not in _RUNNING_PLAN:
            continue
        if course.phase not in maker.kinds[KindCode.RELAPSE_PLAN].lives_in:
            continue
        near = [step for step in taper.steps if step.ordinal >= taper.step_count - 1]
        if not near:
            continue
        first = min(near, key=lambda step: step.ordinal)
        yield maker.make(
            KindCode.RELAPSE_PLAN,
            (PLAN, taper.plan_id, taper.step_count),
            course.patient_id,
            first.change_on,
            version=taper.plan_version,
            course_id=course.course_id,
            preferred=responsible_for(known, maker.staffing),
            done_at=_written_at(known.plan, first.change_on),
        )


def _missed(known: Known, rules: SupportRules, maker: _Maker) -> Iterator[Obligation]:
    """The way back, for the run that is open; what an ended run owed is done by its end."""
    for run, end in missed.ended_runs(known.contacts):
        yield from _run(run, known, rules, maker, done_at=end.recorded_at, until=end.on)
    run_ = missed.open_run(known.contacts)
    if run_ is not None:
        end_ = lost.ended_by(run_, known.decisions)
        yield from _run(
            run_,
            known,
            rules,
            maker,
            done_at=end_.at if end_ else None,
            until=end_.on if end_ else None,
        )


def _run(
    run: Run,
    known: Known,
    rules: SupportRules,
    maker: _Maker,
    *,
    done_at: datetime | None,
    until: date | None,
) -> Iterator[Obligation]:
    first, patient_id = run.first, run.first.patient_id
    who = responsible_for(known, maker.staffing)
    urgent = _urgent(run, known, rules, is_open=done_at is None)
    code = KindCode.MISSED_CONTACT_URGENT if urgent else KindCode.MISSED_CONTACT
    for number, after in enumerate(rules.missed.attempt_days, start=1):
        due_on = first.on + timedelta(days=after)
        if until is not None and due_on > until:
            continue
        attempt = run.tried_on_or_after(due_on)
        yield maker.make(
            code if number == 1 else KindCode.MISSED_CONTACT,
            (CONTACT, first.contact_id, number),
            patient_id,
            due_on,
            due_at=first.recorded_at if number == 1 else None,
            preferred=who,
            subtype=", ".join(urgent) if number == 1 else "",
            rule="T-22" if "taper-step" in urgent else "",
            done_at=attempt.recorded_at if attempt else done_at,
        )
    if urgent:
        welfare_at = first.recorded_at + timedelta(hours=rules.missed.welfare_hours)
        yield maker.make(
            KindCode.WELFARE_CHECK,
            (CONTACT, first.contact_id, 1),
            patient_id,
            local_day(welfare_at, maker.place.zone),
            due_at=welfare_at,
            subtype=", ".join(urgent),
            done_at=done_at,
        )
    letter_on = first.on + timedelta(days=rules.missed.letter_days)
    letter = run.letter()
    if until is None or letter_on <= until:
        yield maker.make(
            KindCode.MISSED_LETTER,
            (CONTACT, first.contact_id, 1),
            patient_id,
            letter_on,
            preferred=who,
            done_at=letter.recorded_at if letter else done_at,
        )
    prescriber_on = first.on + timedelta(days=rules.missed.prescriber_days)
    if until is None or prescriber_on <= until:
        yield maker.make(
            KindCode.MISSED_PRESCRIBER,
            (CONTACT, first.contact_id, 1),
            patient_id,
            prescriber_on,
            done_at=done_at,
        )
    if len(run.misses) >= rules.missed.team_review_misses:
        second = run.misses[rules.missed.team_review_misses - 1]
        yield maker.make(
            KindCode.MISSED_REVIEW,
            (CONTACT, first.contact_id, 1),
            patient_id,
            second.on,
            due_at=second.recorded_at,
            overdue_on=second.on + timedelta(days=rules.missed.reassess_from_days),
            subtype=f"{len(run.misses)} in a row",
            done_at=done_at,
        )


def _urgent(run: Run, known: Known, rules: SupportRules, *, is_open: bool) -> tuple[str, ...]:
    """As it was when the miss was recorded; and while the run is open, as it is by now."""
    then = run.first.urgent_because
    if not is_open:
        return then
    now = missed.urgency(
        run.first.on,
        flags=known.flags,
        courses=known.courses,
        starts=[one.started_on for one in known.programmes],
        rules=rules.missed,
    )
    return tuple(dict.fromkeys((*then, *now)))


def _life_event(event: LifeEvent, maker: _Maker, known: Known) -> Iterator[Obligation]:
    if event.status is EventStatus.WITHDRAWN:
        return
    yield maker.make(
        KindCode.LIFE_EVENT_CONTACT,
        (LIFE_EVENT, event.life_event_id, 1),
        event.patient_id,
        event.recorded_on,
        due_at=event.recorded_at,
        overdue_on=event.contact_by,
        preferred=responsible_for(known, maker.staffing),
        subtype=event.kind,
        rule="R-35",
        done_at=event.followed_up_at,
    )


def _carer_calls(carer: Carer, maker: _Maker, known: Known) -> Iterator[Obligation]:
    """The calls agreed with somebody near to the person, while the consent stands (R-38)."""
    theirs = [one for one in known.contacts if one.carer_id == carer.carer_id]
    for number, call in enumerate(calls_with(carer, theirs), start=1):
        yield maker.make(
            KindCode.CARER_CALL,
            (CARER, carer.carer_id, number),
            theirs[0].patient_id,
            call.on,
            preferred=responsible_for(known, maker.staffing),
            rule="R-38",
            done_at=call.done_at,
        )


def _drop(drop: Drop, maker: _Maker, known: Known) -> Obligation:
    return maker.make(
        KindCode.MOTIVATION_CONTACT,
        (MOTIVATION, drop.reading_id, 1),
        drop.patient_id,
        drop.measured_on,
        due_at=drop.recorded_at,
        overdue_on=drop.contact_by,
        preferred=responsible_for(known, maker.staffing),
        subtype=_said(drop),
        rule="R-34",
        done_at=drop.talk.at if drop.talk else None,
    )


def _said(drop: Drop) -> str:
    if not drop.falls:
        return _fell(drop.value, drop.previous)
    return "; ".join(f"{one.ruler} {_fell(one.value, one.previous)}" for one in drop.falls)


def _fell(value: int, previous: int | None) -> str:
    return f"{value}" if previous is None else f"{value}, was {previous}"
