"""What the watcher saw, what of it is wrong, and when a person is told. No clock, no network."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

LOOKS_BEFORE_TELLING = 2
"""One odd look may be a restart; two in a row are told. What has lasted for minutes is told at
the first: an engine that is dead, stuck or behind has to be known within three."""
AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, days and a share of the disk; beyond them a person is told."""

    heartbeat_s: float = 120.0
    overdue_s: float = 120.0
    outbox_s: float = 60.0
    backup_s: float = 26 * 3600.0
    disk_free: float = 0.20
    certificate_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What one service's database says of itself."""

    outbox_s: float
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look at everything. Ages in seconds; ``None`` where nothing is there or could be read."""

    databases: Mapping[str, Database | None]
    heartbeat_s: float | None
    overdue: int | None
    flags_without_reminder: int | None
    urgent_unsent: int | None
    """Urgent messages to colleagues that ended in the last hour and reached nobody."""
    archived: bool
    backup_s: float | None
    disk_free: float
    certificates: Mapping[str, int | None]
    """Days until each ends."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong. ``code`` stays the same while it lasts; ``lasts`` says that it has been
    so for minutes already, whoever looks for the first time."""

    code: str
    text: str
    lasts: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to a person; ``code`` is the alarm it is about, empty for the daily test."""

    subject: str
    text: str
    code: str = ""


def judge(seen: Seen, limits: Limits) -> tuple[Alarm, ...]:
    """Everything that is wrong, worst for people first."""
    return (
        *_reminders(seen, limits),
        *_databases(seen, limits),
        *_keeping(seen, limits),
        *_certificates(seen, limits),
    )


def _reminders(seen: Seen, limits: Limits) -> list[Alarm]:
    found = []
    if seen.heartbeat_s is None or seen.heartbeat_s > limits.heartbeat_s:
        age = "never" if seen.heartbeat_s is None else f"{seen.heartbeat_s:.0f} s ago"
        text = f"The reminder engine last ticked {age}. Work from the due list."
        found.append(Alarm("engine-silent", text, lasts=seen.heartbeat_s is not None))
    if None in {seen.overdue, seen.flags_without_reminder, seen.urgent_unsent}:
        text = "The watcher cannot read the reminders, their messages or the safety flags."
        found.append(Alarm("blind", text))
    if seen.overdue:
        text = f"{seen.overdue} reminders are due for over {limits.overdue_s:.0f} s and not shown."
        found.append(Alarm("reminders-overdue", text, lasts=True))
    if seen.flags_without_reminder:
        text = f"{seen.flags_without_reminder} open safety flags have no reminder."
        found.append(Alarm("flags-unattended", text))
    if seen.urgent_unsent:
        text = f"{seen.urgent_unsent} urgent messages reached nobody. Work from the list."
        found.append(Alarm("urgent-unsent", text, lasts=True))
    return found


def _databases(seen: Seen, limits: Limits) -> list[Alarm]:
    found = []
    for name, database in seen.databases.items():
        if database is None:
            found.append(Alarm(f"database-away:{name}", f"The database of {name} is away."))
            continue
        if database.outbox_s > limits.outbox_s:
            text = f"Facts of {name} wait unpublished for {database.outbox_s:.0f} s."
            found.append(Alarm(f"outbox-stuck:{name}", text))
        if database.parked:
            text = f"{database.parked} events are parked in {name} and wait for a person."
            found.append(Alarm(f"parked:{name}", text))
    return found


def _keeping(seen: Seen, limits: Limits) -> list[Alarm]:
    found = []
    if not seen.archived:
        found.append(Alarm("archive-silent", "The write-ahead log is not being archived."))
    if seen.backup_s is None:
        found.append(Alarm("backup-missing", "There is no backup yet."))
    elif seen.backup_s > limits.backup_s:
        text = f"The newest backup is {seen.backup_s / 3600:.0f} h old."
        found.append(Alarm("backup-old", text))
    if seen.disk_free < limits.disk_free:
        found.append(Alarm("disk-low", f"{seen.disk_free:.0%} of the disk is free."))
    return found


def _certificates(seen: Seen, limits: Limits) -> list[Alarm]:
    found = []
    for name, days in seen.certificates.items():
        if days is None:
            found.append(Alarm(f"certificate:{name}", f"The certificate {name} cannot be read."))
        elif days < limits.certificate_days:
            text = f"The certificate {name} ends in {days} days."
            found.append(Alarm(f"certificate:{name}", text))
    return found


def channels_away(names: Collection[str]) -> tuple[Alarm, ...]:
    """Ways to a person that did not take everything when last tried: the others carry this."""
    return tuple(
        Alarm(f"channel-away:{name}", f"Not everything could be sent by {name}.")
        for name in sorted(names)
    )


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is wrong since when, and who was told when."""

    looks: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)
    tested: date | None = None

    def after(
        self, alarms: tuple[Alarm, ...], *, now: datetime
    ) -> tuple["Ledger", tuple[Notice, ...]]:
        """The ledger after one more look, and what to send because of it. The ledger takes all of
        it as sent; ``unsent`` takes that back."""
        texts = {alarm.code: alarm.text for alarm in alarms}
        lasting = {alarm.code for alarm in alarms if alarm.lasts}
        looks = {code: self.looks.get(code, 0) + 1 for code in texts}
        seen = {code: LOOKS_BEFORE_TELLING if code in lasting else looks[code] for code in texts}
        new = [code for code in texts if self._is_to_be_told(code, seen[code], now)]
        over = [code for code in self.told if code not in texts]
        notices = [Notice(f"ALARM {code}", texts[code], code) for code in new]
        notices += [Notice(f"over: {code}", "This is well again.", code) for code in over]
        told = {code: at for code, at in self.told.items() if code in texts}
        told |= dict.fromkeys(new, now)
        ledger = replace(self, looks=looks, told=told)
        if self.tested == now.date():
            return ledger, tuple(notices)
        test = Notice("daily test", f"The watcher is at work; {len(texts)} alarms are open.")
        return replace(ledger, tested=now.date()), (test, *notices)

    def unsent(self, missed: Collection[Notice], *, before: "Ledger") -> "Ledger":
        """The ledger when nobody took these: they are due again at the next look, as ``before``
        that one. That it was looked stays counted."""
        codes = {notice.code for notice in missed}
        told = {code: at for code, at in self.told.items() if code not in codes}
        told |= {code: at for code, at in before.told.items() if code in codes}
        return replace(self, told=told, tested=before.tested if "" in codes else self.tested)

    def _is_to_be_told(self, code: str, looks: int, now: datetime) -> bool:
        if code in self.told:
            return now - self.told[code] >= AGAIN_AFTER
        return looks >= LOOKS_BEFORE_TELLING
