"""From the records of support to the bodies pages read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.engagement.adapters.histories import scores_of
from services.engagement.application.apply_reading import lowest
from services.engagement.application.close_programme import (
    closing_document,
    closing_is_guarded,
    confirming_document,
)
from services.engagement.application.ports import CoursePoint, Reading, Surroundings
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import (
    carer,
    doses,
    life_event,
    lost,
    missed,
    outside,
    package,
)
from services.engagement.domain.support.arms import proposals
from services.engagement.domain.support.contact import Contact, Outcome, in_order
from services.engagement.domain.support.life_event import EventStatus, LifeEvent
from services.engagement.domain.support.lost import Course, Decision
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import Programme, Status, is_early
from services.engagement.domain.support.referral import Referral
from services.engagement.domain.support.relapse_plan import RelapsePlan, is_current
from services.engagement.domain.support.rules import Missed, ProgrammeKind, SupportRules
from services.engagement.domain.support.signing import CLOSE_EARLY, CONFIRM_CLOSING
from services.engagement.domain.wording import reads_of_medicines
from shared.api import support as api

_MONTH_DAYS = 365 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Everything the page about one person's support is made from."""

    patient_id: UUID
    known: Known
    profile: Profile
    around: Surroundings | None
    readings: Sequence[Reading]
    points: Sequence[CoursePoint]
    referrals: Sequence[Referral]
    rules: Rules
    today: date
    now: datetime
    role: str

    @property
    def support(self) -> SupportRules:
        """The content of support."""
        return self.rules.support


def support_form(rules: SupportRules) -> api.SupportForm:
    """Everything a form offers."""
    return api.SupportForm(
        kinds=tuple(_kind(kind) for kind in rules.kinds.values()),
        modes=tuple(
            api.ModeBody(code=one.code, label=one.label, written=one.written)
            for one in rules.modes.values()
        ),
        cbt_content=_choices(rules.cbt_content),
        life_events=_choices(rules.life_events.kinds),
        closing_reasons=_reasons(rules, "closing"),
        guards=tuple(guard_body(rules, code) for code in rules.guards),
        facilitator_roles=tuple(sorted(rules.limits.facilitator_roles)),
        least_meetings=rules.limits.least_meetings,
        least_meetings_weeks=rules.limits.supervisor_before_weeks,
        lowest_rating=rules.limits.lowest_rating,
        highest_rating=rules.limits.highest_rating,
        shortest_minutes=rules.limits.shortest_minutes,
        longest_minutes=rules.limits.longest_minutes,
        ruler=rules.motivation.instrument,
        carer_call_every_days=rules.carers.call_every_days,
        drawn=rules.outcomes.trajectory,
        carer_guidance=tuple(
            api.TopicBody(
                code=one.code,
                gives=one.gives,
                title=one.title,
                lines=one.lines,
                source=one.source,
                grade=one.grade,
            )
            for one in rules.carers.topics
        ),
    )


def guard_body(rules: SupportRules, code: str) -> api.GuardBody:
    """A pitfall with the reasons that answer it."""
    guard = rules.guards[code]
    return api.GuardBody(
        code=code,
        rule=guard.rule,
        title=guard.title,
        text=guard.text,
        reasons=_reasons(rules, code),
    )


def support_body(told: Told) -> api.SupportBody:
    """Everything of one person."""
    known, rules = told.known, told.support
    contacts = in_order(known.contacts)
    drawn = rules.outcomes.trajectory
    scores = scores_of(told.readings, drawn)
    scores.sort(key=lambda one: (one[1].on, drawn.index(one[0])))
    return api.SupportBody(
        patient_id=told.patient_id,
        as_of=told.now,
        programmes=tuple(programme_body(one, told) for one in _newest_first(known.programmes)),
        contacts=tuple(_contact(one) for one in reversed(contacts)),
        run=_run(told),
        life_events=tuple(_event(one, rules) for one in reversed(known.life_events)),
        drops=tuple(_drop(one) for one in sorted(known.drops, key=_measured, reverse=True)),
        ruler=tuple(
            api.ScoreBody(instrument=one.instrument, on=one.taken_on, total=value)
            for one in told.readings
            if one.instrument == rules.motivation.instrument
            and (value := lowest(one, rules.motivation)) is not None
        ),
        relapse_plan=_plan(known.plan, told.today),
        profile=_profile(told),
        carers=_carers(told.around, contacts, rules),
        referrals=tuple(_referral(one) for one in sorted(told.referrals, key=_sent, reverse=True)),
        doses=_months(contacts, told.today),
        scores=tuple(
            api.ScoreBody(instrument=code, on=score.on, total=score.total) for code, score in scores
        ),
        dose_points=_dose_points(told.points) if reads_of_medicines(told.role) else (),
        proposals=proposals(
            programmes=known.programmes,
            courses=known.courses,
            scores=[score for code, score in scores if code == rules.outcomes.instrument],
            rules=rules.outcomes,
            today=told.today,
        ),
        actions=("start-programme", "record-contact", "record-life-event", "write-relapse-plan"),
    )


def programme_body(one: Programme, told: Told) -> api.ProgrammeBody:
    """One programme with where it stands today."""
    rules = told.support
    kind = rules.kinds[one.kind]
    occasions = told.known.of(one)
    meetings = [held for held in occasions if held.is_meeting]
    until = one.closing.on if one.closing and not one.is_open else told.today
    last_look = one.looks[-1] if one.looks else None
    return api.ProgrammeBody(
        programme_id=one.programme_id,
        version=one.version,
        kind=one.kind,
        label=kind.label,
        status=one.status.value,
        form=one.form,
        company=one.company,
        setting=one.setting,
        counts=one.counts,
        activity=one.activity,
        activity_id=one.activity_id,
        facilitator_id=one.facilitator_id,
        deputy_id=one.deputy_id,
        started_on=one.started_on,
        planned_until=one.planned_until,
        month=month_of(one, until),
        months=round((one.planned_until - one.started_on).days / _MONTH_DAYS),
        every_days=one.every(until),
        rhythm=tuple(
            api.BeatBody(until_day=beat.until_day, every_days=beat.every_days)
            for beat in one.rhythm
        ),
        active_phase=one.is_active_phase(until, kind),
        next_contact_on=one.next_on(occasions) if one.is_open else None,
        gap_since=one.gap_since,
        deputy_gap_since=one.deputy_gap_since,
        meetings=len(meetings),
        minutes=sum(held.minutes for held in meetings),
        missed=sum(held.outcome is Outcome.MISSED for held in occasions),
        expected=one.expected_by(until),
        modes=dict(Counter(held.mode for held in meetings)),
        doses=_months(occasions, until),
        rungs=tuple(_rung(one, rung.ordinal, meetings) for rung in one.rungs),
        overrides=_overrides(one, rules),
        reviews=tuple(
            api.ReviewBody(
                on=look.on,
                by=look.by,
                serves_goal=look.serves_goal,
                mode_still_right=look.mode_still_right,
                note=look.note,
            )
            for look in reversed(one.looks)
        ),
        serves_course_id=one.serves_course_id,
        serves_goal=last_look.serves_goal if last_look else None,
        closing=_closing(one, rules),
        closing_guarded=one.is_open and closing_is_guarded(one, told.today, told.rules),
        closing_signing=_closing_signing(one, told),
        confirm_signing=_confirm_signing(one, told),
        delivered=_delivered(one, kind, meetings, told),
        source=kind.source,
        grade=kind.grade,
        pending=kind.pending,
        actions=tuple(_actions(one, told)),
    )


def month_of(one: Programme, on: date) -> int:
    """The month of the programme that day lies in, from 1."""
    return int(max(0, one.day(on)) / _MONTH_DAYS) + 1


def _actions(one: Programme, told: Told) -> Sequence[str]:
    if not one.is_open:
        return ()
    found = ["record-contact", "assign-facilitator", "change", "review"]
    if one.status is Status.CLOSING:
        supervises = told.role in told.support.limits.supervisor_roles
        return [*found, "decide-closing"] if supervises else found
    return [*found, "close"]


def _kind(kind: ProgrammeKind) -> api.KindBody:
    pack = kind.package
    return api.KindBody(
        code=kind.code,
        label=kind.label,
        session=kind.session,
        needs_activity=kind.needs_activity,
        needs_deputy=kind.needs_deputy,
        rhythm=tuple(
            api.BeatBody(until_day=beat.until_day, every_days=beat.every_days)
            for beat in kind.rhythm
        ),
        sessions=pack.sessions if pack else None,
        within_days=pack.within_days if pack else None,
        shortest_minutes=pack.shortest_minutes if pack else None,
        longest_minutes=pack.longest_minutes if pack else None,
        source=kind.source,
        grade=kind.grade,
        pending=kind.pending,
    )


def _choices(named: Mapping[str, str]) -> tuple[api.Choice, ...]:
    return tuple(api.Choice(code=code, label=label) for code, label in named.items())


def _reasons(rules: SupportRules, purpose: str) -> tuple[api.Choice, ...]:
    return _choices({code: one.label for code, one in rules.reasons_for(purpose).items()})


def _newest_first(programmes: Sequence[Programme]) -> Sequence[Programme]:
    return sorted(programmes, key=lambda one: (not one.is_open, -one.started_on.toordinal()))


def _measured(drop: Drop) -> date:
    return drop.measured_on


def _rung(one: Programme, ordinal: int, meetings: Sequence[Contact]) -> api.RungBody:
    rung = next(rung for rung in one.rungs if rung.ordinal == ordinal)
    done = [held for held in meetings if held.step == ordinal]
    last = done[-1] if done else None
    return api.RungBody(
        ordinal=ordinal,
        what=rung.what,
        together=rung.together,
        times=len(done),
        anxiety_before=last.anxiety_before if last else None,
        anxiety_after=last.anxiety_after if last else None,
    )


def _overrides(one: Programme, rules: SupportRules) -> tuple[api.OverrideBody, ...]:
    return tuple(
        api.OverrideBody(
            guard=override.guard,
            rule=rules.guards[override.guard].rule,
            title=rules.guards[override.guard].title,
            reason=rules.reasons[override.reason].label,
            by=override.by,
            at=override.at,
            note=override.note,
        )
        for override in one.overrides
    )


def _closing(one: Programme, rules: SupportRules) -> api.ClosingBody | None:
    closing = one.closing
    if closing is None:
        return None
    reason = rules.reasons[closing.reason]
    early = is_early(one, closing.on, rules.limits)
    return api.ClosingBody(
        reason=closing.reason,
        label=reason.label,
        by=closing.by,
        on=closing.on,
        note=closing.note,
        confirmed_by=closing.confirmed_by,
        warns=reason.warns if early else None,
    )


def _closing_signing(one: Programme, told: Told) -> tuple[tuple[str, api.SigningBody], ...]:
    """What to sign for each reason, where the guard asks for it."""
    if not one.is_open or not closing_is_guarded(one, told.today, told.rules):
        return ()
    return tuple(
        (code, api.SigningBody(hash=closing_document(one, code).hash, meaning=CLOSE_EARLY))
        for code in told.support.reasons_for("closing")
    )


def _confirm_signing(one: Programme, told: Told) -> api.SigningBody | None:
    supervises = told.role in told.support.limits.supervisor_roles
    if one.status is not Status.CLOSING or not supervises:
        return None
    return api.SigningBody(hash=confirming_document(one).hash, meaning=CONFIRM_CLOSING)


def _delivered(
    one: Programme, kind: ProgrammeKind, meetings: Sequence[Contact], told: Told
) -> api.DeliveredBody | None:
    if kind.package is None:
        return None
    until = told.today if one.is_open or one.closing is None else one.closing.on
    found = package.delivered(
        kind.package,
        meetings,
        started_on=one.started_on,
        today=until,
        is_over=not one.is_open,
    )
    readings = [
        (score.on, score.total)
        for _code, score in scores_of(told.readings, (told.support.outcomes.instrument,))
    ]
    return api.DeliveredBody(
        sessions=found.sessions,
        planned=found.planned,
        minutes=found.minutes,
        planned_minutes=found.planned_minutes,
        in_last_month=found.in_last_month,
        expected_by_now=found.expected_by_now,
        warnings=found.warnings,
        poor_outlook_days=package.likely_poor(kind.package, readings, started_on=one.started_on),
        content=dict(Counter(code for held in meetings for code in held.cbt_content)),
    )


def _months(contacts: Sequence[Contact], until: date) -> tuple[api.MonthBody, ...]:
    return tuple(
        api.MonthBody(
            first=month.first,
            contacts=month.contacts,
            days=month.days,
            days_a_week=month.days_a_week,
            minutes=month.minutes,
            missed=month.missed,
            agreed=month.agreed,
            modes=dict(month.modes),
        )
        for month in doses.by_month(contacts, until=until)
    )


def _contact(one: Contact) -> api.ContactBody:
    names = set(api.ContactBody.model_fields)
    return api.ContactBody(**{name: getattr(one, name) for name in names})


def _run(told: Told) -> api.RunBody | None:
    run = missed.open_run(told.known.contacts)
    if run is None:
        return None
    rules = told.support.missed
    urgent = missed.urgency(
        run.first.on,
        flags=told.known.flags,
        courses=told.known.courses,
        starts=[one.started_on for one in told.known.programmes],
        rules=rules,
    )
    reassess_from, reassess_until = run.reassessed_between(rules)
    return api.RunBody(
        first_on=run.first.on,
        misses=len(run.misses),
        attempts=len(run.attempts),
        channels=tuple(sorted(run.channels())),
        urgent_because=tuple(dict.fromkeys((*run.first.urgent_because, *urgent))),
        left=missed.lost(run, rules, today=told.today),
        reassess_from=reassess_from,
        reassess_until=reassess_until,
        steps=tuple(_outreach(run, rules)),
        decision=_decision(lost.decision_about(run, told.known.decisions)),
        **_script(run, told.support),
        actions=(Course.KEEP_TRYING.value,)
        if missed.lost(run, rules, today=told.today)
        else tuple(one.value for one in Course),
    )


def _script(run: missed.Run, rules: SupportRules) -> dict[str, Any]:
    """What to say, once as many are missed as call for a review in the team."""
    if len(run.misses) < rules.missed.team_review_misses:
        return {}
    return {
        "script": tuple(api.ScriptLine(when=when, say=say) for when, say in rules.script.lines),
        "script_source": rules.script.source,
        "script_grade": rules.script.grade,
    }


def _outreach(run: missed.Run, rules: Missed) -> Iterator[api.OutreachStepBody]:
    """The ladder of this run: the attempts, the letter, the word to the prescriber."""
    for number, after in enumerate(rules.attempt_days, start=1):
        due_on = run.first.on + timedelta(days=after)
        tried = run.tried_on_or_after(due_on)
        yield _outreach_step(f"attempt-{number}", due_on, tried)
    letter_on = run.first.on + timedelta(days=rules.letter_days)
    yield _outreach_step("letter", letter_on, run.letter())
    told_on = run.first.on + timedelta(days=rules.prescriber_days)
    yield _outreach_step("prescriber", told_on, None)


def _outreach_step(code: str, due_on: date, done: Contact | None) -> api.OutreachStepBody:
    return api.OutreachStepBody(
        code=code,
        due_on=due_on,
        done_on=done.on if done else None,
        mode=done.mode if done else None,
    )


def _decision(one: Decision | None) -> api.DecisionBody | None:
    if one is None:
        return None
    return api.DecisionBody(decision=one.course.value, by=one.by, on=one.on, note=one.note)


def _sent(one: Referral) -> datetime:
    return one.sent_at


def _referral(one: Referral) -> api.ReferralBody:
    names = set(api.ReferralBody.model_fields) - {"status", "actions"}
    return api.ReferralBody(
        **{name: getattr(one, name) for name in names},
        status=one.status.value,
        actions=("answer",) if one.is_open else (),
    )


def _event(one: LifeEvent, rules: SupportRules) -> api.LifeEventBody:
    actions = {
        EventStatus.OPEN: ("follow-up", "withdraw"),
        EventStatus.FOLLOWED_UP: ("withdraw",),
        EventStatus.WITHDRAWN: (),
    }
    return api.LifeEventBody(
        life_event_id=one.life_event_id,
        version=one.version,
        kind=one.kind,
        label=rules.life_events.kinds[one.kind],
        happened_on=one.happened_on,
        recorded_on=one.recorded_on,
        contact_by=one.contact_by,
        no_new_step_from=life_event.no_new_step_from(one.happened_on, rules.life_events),
        no_new_step_before=max(
            one.no_new_step_before,  # older ones were kept a day shorter
            life_event.no_new_step_before(one.happened_on, rules.life_events),
        ),
        status=one.status.value,
        note=one.note,
        actions=actions[one.status],
    )


def _drop(one: Drop) -> api.DropBody:
    talk = one.talk
    return api.DropBody(
        reading_id=one.reading_id,
        version=one.version,
        value=one.value,
        previous=one.previous,
        measured_on=one.measured_on,
        because=one.because,
        falls=tuple(
            api.FallBody(
                ruler=fall.ruler, value=fall.value, previous=fall.previous, because=fall.because
            )
            for fall in one.falls
        ),
        contact_by=one.contact_by,
        why_not_lower=talk.why_not_lower if talk else None,
        what_would_raise=talk.what_would_raise if talk else None,
        smaller_step=talk.smaller_step if talk else None,
        talked_at=talk.at if talk else None,
        dismissed=one.dismissed,
        actions=("talk", "dismiss") if one.is_open else (),
    )


def _plan(plan: RelapsePlan | None, today: date) -> api.RelapsePlanBody | None:
    if plan is None:
        return None
    kept = {
        name: getattr(plan, name) for name in api.RelapsePlanBody.model_fields if name != "holds"
    }
    return api.RelapsePlanBody(**kept, holds=is_current(plan, today))


def _profile(told: Told) -> api.ProfileBody:
    one = told.profile
    on_record = told.around.neutral_wording if told.around else True
    seen = outside.preview(one, told.rules.letterhead, on_record=on_record)
    return api.ProfileBody(
        interests=one.interests,
        within_km=one.within_km,
        most_cost=one.most_cost,
        access_needs=one.access_needs,
        adaptations=tuple(
            api.AdaptationBody(barrier=each.barrier.value, answer=each.answer)
            for each in one.adaptations
        ),
        stigma_concern=one.stigma_concern,
        privacy=tuple(each.value for each in one.privacy),
        sender=one.sender,
        subject=one.subject,
        agencies=tuple(
            api.AgencyBody(name=each.name, does=each.does, contact=each.contact)
            for each in one.agencies
        ),
        coordinator_id=one.coordinator_id,
        shared_plan=one.shared_plan,
        version=one.version,
        changed_on=one.changed_on,
        preview=preview_body(seen),
    )


def preview_body(seen: outside.Preview) -> api.PreviewBody:
    """How a message looks from outside."""
    return api.PreviewBody(
        sender=seen.sender,
        address=seen.address,
        subject=seen.subject,
        screen=seen.screen,
        envelope=seen.envelope,
        text=seen.text,
        neutral=seen.neutral,
    )


def _carers(
    around: Surroundings | None, contacts: Sequence[Contact], rules: SupportRules
) -> tuple[api.CarerBody, ...]:
    found = []
    for near in around.carers if around else ():
        theirs = [one for one in contacts if one.carer_id == near.carer_id]
        given = Counter(word for one in theirs for word in one.carer_support)
        found.append(
            api.CarerBody(
                carer_id=near.carer_id,
                name=near.name,
                relationship=near.relationship,
                scopes=near.scopes,
                may_receive=near.may_receive,
                contacts=len(theirs),
                last_on=theirs[-1].on if theirs else None,
                given=tuple(sorted(given)),
                guidance=tuple(
                    topic.code for topic in carer.guidance_for(near, rules.carers.topics)
                ),
                next_call_on=next(
                    (c.on for c in carer.calls_with(near, theirs) if c.done_at is None),
                    None,
                ),
            )
        )
    return tuple(found)


def _dose_points(points: Sequence[CoursePoint]) -> tuple[api.DosePointBody, ...]:
    """Where the dose changed, in order; a course that never started says nothing."""
    found: list[api.DosePointBody] = []
    for point in points:
        if point.started_on is None:
            continue
        on = max(point.started_on, point.at.date())
        before = found[-1] if found else None
        if before and (before.drug, before.dose_mg) == (point.drug, point.dose_mg):
            continue
        found.append(
            api.DosePointBody(
                on=point.started_on if before is None else on,
                drug=point.drug,
                dose_mg=point.dose_mg,
                dose_text=point.dose_text,
                phase=point.phase,
            )
        )
    return tuple(found)
