"""The content files about support to domain values."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from services.engagement.adapters.content_file import BadContent, Section, Sourced, Text, read
from services.engagement.domain.support.carer import SUPPORT_SCOPE, Give
from services.engagement.domain.support.contact import WRITTEN
from services.engagement.domain.support.rules import (
    EARLY_CLOSING,
    Beat,
    CarerRules,
    CodedReason,
    EquityRule,
    Guard,
    LifeEventRule,
    Limits,
    Measure,
    Missed,
    Mode,
    MotivationRule,
    OutcomeRules,
    Package,
    ProgrammeKind,
    Script,
    SupportRules,
    Topic,
)
from shared.api.identity import Role

Days = Annotated[int, Field(ge=0, le=1000)]
Count = Annotated[int, Field(ge=1, le=1000)]
_GUARDED = frozenset({"brief-only", "group-only", "encouragement-only"})


class _Mode(Sourced):
    code: Text
    label: Text
    kind: Literal["talk", "written"]
    rank: Annotated[int, Field(ge=0, le=9)]

    @model_validator(mode="after")
    def _as_counted(self) -> "_Mode":
        if (self.kind == "written") != (self.code in WRITTEN):
            raise ValueError(f"kind: {sorted(WRITTEN)} are written, and nothing else is")
        return self


class _Ruled(Sourced):
    rule: Text


class _Minutes(_Ruled):
    shortest: Count
    longest: Annotated[int, Field(ge=1, le=240)]


class _Downgrade(Sourced):
    downgrade_review_days: Count


class _Missed(Sourced):
    attempt_days: Annotated[tuple[Days, ...], Field(min_length=1)]
    channels: Count
    letter_days: Days
    prescriber_days: Days
    welfare_hours: Count
    first_weeks_days: Days
    team_review_misses: Annotated[int, Field(ge=2)]
    reassess_from_days: Days
    reassess_to_days: Days

    @model_validator(mode="after")
    def _forward(self) -> "_Missed":
        if list(self.attempt_days) != sorted(set(self.attempt_days)):
            raise ValueError("attempt_days: each attempt is later than the one before")
        if self.letter_days < self.attempt_days[-1]:
            raise ValueError("letter_days: the letter comes after the attempts")
        return self


class _Line(Section):
    when: Text
    say: Text


class _Script(Sourced):
    lines: Annotated[tuple[_Line, ...], Field(min_length=1)]

    def to_domain(self) -> Script:
        lines = tuple((one.when, one.say) for one in self.lines)
        return Script(lines=lines, source=self.source, grade=self.grade)


class _ContactsFile(Section):
    status: Text
    minutes: _Minutes
    recorded: _Ruled
    directory: _Ruled
    modes: Annotated[tuple[_Mode, ...], Field(min_length=1)]
    active_change: Annotated[_Downgrade, Field(alias="active-change")]
    missed: _Missed
    script: _Script


class _Beat(Section):
    until_day: Count
    every_days: Count


class _Kind(Sourced):
    code: Text
    label: Text
    session: Text
    needs_activity: bool
    needs_deputy: bool
    bounded: bool
    pending: str
    rhythm: Annotated[tuple[_Beat, ...], Field(min_length=1)]
    sessions: Count | None = None
    within_days: Count | None = None
    shortest_minutes: Count | None = None
    longest_minutes: Count | None = None
    least_per_month: Count | None = None
    total_minutes: Count | None = None
    in_person_or_by: tuple[str, ...] = ()
    low_scores: tuple[tuple[int, int], ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "_Kind":
        days = [beat.until_day for beat in self.rhythm]
        if days != sorted(set(days)):
            raise ValueError("rhythm: each part ends later than the one before")
        needed = ("sessions", "within_days", "shortest_minutes", "longest_minutes")
        given = [getattr(self, name) is not None for name in (*needed, "least_per_month")]
        if any(given) != self.bounded or all(given) != self.bounded:
            raise ValueError("bounded: sessions, days, minutes and pace go together")
        return self

    def to_domain(self) -> ProgrammeKind:
        return ProgrammeKind(
            code=self.code,
            label=self.label,
            session=self.session,
            needs_activity=self.needs_activity,
            needs_deputy=self.needs_deputy,
            rhythm=tuple(Beat(**beat.model_dump()) for beat in self.rhythm),
            package=self._package(),
            source=self.source,
            grade=self.grade,
            pending=self.pending,
            in_person_or_by=frozenset(self.in_person_or_by),
        )

    def _package(self) -> Package | None:
        if not self.bounded:
            return None
        return Package(
            sessions=self.sessions or 0,
            within_days=self.within_days or 0,
            shortest_minutes=self.shortest_minutes or 0,
            longest_minutes=self.longest_minutes or 0,
            least_per_month=self.least_per_month or 0,
            total_minutes=self.total_minutes,
            low_scores=self.low_scores,
        )


class _Facilitation(Sourced):
    facilitator_roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    gap_warns_days: Count
    gap_escalates_days: Count

    @model_validator(mode="after")
    def _upwards(self) -> "_Facilitation":
        if self.gap_escalates_days <= self.gap_warns_days:
            raise ValueError("gap_escalates_days: the warning comes first")
        return self


class _Brief(Sourced):
    supervisor_before_weeks: Count
    least_meetings: Annotated[int, Field(ge=2, le=1000)]
    reason_before_months: Count
    supervisor_roles: Annotated[tuple[Role, ...], Field(min_length=1)]


class _Reviews(Sourced):
    every_days: Count


class _RelapsePlan(Sourced):
    before_end_days: Count
    review_after_days: Count


class _Ratings(Sourced):
    lowest: int
    highest: int


class _Coded(Section):
    code: Text
    label: Text


class _Reason(_Coded):
    for_: Annotated[tuple[str, ...], Field(alias="for", min_length=1)]
    warns: str | None = None
    no_support: bool = False


class _Guard(Section):
    code: Text
    rule: Text
    title: Text
    text: Text


class _ProgrammesFile(Section):
    status: Text
    facilitation: _Facilitation
    brief: _Brief
    reviews: _Reviews
    relapse_plan: Annotated[_RelapsePlan, Field(alias="relapse-plan")]
    ratings: _Ratings
    kinds: Annotated[tuple[_Kind, ...], Field(min_length=1)]
    cbt_content: Annotated[tuple[_Coded, ...], Field(alias="cbt-content", min_length=1)]
    reasons: tuple[_Reason, ...]
    guards: tuple[_Guard, ...]

    @model_validator(mode="after")
    def _every_guard_can_be_answered(self) -> "_ProgrammesFile":
        answered = {purpose for reason in self.reasons for purpose in reason.for_}
        if missing := sorted(_GUARDED - answered):
            raise ValueError(f"reasons: none for {missing[0]}")
        if missing := sorted({*_GUARDED, EARLY_CLOSING} - {guard.code for guard in self.guards}):
            raise ValueError(f"guards: {missing[0]} is missing")
        return self


class _Motivation(Sourced):
    instrument: Text
    scales: Annotated[tuple[str, ...], Field(min_length=1)]
    falls_by: Count
    at_or_below: Annotated[int, Field(ge=0, le=10)]
    contact_within_days: Count


class _LifeEvent(Sourced):
    contact_within_days: Count
    no_new_step_days: Count
    longest_ago_days: Count


class _Equity(Sourced):
    small_number: Count
    age_bands: Annotated[tuple[Count, ...], Field(min_length=1)]

    @field_validator("age_bands")
    @classmethod
    def _rising(cls, bands: tuple[int, ...]) -> tuple[int, ...]:
        if list(bands) != sorted(set(bands)):
            raise ValueError("each band begins at a higher age than the one before")
        return bands


class _LifeFile(Section):
    status: Text
    motivation: _Motivation
    life_event: Annotated[_LifeEvent, Field(alias="life-event")]
    life_events: Annotated[tuple[_Coded, ...], Field(alias="life-events", min_length=1)]
    equity: _Equity


class _Calls(Sourced):
    every_days: Count


class _Topic(Sourced):
    code: Text
    gives: Give
    needs: Literal["support", "medicines", "urgent"]
    title: Text
    lines: Annotated[tuple[Text, ...], Field(min_length=1)]


class _CarersFile(Section):
    status: Text
    calls: _Calls
    topics: Annotated[tuple[_Topic, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _all_three(self) -> "_CarersFile":
        open_to_all = {one.gives for one in self.topics if one.needs == SUPPORT_SCOPE}
        if missing := sorted(set(Give) - open_to_all):
            raise ValueError(f"topics: nothing {missing[0]} for every carer with consent (R-38)")
        return self

    def to_domain(self) -> CarerRules:
        return CarerRules(
            call_every_days=self.calls.every_days,
            topics=tuple(Topic(**one.model_dump()) for one in self.topics),
        )


class _Depression(Sourced):
    instrument: Text
    case_at_least: Count
    response_percent: Annotated[int, Field(ge=1, le=100)]
    remission_below: Count
    remission_apart_days: Count
    improved_below: Count
    baseline_before_days: Days
    baseline_after_days: Days


class _ContactWithin(Sourced):
    within_days: Count


class _ReviewBetween(Sourced):
    from_days: Count
    to_days: Count


class _Network(Sourced):
    instrument: Text
    loneliness: Text


class _Measure(Section):
    code: Text
    title: Text
    definition: Text
    denominator: Text


class _Column(Section):
    code: Text
    meaning: Text


class _OutcomesFile(Section):
    status: Text
    registry_missing_after_days: Count
    trajectory: Annotated[tuple[str, ...], Field(min_length=1)]
    depression: _Depression
    contact: _ContactWithin
    review: _ReviewBetween
    network: _Network
    measures: Annotated[tuple[_Measure, ...], Field(min_length=1)]
    columns: Annotated[tuple[_Column, ...], Field(min_length=1)]


def load_support(folder: Path) -> SupportRules:
    """Read and check everything about support.

    Raises:
        BadContent: names the file, the key and the reason.
    """
    contacts = read(folder / "contacts.toml", _ContactsFile)
    programmes = read(folder / "programmes.toml", _ProgrammesFile)
    life = read(folder / "life.toml", _LifeFile)
    _require_face_to_face(folder / "contacts.toml", contacts)
    return SupportRules(
        modes={
            one.code: Mode(
                code=one.code, label=one.label, written=one.kind == "written", rank=one.rank
            )
            for one in contacts.modes
        },
        kinds={one.code: one.to_domain() for one in programmes.kinds},
        guards={one.code: Guard(**one.model_dump()) for one in programmes.guards},
        reasons={
            one.code: CodedReason(
                code=one.code,
                label=one.label,
                purposes=frozenset(one.for_),
                warns=one.warns,
                no_support=one.no_support,
            )
            for one in programmes.reasons
        },
        cbt_content={one.code: one.label for one in programmes.cbt_content},
        missed=Missed(**contacts.missed.model_dump(exclude={"source", "grade"})),
        script=contacts.script.to_domain(),
        carers=read(folder / "carers.toml", _CarersFile).to_domain(),
        limits=_limits(contacts, programmes),
        motivation=MotivationRule(**life.motivation.model_dump(exclude={"source", "grade"})),
        life_events=LifeEventRule(
            kinds={one.code: one.label for one in life.life_events},
            **life.life_event.model_dump(exclude={"source", "grade"}),
        ),
        outcomes=_outcomes(read(folder / "outcomes.toml", _OutcomesFile)),
        equity=EquityRule(**life.equity.model_dump(exclude={"source", "grade"})),
    )


def _require_face_to_face(path: Path, contacts: _ContactsFile) -> None:
    if not any(mode.rank == 0 for mode in contacts.modes):
        raise BadContent(f"{path}: modes: one of them is preferred for active change (rank 0)")


def _limits(contacts: _ContactsFile, programmes: _ProgrammesFile) -> Limits:
    return Limits(
        minutes_rule=contacts.minutes.rule,
        recorded_rule=contacts.recorded.rule,
        directory_rule=contacts.directory.rule,
        shortest_minutes=contacts.minutes.shortest,
        longest_minutes=contacts.minutes.longest,
        downgrade_review_days=contacts.active_change.downgrade_review_days,
        facilitator_roles=frozenset(programmes.facilitation.facilitator_roles),
        gap_warns_days=programmes.facilitation.gap_warns_days,
        gap_escalates_days=programmes.facilitation.gap_escalates_days,
        supervisor_before_weeks=programmes.brief.supervisor_before_weeks,
        least_meetings=programmes.brief.least_meetings,
        reason_before_months=programmes.brief.reason_before_months,
        supervisor_roles=frozenset(programmes.brief.supervisor_roles),
        review_every_days=programmes.reviews.every_days,
        relapse_plan_before_days=programmes.relapse_plan.before_end_days,
        relapse_plan_review_days=programmes.relapse_plan.review_after_days,
        lowest_rating=programmes.ratings.lowest,
        highest_rating=programmes.ratings.highest,
    )


def _outcomes(file: _OutcomesFile) -> OutcomeRules:
    depression = file.depression.model_dump(exclude={"source", "grade"})
    parts = {
        "depression": file.depression,
        "contact": file.contact,
        "review": file.review,
        "network": file.network,
    }
    return OutcomeRules(
        **depression,
        contact_within_days=file.contact.within_days,
        review_from_days=file.review.from_days,
        review_to_days=file.review.to_days,
        network=file.network.instrument,
        loneliness=file.network.loneliness,
        missing_after_days=file.registry_missing_after_days,
        trajectory=file.trajectory,
        measures=tuple(Measure(**one.model_dump()) for one in file.measures),
        columns={one.code: one.meaning for one in file.columns},
        sources={name: f"{part.source} ({part.grade})" for name, part in parts.items()},
    )
