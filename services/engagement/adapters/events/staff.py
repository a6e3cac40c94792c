"""Who works here, as the portal tells."""

from collections.abc import Mapping

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events.about import require_about
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import Colleague
from shared.events.envelope import Event, Fact
from shared.events.portal import StaffAdded, StaffDisabled, StaffFact, StaffRoleChanged
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler


def on_staff(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts of this file and what is done about each."""

    async def on_colleague(tx: Transaction, event: Event[StaffFact]) -> None:
        staff = event.data.staff
        require_about(event, staff.staff_id)
        colleague = Colleague(
            staff_id=staff.staff_id,
            role=staff.role,
            teams=frozenset(staff.teams),
            active=staff.active,
        )
        await apply_staff_state(SqlWork(tx, rules), colleague=colleague, rules=rules, now=tx.now)

    return dict.fromkeys((StaffAdded, StaffRoleChanged, StaffDisabled), on_colleague)
