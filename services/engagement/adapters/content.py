"""Content files to domain objects. A bad file stops the start with its name and the reason."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import holidays
from pydantic import Field, model_validator

from services.engagement.adapters.content_file import BadContent, Section, Sourced, Text, read
from services.engagement.adapters.support_content import load_support
from services.engagement.domain.errors import UnknownZone
from services.engagement.domain.kind import ClosedBy, Group, Kind, Ladder, Patience, Rung
from services.engagement.domain.local_time import zone_named
from services.engagement.domain.notice import Delivery, Quiet
from services.engagement.domain.obligation import KindCode
from services.engagement.domain.rules import Rules
from services.engagement.domain.wording import MEDICINE, WORDS
from services.engagement.domain.working_days import ClinicHours
from shared.api.engagement import Action
from shared.api.identity import Role

FOLDER = Path(__file__).parents[1] / "content"
_EARLIEST, _LATEST = time(5), time(20, 29)
_SATURDAY = 5


class _RungFile(Section):
    """``role`` is a role of the clinic, or ``on-call``: whoever is on call at that moment."""

    role: Role | Literal["on-call"]
    after_minutes: Annotated[int, Field(ge=0, le=10_080)] | None = None
    after_working_hours: Annotated[int, Field(gt=0, le=400)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "_RungFile":
        if (self.after_minutes is None) == (self.after_working_hours is None):
            raise ValueError("give either after_minutes or after_working_hours")
        return self

    def to_domain(self) -> Rung:
        if self.after_minutes is not None:
            after = timedelta(minutes=self.after_minutes)
            return Rung(role=self.role, after=after, in_working_time=False)
        after = timedelta(hours=self.after_working_hours or 0)
        return Rung(role=self.role, after=after, in_working_time=True)


class _LadderFile(Sourced):
    status: Text
    rung: Annotated[tuple[_RungFile, ...], Field(min_length=1, max_length=9)]

    @model_validator(mode="after")
    def _upwards(self) -> "_LadderFile":
        rungs = [rung.to_domain() for rung in self.rung]
        if len({rung.in_working_time for rung in rungs}) > 1:
            raise ValueError("a ladder counts either minutes or working hours")
        if rungs != sorted(rungs, key=lambda rung: rung.after):
            raise ValueError("each rung comes no earlier than the one below")
        return self


def _named(*templates: str) -> set[str]:
    parsed = (part for template in templates for part in Formatter().parse(template))
    return {field for _, field, _, _ in parsed if field is not None}


class _KindFile(Sourced):
    status: Text
    group: Group
    risk: Annotated[int, Field(ge=0, le=9)]
    role: Role
    action: Action
    closed_by: ClosedBy
    lives_in: frozenset[str]
    ladders: Annotated[tuple[str, ...], Field(min_length=1)]
    title: Text
    why: Text
    what: Text
    title_medicine: str = ""
    why_medicine: str = ""
    notice: Text = "a reminder"
    tells_patient: bool = False

    @model_validator(mode="after")
    def _known_words(self) -> "_KindFile":
        named = _named(self.title, self.why, self.what)
        if medicine := sorted(named & set(MEDICINE)):
            raise ValueError(
                f"title, why and what are for everybody and name {', '.join(medicine)}: that "
                "belongs into title_medicine or why_medicine"
            )
        named |= _named(self.title_medicine, self.why_medicine)
        if unknown := sorted(named - set(WORDS)):
            raise ValueError(f"a text names {', '.join(unknown)}, which no row has")
        if "{" in self.notice:
            raise ValueError("notice: a notice names nothing of the row")
        return self


class _Clinic(Sourced):
    reminders_at: time
    zone: str
    country: str
    subdivision: str | None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    opens: time
    closes: time

    @model_validator(mode="after")
    def _in_daylight(self) -> "_Clinic":
        if not _EARLIEST <= self.reminders_at <= _LATEST:
            raise ValueError("reminders_at: no reminder falls due between 20:30 and 04:59")
        if self.opens >= self.closes:
            raise ValueError("closes: the clinic closes after it opens")
        try:
            zone_named(self.zone)
        except UnknownZone as unknown:
            raise ValueError(f"zone: {unknown}") from unknown
        return self


class _Phases(Sourced):
    not_running: frozenset[str]


class _Supply(Sourced):
    working_days: Annotated[int, Field(ge=1, le=20)]


class _MissedCheckIn(Sourced):
    call_within_working_days: Annotated[int, Field(ge=1, le=10)]


class _Deferral(Sourced):
    longest_hours: Annotated[int, Field(ge=1, le=72)]
    without_lead: Annotated[int, Field(ge=0, le=2)]


class _NoAnswer(Sourced):
    retry_after_working_hours: Annotated[tuple[Annotated[int, Field(ge=1, le=40)], ...], Field()]


class _Notices(Sourced):
    quiet_begins: time
    quiet_ends: time
    retry_after_minutes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1_440)], ...], Field(min_length=1, max_length=9)
    ]
    digest_at: time
    digest_kept_days: Annotated[int, Field(ge=1, le=366)]


class _CadenceFile(Section):
    status: Text
    clinic: _Clinic
    phases: _Phases
    supply: _Supply
    missed_check_in: Annotated[_MissedCheckIn, Field(alias="missed-check-in")]
    deferral: _Deferral
    no_answer: Annotated[_NoAnswer, Field(alias="no-answer")]
    notices: _Notices


def load(folder: Path = FOLDER) -> Rules:
    """Read and check every content file.

    Raises:
        BadContent: names the file, the key and the reason.
    """
    cadence = read(folder / "cadence.toml", _CadenceFile)
    kinds = _kinds(folder)
    running = (kind.lives_in for kind in kinds.values())
    return Rules(
        support=load_support(folder / "support"),
        kinds=kinds,
        phases=cadence.phases.not_running.union(*running),
        hours=_hours(cadence.clinic),
        clinic_time=cadence.clinic.reminders_at,
        currency=cadence.clinic.currency,
        supply_working_days=cadence.supply.working_days,
        missed_call_working_days=cadence.missed_check_in.call_within_working_days,
        patience=Patience(
            longest_deferral=timedelta(hours=cadence.deferral.longest_hours),
            deferrals_without_lead=cadence.deferral.without_lead,
            retries=tuple(
                timedelta(hours=hours) for hours in cadence.no_answer.retry_after_working_hours
            ),
        ),
        delivery=_delivery(cadence.notices),
    )


def _kinds(folder: Path) -> Mapping[str, Kind]:
    ladders = {path.stem: _ladder(path) for path in sorted((folder / "ladders").glob("*.toml"))}
    kinds = {path.stem: _kind(path, ladders) for path in sorted((folder / "kinds").glob("*.toml"))}
    if missing := sorted(set(KindCode) - set(kinds)):
        raise BadContent(f"{folder / 'kinds'}: no file for {', '.join(missing)}")
    return kinds


def _ladder(path: Path) -> Ladder:
    return tuple(rung.to_domain() for rung in read(path, _LadderFile).rung)


def _kind(path: Path, ladders: Mapping[str, Ladder]) -> Kind:
    file = read(path, _KindFile)
    if unknown := sorted(set(file.ladders) - set(ladders)):
        raise BadContent(f"{path}: ladders: there is no ladder named {', '.join(unknown)}")
    return Kind(
        code=path.stem,
        group=file.group,
        risk=file.risk,
        role=file.role,
        action=file.action,
        closed_by=file.closed_by,
        lives_in=file.lives_in,
        ladders=tuple(ladders[name] for name in file.ladders),
        title=file.title,
        why=file.why,
        what=file.what,
        title_medicine=file.title_medicine,
        why_medicine=file.why_medicine,
        notice=file.notice,
        tells_patient=file.tells_patient,
    )


def _hours(clinic: _Clinic) -> ClinicHours:
    public = holidays.country_holidays(clinic.country, subdiv=clinic.subdivision)

    def is_working_day(day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in public

    return ClinicHours(
        zone=ZoneInfo(clinic.zone),
        opens=clinic.opens,
        closes=clinic.closes,
        is_working_day=is_working_day,
    )


def _delivery(notices: _Notices) -> Delivery:
    return Delivery(
        quiet=Quiet(begins=notices.quiet_begins, ends=notices.quiet_ends),
        backoff=tuple(timedelta(minutes=minutes) for minutes in notices.retry_after_minutes),
        digest_at=notices.digest_at,
        digest_kept=timedelta(days=notices.digest_kept_days),
    )
