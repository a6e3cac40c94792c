"""The service's HTTP interface: one file per subject, bodies in ``shared.api.engagement``."""

from services.engagement.adapters.http.absences import add_absences
from services.engagement.adapters.http.acts import add_acts
from services.engagement.adapters.http.levels import add_levels
from services.engagement.adapters.http.lists import add_lists
from services.engagement.adapters.http.notices import add_notices
from services.engagement.adapters.http.on_call import add_on_call
from services.engagement.adapters.http.outcomes import add_outcomes
from services.engagement.adapters.http.problems import PROBLEMS
from services.engagement.adapters.http.programmes import add_programmes
from services.engagement.adapters.http.recount import add_recount
from services.engagement.adapters.http.reminders import add_reminders
from services.engagement.adapters.http.rounds import add_rounds
from services.engagement.adapters.http.support import add_support
from services.engagement.adapters.http.support_desk import SupportDesk
from services.engagement.adapters.http.timeline import add_timeline
from services.engagement.adapters.http.zones import add_zones
from services.engagement.domain.rules import Rules
from shared.runtime.auth import Keys
from shared.runtime.http import Api
from shared.runtime.http.looks import add_looks


def build_api(rules: Rules, keys: Keys | None = None) -> Api:
    """Every operation of engagement. Without ``keys`` no signature can be checked."""
    api = Api(service="engagement", title="Mooring engagement", problems=PROBLEMS)
    add_lists(api, rules)
    add_reminders(api, rules)
    add_acts(api, rules)
    add_levels(api, rules)
    add_recount(api, rules)
    add_timeline(api, rules)
    add_notices(api, rules)
    add_rounds(api, rules)
    add_absences(api, rules)
    add_on_call(api, rules)
    add_zones(api, rules)
    desk = SupportDesk(rules, keys)
    add_support(api, desk)
    add_programmes(api, desk)
    add_outcomes(api, desk)
    add_looks(api, desk.admit)
    return api
