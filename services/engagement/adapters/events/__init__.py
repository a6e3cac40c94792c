"""What other services tell us, as the use cases' own values: one file per thing told of."""

from collections.abc import Mapping

from services.engagement.adapters.events.courses import on_courses
from services.engagement.adapters.events.flags import on_flags
from services.engagement.adapters.events.people import on_people
from services.engagement.adapters.events.readings import on_readings
from services.engagement.adapters.events.signatures import on_signatures
from services.engagement.adapters.events.staff import on_staff
from services.engagement.domain.rules import Rules
from shared.events.assessment import RecordOpened
from shared.events.envelope import Fact
from shared.runtime import standing
from shared.runtime.inbox import Handler


def subscriptions(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts this service listens to and what it does about each."""
    return {
        **on_courses(rules),
        **on_flags(rules),
        **on_people(rules),
        **on_readings(rules),
        **on_signatures(rules),
        **on_staff(rules),
        RecordOpened: standing.on_record_opened,
    }
