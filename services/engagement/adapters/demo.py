"""The demo cohort's support, played through the use cases up to yesterday.

Meetings are checked and told one by one, and the person is planned anew once at their end: the
first start of a demo has little time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import cycle
from uuid import UUID
from zoneinfo import ZoneInfo

from services.engagement.adapters.content import load
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.directory_file import read_directory
from services.engagement.application.import_activities import import_activities
from services.engagement.application.keep_rota import put_on_call
from services.engagement.application.record_life_event import record_life_event
from services.engagement.application.replan import replan
from services.engagement.application.save_profile import save_profile
from services.engagement.application.start_programme import NewProgramme, start_programme
from services.engagement.application.support_telling import tell_contact, tell_programme
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.support.contact import Contact, Outcome, Purpose, missed_in_a_row
from services.engagement.domain.support.contact import check as check_contact
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import (
    Company,
    Form,
    Look,
    Programme,
    Rung,
    Setting,
)
from services.engagement.domain.team import CareStatus
from shared.demo.staff import TEAM, staff_id
from shared.demo.support import DIRECTORY, SUPPORTED, DemoSupport
from shared.events.engagement import ContactMissed, ContactRecorded, ProgrammeChanged
from shared.runtime.db import Database

MEETS_AT = time(14)
CHANGES_AT = time(8)
ON_CALL_DAYS = (("lena", 0, 3), ("amara", 3, 5))
"""Who is on call from which day to which, counted from today."""
EVENT_DAYS_AGO = 2
_ANXIETY = ((8, 6), (7, 5), (6, 4), (5, 3), (4, 2))


async def play(db: Database, today: date) -> None:
    """Everybody's support; people who have some already are left."""
    rules = load()
    async with db.reading() as tx:
        now = tx.now
    await _directory(db, rules, today)
    await _rota(db, rules, today)
    for story in SUPPORTED:
        person = Supported(db, rules, story, today, now)
        if await person.is_new():
            await person.play()


async def _directory(db: Database, rules: Rules, today: date) -> None:
    rows, _refused = read_directory(DIRECTORY, "csv", rules.support.limits.directory_rule)
    async with db.transaction(actor=f"staff:{staff_id('lena')}") as tx:
        await import_activities(SqlWork(tx, rules), rows=rows, today=today)


async def _rota(db: Database, rules: Rules, today: date) -> None:
    """The next days are covered; after them is a stretch that is not, as the page shows."""
    async with db.transaction(actor=f"staff:{staff_id('lena')}") as tx:
        work = SqlWork(tx, rules)
        if await work.rota.between(tx.now, tx.now + timedelta(days=14)):
            return
        for username, first, last in ON_CALL_DAYS:
            await put_on_call(
                work,
                team=TEAM,
                staff_id=staff_id(username),
                starts_on=today + timedelta(days=first),
                starts_at=CHANGES_AT if first else time(0),
                ends_on=today + timedelta(days=last),
                ends_at=CHANGES_AT,
                by=staff_id("lena"),
                rules=rules,
                now=tx.now,
            )


@dataclass(frozen=True, slots=True)
class Supported:
    """One person's support up to now."""

    db: Database
    rules: Rules
    story: DemoSupport
    today: date
    now: datetime

    async def is_new(self) -> bool:
        """Whether the person is in care and has no programme yet."""
        async with self.db.reading() as tx:
            work = SqlWork(tx, self.rules)
            patient = await work.patients.find(self._patient_id)
            known = await work.support.programmes.of_patient(self._patient_id)
        return patient is not None and patient.status is CareStatus.ACTIVE and not known

    async def play(self) -> None:
        """Start, meet by the rhythm, and what happened in between."""
        start = self._moment(self._day(self.story.starts_on_day), hour=11)
        async with self.db.transaction(actor=self._actor, at=start) as tx:
            work = SqlWork(tx, self.rules)
            made = await start_programme(
                work,
                patient_id=self._patient_id,
                wanted=self._wanted(),
                by=self._by,
                signed=None,
                rules=self.rules,
                now=start,
            )
        last = self._moment(self.today - timedelta(days=1), hour=16)
        async with self.db.transaction(actor=self._actor, at=last) as tx:
            work = SqlWork(tx, self.rules)
            await self._met(work, made)
        async with self.db.transaction(actor=self._actor, at=self.now) as tx:
            work = SqlWork(tx, self.rules)
            await self._lived(work)
            await replan(work, patient_id=self._patient_id, rules=self.rules, now=self.now)

    async def _met(self, work: SqlWork, made: Programme) -> None:
        """Keep and tell each meeting."""
        kind = self.rules.support.kinds[made.kind]
        known: list[Contact] = []
        for contact in self._meetings(work, made):
            mode = self.rules.support.modes[contact.mode]
            check_contact(contact, mode, self.rules.support.limits, today=self.today)
            programmes.check_contact(
                made,
                kind,
                contact,
                known,
                modes=self.rules.support.modes,
                cbt_content=self.rules.support.cbt_content,
            )
            counted = replace(contact, missed_in_a_row=missed_in_a_row((*known, contact)))
            known.append(counted)
            await work.support.contacts.put(counted)
            missed = counted.outcome is Outcome.MISSED
            tell_contact(work, ContactMissed if missed else ContactRecorded, counted)
        if known:
            after = replace(made, looks=tuple(self._looks(made)), version=made.version + 1)
            await work.support.programmes.put(after)
            tell_programme(work, ProgrammeChanged, after, known)

    def _meetings(self, work: SqlWork, made: Programme) -> Iterator[Contact]:
        days = list(self._days(made))
        steps = cycle(range(1, len(made.rungs) + 1)) if made.rungs else None
        content = cycle(self.rules.support.cbt_content)
        for number, on in enumerate(days):
            came = number < len(days) - self.story.missed
            active = made.is_active_phase(on, self.rules.support.kinds[made.kind])
            at = self._moment(on, hour=MEETS_AT.hour)
            before, after = _ANXIETY[min(number // 2, len(_ANXIETY) - 1)]
            together = bool(made.rungs) and came
            yield Contact(
                contact_id=work.new_id(),
                patient_id=made.patient_id,
                purpose=Purpose.PROGRAMME,
                mode="face-to-face" if active else self.story.later_mode,
                outcome=Outcome.TOOK_PLACE if came else Outcome.MISSED,
                at=at,
                on=on,
                minutes=self.story.minutes if came else 0,
                by=self._by,
                recorded_at=at + timedelta(hours=2),
                programme_id=made.programme_id,
                together=together,
                step=next(steps) if steps and came else None,
                anxiety_before=before if together else None,
                anxiety_after=after if together else None,
                cbt_content=(next(content),) if came and not made.rungs else (),
            )

    def _looks(self, made: Programme) -> Iterator[Look]:
        """A look at the programme every quarter, as the rules ask for."""
        every = timedelta(days=self.rules.support.limits.review_every_days)
        on = made.started_on + every
        while on < self.today:
            yield Look(
                on=on,
                at=self._moment(on, hour=15),
                by=self._by,
                serves_goal=True,
                mode_still_right=True,
            )
            on += every

    def _days(self, made: Programme) -> Iterator[date]:
        """The days of the rhythm up to yesterday; no more sessions than a package has."""
        package = self.rules.support.kinds[made.kind].package
        most = package.sessions if package else 1000
        day, count = made.first_contact_on, 0
        while day < self.today and count < most:
            yield day
            count += 1
            day += timedelta(days=self.story.every_days or made.every(day))

    async def _lived(self, work: SqlWork) -> None:
        if self.story.interests:
            profile = Profile(
                patient_id=self._patient_id, interests=self.story.interests, within_km=5
            )
            await save_profile(
                work, profile=profile, seen_version=0, rules=self.rules, now=self.now
            )
        if self.story.life_event:
            on = self.today - timedelta(days=EVENT_DAYS_AGO)
            await record_life_event(
                work,
                patient_id=self._patient_id,
                kind=self.story.life_event,
                happened_on=on,
                note=None,
                by=self._by,
                rules=self.rules,
                now=self.now,  # it became known today: what it asks for shows from now on
            )

    def _wanted(self) -> NewProgramme:
        story = self.story
        return NewProgramme(
            kind=story.kind,
            facilitator_id=self._by,
            deputy_id=staff_id(story.deputy) if story.deputy else None,
            form=Form.INDIVIDUAL,
            company=Company.TOGETHER,
            setting=Setting.COMMUNITY,
            activity=story.activity,
            activity_id=None,
            first_contact_on=None,
            rhythm=(),
            rungs=tuple(Rung(ordinal=n, what=what) for n, what in enumerate(story.rungs, start=1)),
            serves_course_id=story.patient.course_id if story.serves_course else None,
            reasons={},
        )

    def _moment(self, on: date, *, hour: int) -> datetime:
        """That hour where the person lives, never later than now."""
        local = datetime.combine(on, time(hour), ZoneInfo(self.story.patient.time_zone))
        return min(local, self.now)

    def _day(self, number: int) -> date:
        return self.story.patient.day(number, today=self.today)

    @property
    def _patient_id(self) -> UUID:
        return self.story.patient.patient_id

    @property
    def _by(self) -> UUID:
        return staff_id(self.story.facilitator)

    @property
    def _actor(self) -> str:
        return f"staff:{self._by}"
