"""The service's routes put together."""

from services.treatment.adapters.content import Content
from services.treatment.adapters.http.bench import add_bench
from services.treatment.adapters.http.calendars import add_calendars
from services.treatment.adapters.http.changes import add_changes
from services.treatment.adapters.http.courses import add_courses
from services.treatment.adapters.http.decisions import add_decisions
from services.treatment.adapters.http.desk import Desk
from services.treatment.adapters.http.dosing import add_dosing
from services.treatment.adapters.http.drugs import add_drugs
from services.treatment.adapters.http.follow_up import add_follow_up
from services.treatment.adapters.http.lists import add_lists
from services.treatment.adapters.http.plans import add_plans
from services.treatment.adapters.http.problems import PROBLEMS
from services.treatment.adapters.http.schedule_checks import add_schedule_checks
from services.treatment.adapters.http.steps import add_steps
from services.treatment.adapters.http.switches import add_switches
from shared.runtime.http import Api
from shared.runtime.http.looks import add_looks


def build_api(desk: Desk, content: Content) -> Api:
    """Every operation of treatment."""
    api = Api(service="treatment", title="Mooring treatment", problems=PROBLEMS)
    add_drugs(api, desk)
    add_courses(api, desk)
    add_dosing(api, desk)
    add_follow_up(api, desk)
    add_switches(api, desk)
    add_decisions(api, desk)
    add_plans(api, desk, {code: content.policy(code) for code in content.policy_codes()})
    add_bench(api, desk)
    add_schedule_checks(api, content)
    add_steps(api, desk)
    add_changes(api, desk)
    add_calendars(api, desk)
    add_lists(api, desk)
    add_looks(api, desk.visible_patient)
    return api
