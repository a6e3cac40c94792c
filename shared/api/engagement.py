"""Bodies of the engagement service: the worklist, and what people do about a reminder.

    GET  /api/v1/worklist                        -> Worklist      ?scope= &section= &patient_id=
                                                                  &action= &free= &cursor= &limit=
    POST /api/v1/worklist/search                    WorklistSearch -> Worklist   changes nothing
    POST /api/v1/worklist/known                     KnownKeys -> Page[ReminderBody]   the same
    GET  /api/v1/reminders/{reminder_id}         -> ReminderBody
    GET  /api/v1/reminders/{reminder_id}/history -> ReminderHistory
    POST /api/v1/reminders/{reminder_id}/acknowledge  Acknowledgement -> ReminderBody   If-Match
    POST /api/v1/reminders/{reminder_id}/outcomes     NewOutcome      -> ReminderBody   If-Match
    GET  /api/v1/patients/{patient_id}/reminders -> Page[ReminderBody]   ?show= &sort= &cursor=
                                                                  &limit=; latest due first
    GET  /api/v1/patients/{patient_id}/zone-difference -> ZoneDifference ?time_zone=
    GET  /api/v1/service-levels                  -> ServiceLevels ?since=

Both POSTs take an Idempotency-Key and the version last seen as If-Match; the answer is the
reminder as it is afterwards. Problems: 404 ``unknown-reminder`` (also for a stranger's patient),
409 ``reminder-closed``, 409 ``closed-elsewhere`` (``action`` says where the work is completed),
412 stale version, 422 ``deferral-too-long``, ``deferral-in-the-past``, ``unknown-colleague``.
"""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from shared.api.body import BirthYear, Body, Count, Page
from shared.api.identity import Role


class Section(StrEnum):
    """Where a reminder stands on the list, in the order the sections are read."""

    SAFETY_NOW = "safety-now"
    OVERDUE = "overdue"
    DUE_TODAY = "due-today"
    PREPARE = "prepare"
    WAITING = "waiting"


class Scope(StrEnum):
    """Whose reminders: those I own at any level, or all of my teams."""

    MINE = "mine"
    TEAM = "team"


class Action(StrEnum):
    """Where the work behind a reminder is done; the portal opens that page."""

    CONFIRM_SUPPLY = "confirm-supply"
    TAKE_STEP = "take-step"
    CHECK_IN = "check-in"
    REVIEW_COURSE = "review-course"
    SURVEY = "surveillance"
    SIGN_CHANGE = "sign-change"
    ANSWER_FLAG = "answer-flag"
    RECORD_OUTCOME = "record-outcome"
    RECORD_CONTACT = "record-contact"
    OPEN_PROGRAMME = "open-programme"
    WORK_ON_MOTIVATION = "work-on-motivation"
    WRITE_RELAPSE_PLAN = "write-relapse-plan"


class Outcome(StrEnum):
    """What came of working on a reminder. ``done`` only where nobody else records it."""

    DONE = "done"
    NO_ANSWER = "no-answer"
    CALL_BACK = "call-back"
    REFUSED = "refused"
    RESCHEDULE = "reschedule"
    ESCALATE = "escalate"
    HAND_OVER = "hand-over"


class Meaning(StrEnum):
    """What an acknowledgement means; ``deferred`` needs a time."""

    CALLED = "called"
    SEEN = "seen"
    NOT_REACHED = "not-reached"
    DEFERRED = "deferred"


class WorklistQuery(Body):
    """``patient_id`` narrows the list to one person; names are never in an address. ``action``
    narrows it to one kind of work, ``free`` to what nobody has in hand or put off. ``beyond`` asks
    for the keys of what is on the team's list and not on this page, ``counted`` for how much there
    is of each section."""

    scope: Scope = Scope.TEAM
    section: Section | None = None
    patient_id: UUID | None = None
    action: Action | None = None
    free: bool = False
    beyond: bool = False
    counted: bool = True
    cursor: str | None = Field(default=None, max_length=512)
    limit: int = Field(default=50, ge=1, le=100)


class WorklistSearch(WorklistQuery):
    """``name``: the beginning of any of a person's names, in any case and without accents."""

    name: str = Field(min_length=2, max_length=100)


class RemindersQuery(Body):
    """One person's reminders. ``show`` narrows them to the open ones (planned, visible, in hand)
    or to what is closed; ``sort`` is by when they are due, the latest first by itself."""

    show: Literal["all", "open", "closed"] = "all"
    sort: Literal["due", "-due"] = "-due"
    cursor: str | None = Field(default=None, max_length=512)
    limit: int = Field(default=50, ge=1, le=200)


class ReminderKey(Body):
    """The unique key of a reminder. ``level`` 0 is the owner's, 1 and up are escalations."""

    subject_kind: str
    subject_id: UUID
    subject_version: Count
    ordinal: Count
    kind: str
    level: Count


class KnownKeys(Body):
    """Keys that another service computed: which of them are reminders here, and how they stand."""

    keys: tuple[ReminderKey, ...] = Field(min_length=1, max_length=200)


class Detail(Body):
    """What the owning service says about the work, word for word; never computed here. A
    facilitator gets no drug, dose or supply."""

    drug: str | None = None
    previous_dose_text: str | None = None
    dose_text: str | None = None
    supply_text: str | None = None
    subtype: str | None = None
    rule: str | None = None
    step_count: int | None = None


class Acknowledged(Body):
    """Who took it in hand, when, and in what sense. ``on_earlier_version`` says that this was
    said about the plan version this reminder replaces."""

    by: UUID
    at: AwareDatetime
    meaning: Meaning
    on_earlier_version: bool = False


class ReminderBody(Body):
    """One obligation as the list shows it.

    ``due_at`` is the instant it shows from (moved by a deferral); ``due_on`` is the local date
    intended by the plan, in ``time_zone``. ``late_by_minutes`` counts from ``due_at`` to now and
    is 0 for what is closed or not yet due. ``risk`` 0 is the highest. ``actions`` are the
    outcomes (and ``acknowledge``) that may be posted now; ``action`` is where the work is done.
    ``on_call``: it came up to whoever is on call, ``owner_id`` at this moment, else to the leads.
    ``escalated_to`` is the highest level that knows, ``everybody_told`` whether none is above it;
    in the answer to an outcome ``told_now`` says that by this one the next of them was told.
    ``comes_back_at`` is set while a person has put it off: its owner has it again then, at whatever
    level it is read, and whoever was told still knows.
    """

    reminder_id: UUID
    version: int
    key: ReminderKey
    patient_id: UUID
    patient_name: str | None
    birth_date: date | None
    birth_year: BirthYear = None
    team: str
    course_id: UUID | None
    for_role: Role
    owner_id: UUID | None
    on_call: bool = False
    state: Literal["planned", "visible", "acknowledged", "done", "cancelled"]
    reason: str | None = None
    section: Section | None
    risk: int
    due_at: AwareDatetime
    due_on: date
    time_zone: str
    visible_at: AwareDatetime | None = None
    late_by_minutes: int = 0
    title: str
    why: str
    what: str
    detail: Detail
    escalated_to: int | None = None
    everybody_told: bool = False
    told_now: bool = False
    comes_back_at: AwareDatetime | None = None
    acknowledged: Acknowledged | None = None
    attempts: int = 0
    action: Action
    actions: tuple[str, ...]


class AttemptBody(Body):
    """What somebody did about a reminder. ``act`` is ``acknowledge`` or an outcome."""

    act: str
    by: UUID
    at: AwareDatetime
    meaning: Meaning | None
    until: AwareDatetime | None
    to: UUID | None
    note: str | None


class RungBody(Body):
    """Who hears of it at one level of the ladder, and when. ``told_at`` says that they did.

    ``on_call``: whoever is on call then; ``owner_id`` is who it would be at this moment, and
    without one it goes to the leads."""

    level: int
    for_role: Role
    owner_id: UUID | None
    on_call: bool = False
    due_at: AwareDatetime
    told_at: AwareDatetime | None
    stopped: bool


class ReminderHistory(Body):
    """One obligation from its first try to its last. ``tries_left`` unanswered calls are tried
    again; the one after them goes up. ``longest_deferral_hours`` is how long it may be put off, and
    ``deferrals_left`` how often yet before only a lead may."""

    reminder_id: UUID
    attempts: tuple[AttemptBody, ...]
    ladder: tuple[RungBody, ...]
    tries_left: int
    longest_deferral_hours: int
    deferrals_left: int | None = None


class Worklist(Page[ReminderBody]):
    """One page of a list, in order: section, then risk, then how late.

    ``counts`` covers the whole scope, not this page, and is empty unless it was asked for.
    ``engine_seen_at`` is the reminder engine's last tick: when it is old, notices are late but this
    list is still complete. They are late as well when ``oldest_due_at``, the oldest reminder that
    was due at that tick and not announced by it, lies well before ``as_of``; none waited, or nobody
    can tell, where it is null.
    ``beyond``, where it was asked for, are keys of courses and plans on the team's list that are
    not on this page, the longest owed first and at most 500: whoever knows by itself what is due
    can tell what nobody here knows of from what stands on another page.
    """

    as_of: AwareDatetime
    counts: dict[Section, int]
    engine_seen_at: AwareDatetime | None
    oldest_due_at: AwareDatetime | None = None
    beyond: tuple[ReminderKey, ...] = ()


class ZoneQuery(Body):
    """An IANA name, such as ``America/New_York``."""

    time_zone: str = Field(min_length=1, max_length=64)


class ZoneMove(Body):
    """One reminder that would show at another instant; its local day ``due_on`` stays."""

    reminder_id: UUID
    kind: str
    due_on: date
    due_at: AwareDatetime
    new_due_at: AwareDatetime


class ZoneDifference(Body):
    """What would move if the person lived in ``new_time_zone``, in order of the new time.

    What was shown already, or put off by a person, stays where it is: ``unmoved`` counts it and
    whatever does not depend on the zone. Saving the new zone with the person's details does it.
    """

    time_zone: str
    new_time_zone: str
    moves: tuple[ZoneMove, ...]
    unmoved: int


class Acknowledgement(Body):
    """Take a reminder in hand. It stops the escalation; ``deferred`` moves it to ``until``."""

    meaning: Meaning
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _until_belongs_to_deferred(self) -> "Acknowledgement":
        if (self.meaning is Meaning.DEFERRED) != (self.until is not None):
            raise ValueError("until is given when, and only when, the meaning is deferred")
        return self


class NewOutcome(Body):
    """What came of it. ``at`` goes with call-back and reschedule, ``to`` with hand-over."""

    outcome: Outcome
    at: AwareDatetime | None = None
    to: UUID | None = None
    note: str | None = Field(default=None, max_length=500)

    @model_validator(mode="after")
    def _each_with_its_field(self) -> "NewOutcome":
        if (self.outcome in {Outcome.CALL_BACK, Outcome.RESCHEDULE}) != (self.at is not None):
            raise ValueError("at is given when, and only when, calling back or rescheduling")
        if (self.outcome is Outcome.HAND_OVER) != (self.to is not None):
            raise ValueError("to is given when, and only when, handing over")
        return self


class ServiceLevelQuery(Body):
    """Count reminders that fell due from this instant on; all of them when left out."""

    since: AwareDatetime | None = None


class ChannelLevels(Body):
    """Notices by the channel they were tried on: ``on_time`` within 120 s of when they might go,
    ``late`` after that, ``failed`` where the channel was given up. Notices bring somebody to the
    list and are not the list."""

    channel: str
    on_time: int
    late: int
    failed: int


class ServiceLevels(Body):
    """Whether the engine keeps its promises. ``early``, ``doubled`` and ``lost`` must be 0.

    ``on_time`` and ``late`` count reminders by how long after ``due_at`` they were made
    visible; ``waiting`` is due now and not yet marked (the list shows it all the same).
    """

    as_of: AwareDatetime
    on_time: int
    late: int
    early: int
    doubled: int
    lost: int
    waiting: int
    open: int
    done: int
    cancelled: int
    worst_lateness_s: int
    engine_seen_at: AwareDatetime | None
    channels: tuple[ChannelLevels, ...] = ()


class Recount(Body):
    """Recount the people after this one; from the first when left out."""

    after: UUID | None = None


class Recounted(Body):
    """What recounting some people's reminders found. ``lost`` had been missing; ``mended`` counts
    them and whatever else was changed. ``next`` is where to go on, among ``people`` in all."""

    people: int
    looked_at: int
    mended: int
    lost: int
    next: UUID | None
