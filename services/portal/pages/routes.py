"""Every address of the portal, and who may open it. An address not listed here does not exist."""

from collections.abc import Callable

from aiohttp import web

from services.portal.pages import (
    account,
    activities,
    answering,
    assessments,
    auditing,
    bench,
    calendars,
    carers,
    caseload,
    changes,
    check_ins,
    colleagues,
    contacts,
    courses,
    cover,
    decisions,
    dosing,
    elsewhere,
    emergency,
    entrance,
    erasing,
    feed,
    flags,
    guidance,
    handouts,
    home,
    intake,
    letters,
    life_events,
    links,
    live,
    motivation,
    notices,
    on_call,
    operating,
    outcomes,
    pathway,
    patient,
    patients,
    profile,
    programme,
    programmes,
    relapse_plan,
    reminders,
    reviews,
    rounds,
    rule_report,
    scripts,
    set_up,
    steps,
    support,
    switching,
    tapers,
    theme,
    timeline,
    tongues,
)
from services.portal.pages.desk import Desk, desk_key
from services.portal.pages.gate import Page, guarded, outside, unguarded
from services.portal.presenters import trouble
from shared.api.identity import CLINICIANS, Role
from shared.runtime import access
from shared.runtime.access import BadTable
from shared.runtime.http.app import LONG_LIVED
from shared.runtime.http.limits import by_address

STAFF = frozenset(role for role in Role if role is not Role.SERVICE)
OPERATIONS = frozenset({Role.OPERATIONS})
KEEPERS = frozenset({Role.OPERATIONS, Role.LEAD})
PRESCRIBER = frozenset({Role.PRESCRIBER})
TREATING = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD})
AUDITOR = frozenset({Role.AUDITOR})
JUDGES = frozenset({Role.PRESCRIBER, Role.LEAD})

EXPORTERS = frozenset({Role.PRESCRIBER, Role.LEAD})
IMPORTERS = frozenset({Role.FACILITATOR, Role.LEAD})

_P = "/patients/{patient_id}"
_S = "/patients/{patient_id}/support"
_C = "/patients/{patient_id}/courses/{course_id}"

PAGES: tuple[tuple[str, str, Page, frozenset[Role]], ...] = (
    ("GET", "/", home.show_home, STAFF),
    ("GET", "/list", home.show_list, CLINICIANS),
    ("POST", "/list/find", home.find_on_list, CLINICIANS),
    ("POST", "/sign-out", entrance.sign_out, STAFF),
    ("POST", "/met", entrance.met, STAFF),
    ("GET", "/account", account.show_account, STAFF),
    ("GET", "/keys", account.show_keys, STAFF),
    ("POST", "/account/password", account.change_password, STAFF),
    ("POST", "/account/codes", account.set_up_codes, STAFF),
    ("POST", "/account/sign-out-everywhere", account.sign_out_everywhere, STAFF),
    ("GET", "/account/notices", notices.show_notices, CLINICIANS),
    ("POST", "/account/notices", notices.choose, CLINICIANS),
    ("GET", "/round", rounds.show_round, CLINICIANS),
    ("GET", "/cover", cover.show_cover, CLINICIANS),
    ("POST", "/cover", cover.ask_a_colleague, CLINICIANS),
    ("POST", "/cover/{absence_id}/answers", cover.answer, CLINICIANS),
    ("POST", "/cover/{absence_id}/withdraw", cover.withdraw, CLINICIANS),
    ("GET", "/on-call", on_call.show_on_call, CLINICIANS | OPERATIONS),
    ("POST", "/on-call", on_call.put_on_call, KEEPERS),
    ("POST", "/on-call/{shift_id}/end", on_call.end, KEEPERS),
    ("GET", "/staff", colleagues.show_staff, KEEPERS),
    ("POST", "/staff", colleagues.change_staff, KEEPERS),
    ("POST", "/operations/clock", operating.move_clock, OPERATIONS),
    ("GET", "/operations", operating.show_operations, KEEPERS),
    ("POST", "/operations/parked", operating.resolve, KEEPERS),
    ("GET", "/patients", patients.show_patients, CLINICIANS),
    ("POST", "/patients/search", patients.search, CLINICIANS),
    ("GET", "/patients/new", patients.show_enrolment, CLINICIANS),
    ("POST", "/patients/new", patients.enrol, CLINICIANS),
    ("GET", _P, patient.show_overview, CLINICIANS),
    ("GET", f"{_P}/timeline", timeline.show_timeline, CLINICIANS),
    ("GET", f"{_P}/details", patient.show_details, CLINICIANS),
    ("POST", f"{_P}/details", patient.change_details, CLINICIANS),
    ("POST", f"{_P}/care-team", patient.change_care_team, CLINICIANS),
    ("POST", f"{_P}/leave-care", patient.leave_care, CLINICIANS),
    ("POST", f"{_P}/return-to-care", patient.return_to_care, CLINICIANS),
    ("POST", f"{_P}/restart-messages", patient.restart_messages, CLINICIANS),
    ("POST", f"{_P}/erase", patient.erase, JUDGES),
    ("GET", "/retention", erasing.show_retention, KEEPERS | AUDITOR),
    ("POST", "/retention", erasing.erase_due, KEEPERS),
    ("GET", f"{_P}/assessments", assessments.show_assessments, CLINICIANS),
    ("GET", f"{_P}/assessments/new/{{instrument}}", assessments.show_questionnaire, CLINICIANS),
    ("POST", f"{_P}/assessments/new/{{instrument}}", assessments.take, CLINICIANS),
    ("GET", f"{_P}/assessments/{{assessment_id}}", assessments.show_result, CLINICIANS),
    ("GET", f"{_P}/assessments/{{assessment_id}}/correct", assessments.show_correcting, CLINICIANS),
    ("POST", f"{_P}/assessments/{{assessment_id}}/correct", assessments.correct, CLINICIANS),
    ("GET", "/rules", rule_report.show_rule_report, frozenset({Role.PRESCRIBER, Role.LEAD})),
    ("GET", f"{_P}/carers", carers.show_carers, CLINICIANS),
    ("POST", f"{_P}/carers", carers.add_carer, CLINICIANS),
    ("POST", f"{_P}/carers/{{carer_id}}", carers.change_carer, CLINICIANS),
    ("POST", f"{_P}/carers/{{carer_id}}/end", carers.end_carer, CLINICIANS),
    ("GET", f"{_P}/history", carers.show_history, CLINICIANS),
    ("GET", f"{_P}/looks", emergency.show_record_looks, CLINICIANS),
    ("GET", "/audit.csv", auditing.export, AUDITOR),
    ("GET", "/emergency", emergency.show_emergency, TREATING),
    ("POST", "/emergency", emergency.open_in_emergency, TREATING),
    ("GET", "/emergency-looks", emergency.show_looks, JUDGES | AUDITOR),
    ("POST", "/emergency-looks/{grant_id}", emergency.judge, JUDGES),
    ("GET", f"{_P}/links", links.show_links, CLINICIANS),
    ("POST", f"{_P}/links", links.make_link, CLINICIANS),
    ("POST", f"{_P}/links/{{invitation_id}}/revoke", links.revoke_link, CLINICIANS),
    ("GET", f"{_P}/calendar", calendars.show_calendar, CLINICIANS),
    ("POST", f"{_P}/calendar", calendars.make_link, CLINICIANS),
    ("POST", f"{_P}/calendar/{{calendar_link_id}}/revoke", calendars.revoke_link, CLINICIANS),
    ("GET", f"{_P}/flags/new", flags.show_raising, CLINICIANS),
    ("POST", f"{_P}/flags/new", flags.raise_flag, CLINICIANS),
    ("GET", f"{_P}/flags/{{flag_id}}", flags.show_flag, CLINICIANS),
    ("POST", f"{_P}/flags/{{flag_id}}/acknowledge", flags.acknowledge, CLINICIANS),
    ("POST", f"{_P}/flags/{{flag_id}}/close", flags.close, CLINICIANS),
    ("GET", f"{_P}/intake", intake.show_intake, CLINICIANS),
    ("POST", f"{_P}/intake", intake.save_intake, CLINICIANS),
    ("GET", f"{_P}/health", intake.show_health, CLINICIANS),
    ("POST", f"{_P}/health", intake.save_health, CLINICIANS),
    ("GET", f"{_P}/pathway", pathway.show_pathway, CLINICIANS),
    ("POST", f"{_P}/pathway", pathway.propose, CLINICIANS),
    ("POST", f"{_P}/pathway/{{proposal_id}}", pathway.decide, CLINICIANS),
    ("GET", "/caseload", caseload.show_caseload, CLINICIANS),
    ("GET", "/outcomes", outcomes.show_outcomes, CLINICIANS),
    ("GET", "/outcomes/rows.csv", outcomes.export_rows, EXPORTERS),
    ("GET", "/outcomes/columns.csv", outcomes.export_columns, EXPORTERS),
    ("GET", "/activities", activities.show_directory, IMPORTERS),
    ("POST", "/activities", activities.take_in, IMPORTERS),
    ("GET", _S, support.show_support, CLINICIANS),
    ("GET", f"{_S}/guidance", guidance.show_guidance, CLINICIANS),
    ("GET", f"{_S}/contacts", contacts.show_contacts, CLINICIANS),
    ("GET", f"{_S}/contacts/letter", letters.show_letter, CLINICIANS),
    ("GET", f"{_S}/contacts/new", contacts.show_new_contact, CLINICIANS),
    ("POST", f"{_S}/contacts/new", contacts.record_contact, CLINICIANS),
    ("POST", f"{_S}/contacts/decision", contacts.decide, CLINICIANS),
    ("GET", f"{_S}/programmes/new", programmes.show_start, CLINICIANS),
    ("POST", f"{_S}/programmes/new", programmes.start, CLINICIANS),
    ("GET", f"{_S}/programmes/{{programme_id}}", programme.show_programme, CLINICIANS),
    ("POST", f"{_S}/programmes/{{programme_id}}/{{act}}", programme.act, CLINICIANS),
    ("GET", f"{_S}/motivation", motivation.show_motivation, CLINICIANS),
    ("POST", f"{_S}/motivation/{{reading_id}}/talk", motivation.talk, CLINICIANS),
    ("POST", f"{_S}/motivation/{{reading_id}}/dismiss", motivation.dismiss, CLINICIANS),
    ("GET", f"{_S}/life-events", life_events.show_life_events, CLINICIANS),
    ("POST", f"{_S}/life-events", life_events.record_life_event, CLINICIANS),
    (
        "POST",
        f"{_S}/life-events/{{life_event_id}}/withdraw",
        life_events.withdraw_life_event,
        CLINICIANS,
    ),
    ("GET", f"{_S}/activities", activities.show_activities, CLINICIANS),
    ("POST", f"{_S}/activities", activities.refer, CLINICIANS),
    ("POST", f"{_S}/referrals/{{referral_id}}", activities.answer, CLINICIANS),
    ("GET", f"{_S}/needs", profile.show_needs, CLINICIANS),
    ("POST", f"{_S}/needs", profile.save_needs, CLINICIANS),
    ("GET", f"{_S}/privacy", profile.show_privacy, CLINICIANS),
    ("POST", f"{_S}/privacy", profile.save_privacy, CLINICIANS),
    ("GET", f"{_S}/shared-plan", profile.show_plan, CLINICIANS),
    ("POST", f"{_S}/shared-plan", profile.save_plan, CLINICIANS),
    ("GET", "/reminders/{reminder_id}", reminders.find_reminder, CLINICIANS),
    ("GET", f"{_P}/reminders", reminders.show_reminders, CLINICIANS),
    ("GET", f"{_P}/relapse-plan", relapse_plan.show_relapse_plan, CLINICIANS),
    ("POST", f"{_P}/relapse-plan", relapse_plan.write_relapse_plan, CLINICIANS),
    ("GET", f"{_P}/reminders/{{reminder_id}}", reminders.show_reminder, CLINICIANS),
    ("POST", f"{_P}/reminders/{{reminder_id}}/acknowledge", reminders.acknowledge, CLINICIANS),
    ("POST", f"{_P}/reminders/{{reminder_id}}/outcome", reminders.record_outcome, CLINICIANS),
    ("GET", f"{_P}/courses", courses.show_courses, CLINICIANS),
    ("GET", f"{_P}/courses/new", set_up.show_set_up, CLINICIANS),
    ("POST", f"{_P}/courses/new", set_up.propose, CLINICIANS),
    ("GET", _C, courses.show_course, CLINICIANS),
    ("POST", f"{_C}/confirm", courses.confirm, CLINICIANS),
    ("POST", f"{_C}/record/{{what}}", courses.record, CLINICIANS),
    ("GET", f"{_C}/reviews/{{ordinal}}", reviews.show_review, CLINICIANS),
    ("POST", f"{_C}/reviews/{{ordinal}}", reviews.record_review, CLINICIANS),
    ("GET", f"{_C}/taper", tapers.show_taper_form, CLINICIANS),
    ("POST", f"{_C}/taper", tapers.preview_or_draft, CLINICIANS),
    ("GET", f"{_C}/taper/bench", bench.show_bench, CLINICIANS),
    ("POST", f"{_C}/taper/bench", bench.compare, CLINICIANS),
    ("GET", f"{_C}/plans/{{plan_id}}", tapers.show_plan, CLINICIANS),
    ("POST", f"{_C}/plans/{{plan_id}}", tapers.sign, CLINICIANS),
    ("GET", f"{_C}/plans/{{plan_id}}/print", handouts.show_handout, CLINICIANS),
    ("GET", f"{_C}/plans/{{plan_id}}/print.pdf", handouts.show_pdf, CLINICIANS),
    ("GET", f"{_C}/steps/{{ordinal}}", steps.show_step, CLINICIANS),
    ("POST", f"{_C}/steps/{{ordinal}}/supply", steps.confirm_supply, CLINICIANS),
    ("POST", f"{_C}/steps/{{ordinal}}/taken", steps.confirm_taken, CLINICIANS),
    ("GET", f"{_C}/changes", changes.show_changes, CLINICIANS),
    ("GET", f"{_C}/changes/new", changes.show_proposing, CLINICIANS),
    ("POST", f"{_C}/changes/new", changes.propose, CLINICIANS),
    ("GET", f"{_C}/changes/{{change_id}}", changes.show_change, CLINICIANS),
    ("POST", f"{_C}/changes/{{change_id}}", changes.sign, CLINICIANS),
    ("POST", f"{_C}/changes/{{change_id}}/decline", changes.decline, CLINICIANS),
    ("GET", f"{_C}/versions", changes.show_versions, CLINICIANS),
    ("GET", f"{_C}/dose", dosing.show_dose, CLINICIANS),
    ("POST", f"{_C}/dose", dosing.change_dose, CLINICIANS),
    ("GET", f"{_C}/freeze", dosing.show_freeze, CLINICIANS),
    ("POST", f"{_C}/freeze", dosing.freeze, CLINICIANS),
    ("GET", f"{_C}/harm-stop", dosing.show_harm_stop, CLINICIANS),
    ("POST", f"{_C}/harm-stop", dosing.stop_for_harm, CLINICIANS),
    ("GET", f"{_C}/switch", switching.show_switch, CLINICIANS),
    ("POST", f"{_C}/switch", switching.plan_switch, CLINICIANS),
    ("POST", f"{_C}/switch/steps", switching.take_step, CLINICIANS),
    ("POST", f"{_C}/switch/stay", switching.stay, CLINICIANS),
    ("GET", f"{_C}/decisions", decisions.show_decisions, CLINICIANS),
    ("GET", f"{_C}/decisions/{{version}}", decisions.show_decision, CLINICIANS),
    ("GET", f"{_C}/attribution", changes.show_attribution, CLINICIANS),
    ("GET", f"{_C}/supply", changes.show_supply, CLINICIANS),
    ("GET", f"{_C}/supply/{{ordinal}}", changes.show_order, CLINICIANS),
    ("GET", f"{_C}/check-ins/{{kind}}/{{ordinal}}", check_ins.show_check_in, CLINICIANS),
    ("POST", f"{_C}/check-ins/{{kind}}/{{ordinal}}", check_ins.record_check_in, CLINICIANS),
)


def _roles(method: str, path: str, meant: frozenset[Role]) -> frozenset[Role]:
    """Who may open a page, as the access table says.

    Raises:
        Unlisted: it has no line there.
        BadTable: the page was meant for others than its line says.
    """
    rule = access.table().rule("portal", method, path)
    if rule.roles != meant:
        raise BadTable(f"{method} {path} is meant for {', '.join(sorted(meant))}")
    return rule.roles


def extension(desk: Desk) -> Callable[[web.Application], None]:
    """Adds the pages to the portal's application."""

    def extend(app: web.Application) -> None:
        app[desk_key] = desk
        app.middlewares.append(by_address(desk.origins, desk.manner.address))
        app.router.add_get("/.well-known/jwks.json", scripts.publish_keys)
        app.router.add_get("/static/{digest}/{name}", _static)
        app.router.add_get("/sign-in", unguarded(entrance.show_sign_in))
        app.router.add_post("/sign-in", unguarded(entrance.sign_in))
        app.router.add_get("/answer", answering.public(answering.show_start))
        app.router.add_post("/answer", answering.public(answering.open_link))
        app.router.add_post("/answer/send", answering.public(answering.send_answers))
        app.router.add_get("/calendar/{secret}.ics", feed.show_feed)
        app.router.add_get("/sign-in/code", unguarded(entrance.show_code))
        app.router.add_post("/sign-in/code", unguarded(entrance.send_code))
        app.router.add_get("/sign-in/elsewhere", unguarded(elsewhere.depart))
        app.router.add_get("/sign-in/back", unguarded(elsewhere.come_back))
        to_sign = _roles("GET", "/sign-in/again", STAFF)
        app.router.add_get("/sign-in/again", guarded(elsewhere.depart_again, roles=to_sign))
        app.router.add_post("/language", unguarded(tongues.choose_language))
        app.router.add_get("/live", guarded(live.stream_changes, roles=CLINICIANS), name=LONG_LIVED)
        for method, path, page, roles in PAGES:
            open_to = _roles(method, path, roles)
            app.router.add_route(method, path, guarded(page, roles=open_to))
        app.router.add_get("/{anything:(?!api/).*}", _nowhere)

    return extend


async def _static(request: web.Request) -> web.StreamResponse:
    return theme.answer(request.app[desk_key].theme, request.path)


async def _nowhere(request: web.Request) -> web.StreamResponse:
    return outside(request.app[desk_key], trouble.of_status(404))
