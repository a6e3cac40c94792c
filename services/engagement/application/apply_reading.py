"""Assessment says what was answered: scores are kept, and a fall of the ruler asks for a talk."""

from datetime import datetime
from decimal import Decimal

from services.engagement.application.ports import Reading, Work
from services.engagement.application.replan import replan
from services.engagement.application.support_telling import tell_drop
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import motivation
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.rules import MotivationRule
from shared.events.engagement import MotivationDropped


async def apply_reading(work: Work, *, reading: Reading, rules: Rules, now: datetime) -> None:
    """Keep it. A ruler that fell by 2, or is 3 or less, opens a motivation contact (R-34)."""
    await work.patients.hold(reading.patient_id)
    await work.support.add_reading(reading)
    work.audit(
        "reading.known",
        object=f"assessment:{reading.assessment_id}",
        subject=reading.patient_id,
        version=reading.version,
    )
    if reading.instrument == rules.support.motivation.instrument:
        await _look_at_the_ruler(work, reading, rules.support.motivation, now)
        await replan(work, patient_id=reading.patient_id, rules=rules, now=now)


async def _look_at_the_ruler(
    work: Work, reading: Reading, rule: MotivationRule, now: datetime
) -> None:
    value = lowest(reading, rule)
    if value is None or await work.support.drops.get(reading.assessment_id) is not None:
        return
    earlier = [
        one
        for one in await work.support.readings_of(reading.patient_id)
        if one.instrument == rule.instrument
        and one.taken_at < reading.taken_at
        and lowest(one, rule) is not None
    ]
    before = max(earlier, key=lambda one: (one.taken_at, one.version), default=None)
    previous = lowest(before, rule) if before else None
    because = motivation.why(value, previous, rule)
    if not because:
        return
    drop = Drop(
        reading_id=reading.assessment_id,
        patient_id=reading.patient_id,
        value=value,
        previous=previous,
        measured_on=reading.taken_on,
        because=because,
        contact_by=motivation.contact_by(reading.taken_on, rule),
        recorded_at=now,
    )
    await work.support.drops.put(drop)
    tell_drop(work, MotivationDropped, drop)


def lowest(reading: Reading, rule: MotivationRule) -> int | None:
    """The lower of the two rulers: wanting without daring does not move anybody."""
    scores = [reading.scales.get(code) for code in rule.scales]
    found = [score for score in scores if isinstance(score, Decimal)]
    return int(min(found)) if found else None
