"""Assessment says what was answered: scores are kept, and a fall of the ruler asks for a talk."""

from datetime import datetime

from services.engagement.application.ports import Reading, Work
from services.engagement.application.replan import replan
from services.engagement.application.support_telling import tell_drop
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import motivation
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.rules import MotivationRule
from shared.events.engagement import MotivationDropped


async def apply_reading(work: Work, *, reading: Reading, rules: Rules, now: datetime) -> None:
    """Keep it. Each ruler that fell by 2, or is 3 or less, asks for a motivation contact (R-34)."""
    decides = reading.instrument == rules.support.motivation.instrument
    if decides:
        await work.patients.hold(reading.patient_id)
    await work.support.add_reading(reading)
    work.audit(
        "reading.known",
        object=f"assessment:{reading.assessment_id}",
        subject=reading.patient_id,
        version=reading.version,
    )
    if decides:
        await _look_at_the_ruler(work, reading, rules.support.motivation, now)
        await replan(work, patient_id=reading.patient_id, rules=rules, now=now)


async def _look_at_the_ruler(
    work: Work, reading: Reading, rule: MotivationRule, now: datetime
) -> None:
    if await work.support.drops.get(reading.assessment_id) is not None:
        return
    earlier = [
        one
        for one in await work.support.readings_of(reading.patient_id)
        if one.instrument == rule.instrument and one.taken_at < reading.taken_at
    ]
    before: dict[str, int] = {}
    for one in sorted(earlier, key=lambda one: (one.taken_at, one.version)):
        before |= rulers(one, rule)
    falls = motivation.falls(rulers(reading, rule), before, rule)
    if not falls:
        return
    lowest_one = min(falls, key=lambda fall: fall.value)
    drop = Drop(
        reading_id=reading.assessment_id,
        patient_id=reading.patient_id,
        value=lowest_one.value,
        previous=lowest_one.previous,
        measured_on=reading.taken_on,
        because=tuple(dict.fromkeys(code for fall in falls for code in fall.because)),
        contact_by=motivation.contact_by(reading.taken_on, rule),
        recorded_at=now,
        falls=tuple(falls),
    )
    await work.support.drops.put(drop)
    tell_drop(work, MotivationDropped, drop)


def rulers(reading: Reading, rule: MotivationRule) -> dict[str, int]:
    """The rulers that were asked."""
    scores = {code: reading.scales.get(code) for code in rule.scales}
    return {code: int(score) for code, score in scores.items() if score is not None}


def lowest(reading: Reading, rule: MotivationRule) -> int | None:
    """The lower of the two rulers, for one line over time; a fall is looked for in each."""
    return min(rulers(reading, rule).values(), default=None)
