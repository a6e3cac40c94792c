"""End a programme by decision. Closing in the weekly phase waits for a supervisor (R-31)."""

from datetime import date, datetime
from uuid import UUID

from services.engagement.application.change_programme import keep_programme
from services.engagement.application.ports import Work
from services.engagement.application.support_known import programme_in_hand
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.support.programme import Closing, Programme, Status
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.rules import EARLY_CLOSING
from services.engagement.domain.support.signing import (
    CLOSE_EARLY,
    CONFIRM_CLOSING,
    Document,
    Signed,
    check_signature,
    document,
)
from shared.events.engagement import ProgrammeChanged, ProgrammeClosed


async def close_programme(
    work: Work,
    *,
    programme_id: UUID,
    seen_version: int,
    reason: str,
    note: str | None,
    by: UUID,
    signed: Signed | None,
    rules: Rules,
    now: datetime,
) -> Programme:
    """Close it, or ask a supervisor to confirm.

    Raises:
        RuleBroken: the reason is none of the coded ones.
        SignatureMismatch: an early closing is not signed.
    """
    found = await programme_in_hand(work, programme_id, seen_version, to_end_it=True)
    if reason not in rules.support.reasons_for("closing"):
        raise RuleBroken(
            "reason-missing",
            "Support ends by decision: choose the reason.",
            field="reason",
            rule="R-25",
        )
    today = await _today(work, found, rules, now)
    guarded = closing_is_guarded(found, today, rules)
    if guarded:
        to_sign = closing_document(found, reason)
        rule = rules.support.guards[EARLY_CLOSING].rule
        signed = check_signature(signed, by=by, of=to_sign, rule=rule)
        await _keep(work, signed, to_sign, found)
    closing = Closing(reason=reason, by=by, at=now, on=today, note=note, needs_supervisor=guarded)
    after = programmes.asked_to_close(found, closing)
    fact = ProgrammeClosed if after.status is Status.CLOSED else ProgrammeChanged
    return await keep_programme(work, fact, after, rules=rules, now=now)


async def decide_closing(
    work: Work,
    *,
    programme_id: UUID,
    seen_version: int,
    confirmed: bool,
    by: UUID,
    role: str,
    signed: Signed | None,
    rules: Rules,
    now: datetime,
) -> Programme:
    """A supervisor confirms, with a signature, or declines.

    Raises:
        RuleBroken: the caller is no supervisor.
        SecondPersonNeeded: the caller asked for it themselves.
    """
    found = await programme_in_hand(work, programme_id, seen_version, to_end_it=True)
    if role not in rules.support.limits.supervisor_roles:
        raise RuleBroken(
            "supervisor-needed",
            "A team lead or prescriber decides this.",
            field="confirmed",
            rule=rules.support.guards[EARLY_CLOSING].rule,
        )
    today = await _today(work, found, rules, now)
    after = programmes.closing_decided(found, by=by, on=today, confirmed=confirmed)
    if confirmed:
        to_sign = confirming_document(found)
        rule = rules.support.guards[EARLY_CLOSING].rule
        signed = check_signature(signed, by=by, of=to_sign, rule=rule)
        await _keep(work, signed, to_sign, found)
    fact = ProgrammeClosed if confirmed else ProgrammeChanged
    return await keep_programme(work, fact, after, rules=rules, now=now)


def closing_is_guarded(found: Programme, today: date, rules: Rules) -> bool:
    """Whether closing today is the brief support the guard speaks of."""
    kind = rules.support.kinds[found.kind]
    return programmes.needs_supervisor(found, kind, today, rules.support.limits)


async def _keep(work: Work, signed: Signed, to_sign: Document, found: Programme) -> None:
    await work.keep_signature(
        signed,
        of=f"programme:{found.programme_id}:{found.version}",
        subject=found.patient_id,
        document=to_sign.text,
    )


def closing_document(found: Programme, reason: str) -> Document:
    """What is signed when closing early."""
    return document(
        CLOSE_EARLY,
        {"programme": found.programme_id, "version": found.version, "reason": reason},
    )


def confirming_document(found: Programme) -> Document:
    """What a supervisor signs."""
    reason = found.closing.reason if found.closing else ""
    return document(
        CONFIRM_CLOSING,
        {"programme": found.programme_id, "version": found.version, "reason": reason},
    )


async def _today(work: Work, found: Programme, rules: Rules, now: datetime) -> date:
    patient = await work.patients.hold(found.patient_id)
    return local_day(now, rules.place(patient).zone)
