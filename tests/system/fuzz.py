"""Real ids and plausible bodies for random requests, read from a running demo.

Random data alone is refused at the door. Here every operation is also tried on records whose
``actions`` name it, with a body that a person could have sent.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

import requests
from requests.adapters import HTTPAdapter

from shared.demo import NAMESPACE
from shared.demo.staff import STAFF, staff_id
from shared.runtime import clock
from tests.support.sentinel import BORN, FAMILY, GIVEN, WRITTEN

Choice = dict[str, Any]
USERNAMES = {
    "prescriber": "amara",
    "nurse": "nell",
    "lead": "lena",
    "facilitator": "femi",
    "operations": "oona",
    "auditor": "arun",
}
ANYBODY = "anybody"
"""Whoever has no token yet."""
REASON = f"Agreed with the person today. {WRITTEN}"


class _FromAddress(HTTPAdapter):
    """Sends from one address of this machine."""

    def __init__(self, address: str) -> None:
        self._from = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._from, 0))


def from_address(address: str) -> requests.Session:
    """A session whose requests come from this address."""
    session = requests.Session()
    session.mount("http://", _FromAddress(address))
    return session


@dataclass(slots=True)
class World:
    """The demo as scripts see it: tokens, and records to act on."""

    services: Mapping[str, str]
    password: str
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    tokens: dict[str, str] = field(default_factory=dict)
    records: dict[str, list[Choice]] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)
    stranger: requests.Session = field(default_factory=requests.Session)
    """Somebody at another address: it is slowed down for guessing, the tests are not."""

    def sign_in(self) -> None:
        """A token for every role."""
        for role, username in USERNAMES.items():
            answer = self.session.post(
                f"{self.services['portal']}/api/v1/tokens",
                json={"username": username, "password": self.password},
                timeout=10,
            )
            self.tokens[role] = answer.json()["access_token"]

    def get(self, service: str, path: str, *, role: str = "prescriber") -> Any:
        """Read something that is there."""
        answer = self.session.get(
            f"{self.services[service]}/api/v1/{path}",
            headers={"Authorization": f"Bearer {self.tokens[role]}"},
            timeout=20,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look_around(self, *, people: int) -> None:
        """Find records in every phase."""
        patients = self.get("assessment", "patients?limit=200")["items"]
        chosen = self.chance.sample(patients, min(people, len(patients)))
        self.records = {"patient_id": chosen, "course_id": [], "plan_id": [], "proposal_id": []}
        self.records["assessment_id"] = []
        self.records |= {name: self.records.get(name, []) for name in MADE_ON_THE_WAY}
        self.records["flag_id"] = self.get("assessment", "flags?limit=50")["items"]
        seen = self.get("engagement", "worklist?scope=team&limit=100", role="nurse")
        self.records["reminder_id"] = seen["items"]
        for patient in chosen:
            one = f"patients/{patient['patient_id']}"
            self.records["course_id"] += self.get("treatment", f"{one}/courses")["items"]
            for kind in ("assessments", "pathway-proposals"):
                name = kind.removeprefix("pathway-").removesuffix("s") + "_id"
                self.records[name] += self.get("assessment", f"{one}/{kind}?limit=3")["items"]
            self.records["reminder_id"] += self.get("engagement", f"{one}/reminders?limit=5")[
                "items"
            ]
        for course in self.records["course_id"]:
            plans = self.get("treatment", f"courses/{course['course_id']}/taper-plans")["items"]
            self.records["plan_id"] += plans

    def choose(self, path: str) -> tuple[dict[str, Any], Choice | None]:
        """Path parameters of one record that allows what this path does, and the record."""
        found, record = self._choose(path)
        for name in re.findall(r"{(\w+)}", path):
            if name not in found:
                plausible = {"day": clock.real_now().date().isoformat(), "version": "1"}
                found[name] = plausible.get(name, str(NAMESPACE))
        return found, record

    def _choose(self, path: str) -> tuple[dict[str, Any], Choice | None]:
        name = next((name for name in self.records if f"{{{name}}}" in path), None)
        if name is None:
            code = self.chance.choice(["phq-9", "gad-7"])
            return {"code": code} if "{code}" in path else {}, None
        record = self.chance.choice(self._allowing(path, self.records[name]) or [{}])
        found = {name: record.get(name, record.get("id", str(NAMESPACE)))}
        if "{ordinal}" in path:
            found["ordinal"] = _ordinal(record, path.rsplit("/", 1)[1])
        return found, record

    def _allowing(self, path: str, records: list[Choice]) -> list[Choice]:
        wanted = path.rsplit("/", 1)[1]
        if wanted in {"supply", "taken"}:
            return [c for c in records if _ordinal(c, wanted)] or records
        if wanted == "check-ins":
            return [c for c in records if c["taper"]] or records
        if wanted == "plan-changes":
            return [c for c in records if CHANGES & set(c["actions"])] or records
        if wanted == "preview":
            return [c for c in records if "taper-plans" in c["actions"]] or records
        if wanted == "dose-previews":
            return [c for c in records if "dose-changes" in c["actions"]] or records
        names = {"acknowledge", "close", "decide" if wanted == "decision" else wanted}
        return [one for one in records if names & set(one.get("actions", ()))] or records

    def look_at_parked(self, service: str) -> None:
        """Events that one service could not apply."""
        parked = self.get(service, "parked?limit=50", role="operations")["items"]
        self.records["parked_id"] = [one for one in parked if one["status"] == "parked"]

    def remember(self, answer: Any) -> None:
        """Keep what a record looks like after it was changed."""
        if not isinstance(answer, dict):
            return
        for name, kept_in in MADE_ON_THE_WAY.items():
            found = [*answer.get(kept_in, ())] if kept_in else [answer]
            self.records[name] += [one for one in found if name in one]
        for name in ("plan_id", "course_id", "proposal_id", "patient_id"):
            whole = name != "patient_id" or "care_team" in answer  # others only name the person
            if name in answer and "actions" in answer and whole:
                others = [one for one in self.records[name] if one[name] != answer[name]]
                self.records[name] = [*others, answer]
                return

    def ask_about_health(self, patient_id: str) -> None:
        """What the safety rules want to know before a course is proposed."""
        path = f"/api/v1/patients/{patient_id}/health-profile"
        version = self.version("treatment", path, "prescriber")
        headers = {"Authorization": f"Bearer {self.tokens['prescriber']}", "If-Match": version}
        body = {"conditions": [], "medicines": []}
        url = f"{self.services['treatment']}{path}"
        self.session.put(url, json=body, headers=headers, timeout=20)

    def sign(self, signing: Mapping[str, str]) -> str:
        """The prescriber's signature over what a record asks to be signed."""
        body = {"username": USERNAMES["prescriber"], "password": self.password, **signing}
        url = f"{self.services['portal']}/api/v1/signatures"
        return str(self.session.post(url, json=body, timeout=20).json()["signature"])

    def version(self, service: str, path: str, role: str) -> str:
        """The ETag of the record a path changes, as it is now."""
        parts = path.split("/")
        if parts[-1] in {"relapse-plan", "support-profile"}:
            return self._support_version("/".join(parts[:5]), parts[-1], role)
        keep = "health-profile", "intake"
        whole = path if parts[-1] in keep else "/".join(parts[:5])
        answer = self.session.get(
            f"{self.services[service]}{whole}",
            headers={"Authorization": f"Bearer {self.tokens[role]}"},
            timeout=20,
        )
        return answer.headers.get("ETag", '"1"')

    def _support_version(self, person: str, what: str, role: str) -> str:
        """What has no address of its own is read with the person's support."""
        answer = self.session.get(
            f"{self.services['engagement']}{person}/support",
            headers={"Authorization": f"Bearer {self.tokens[role]}"},
            timeout=20,
        )
        found = answer.json() if answer.status_code == 200 else {}
        kept = found.get({"relapse-plan": "relapse_plan", "support-profile": "profile"}[what])
        return f'"{(kept or {}).get("version", 0)}"'


MADE_ON_THE_WAY = {
    "change_id": "",
    "absence_id": "",
    "shift_id": "",
    "programme_id": "programmes",
    "life_event_id": "life_events",
    "reading_id": "readings",
    "carer_id": "carers",
    "invitation_id": "",
    "calendar_link_id": "",
    "referral_id": "referrals",
}
"""Records that only these requests make, and the list of an answer they are found in."""


def _ordinal(course: Choice, action: str) -> int:
    steps = (course.get("taper") or {}).get("steps", ())
    return next((step["ordinal"] for step in steps if action in step["actions"]), 0)


def _plan_version(course: Choice | None) -> int:
    return ((course or {}).get("taper", None) and course["taper"]["plan_version"]) or 1


Body = Callable[[World, Choice | None, date], Any]


def _new_course(world: World, _record: Choice | None, today: date) -> Any:
    taken = {course["patient_id"] for course in world.records["course_id"]}
    free = [p["patient_id"] for p in world.records["patient_id"] if p["patient_id"] not in taken]
    patient_id = (free or [str(uuid5(NAMESPACE, "nobody"))])[0]
    world.ask_about_health(patient_id)
    return {
        "patient_id": patient_id,
        "drug": "sertraline",
        "indication": "depression",
        "start_dose_mg": "50",
        "starts_on": today.isoformat(),
        "primary_instrument": "phq-9",
        "suicide_concern": False,
    }


def _taper(_world: World, _record: Choice | None, today: date) -> Any:
    return {
        "policy": "proportional",
        "starts_on": (today + timedelta(days=7)).isoformat(),
        "last_dose_mg": "12.5",
        "early_reason": REASON,
        "readiness": {
            "baseline_withdrawal": "none",
            "baseline": {
                "dizziness": "none",
                "brain_zaps": "none",
                "irritability": "none",
                "anxiety": "mild",
            },
            "crisis_plan_agreed": True,
            "supporter_asked": True,
            "pace_is_the_patients": True,
        },
    }


def _answers(world: World, _record: Choice | None, _today: date) -> Any:
    form = world.get("assessment", "instruments/phq-9")
    values = {item["code"]: 1 for item in form["items"] if item["scored"]}
    return {"instrument": "phq-9", "answers": values | {list(values)[-1]: 0}}


def _amendment(world: World, record: Choice | None, today: date) -> Any:
    form = world.get("assessment", f"instruments/{(record or {}).get('instrument', 'phq-9')}")
    values = {item["code"]: 1 for item in form["items"] if item["scored"]}
    return {"answers": values, "reason": REASON}


def _intake(world: World, _record: Choice | None, _today: date) -> Any:
    form = world.get("assessment", "intake-form")
    return {"answers": {q["code"]: q["choices"][0]["code"] for q in form["questions"]}}


def _check_in(_world: World, course: Choice | None, _today: date) -> Any:
    step = next(
        (
            (s["ordinal"], action.removeprefix("check-in-"))
            for s in ((course or {}).get("taper") or {}).get("steps", ())
            for action in s["actions"]
            if action.startswith("check-in-")
        ),
        (1, "early"),
    )
    return {
        "plan_version": _plan_version(course),
        "ordinal": step[0],
        "kind": step[1],
        "withdrawal": "none",
        "tolerable": True,
        "can_work_and_care": True,
        "mood": "same",
        "suicidal_thoughts": False,
        "marked_agitation": False,
        "emergency_signs": False,
    }


def _referral(world: World, _record: Choice | None, _today: date) -> Any:
    person = world.chance.choice(world.records["patient_id"])["patient_id"]
    found = world.get("engagement", f"patients/{person}/activities")["items"]
    return {"activity_id": world.chance.choice(found)["activity"]["activity_id"]}


CHANGES = {"hold", "step-back", "slow-down"}


def _plan_change(world: World, course: Choice | None, today: date) -> Any:
    possible = sorted(CHANGES & set((course or {}).get("actions", ())))
    kind = world.chance.choice(possible or ["hold"])
    when = {"days": 14} if kind == "hold" else {"on": (today + timedelta(days=7)).isoformat()}
    if kind == "step-back":
        when = {"on": today.isoformat()}
    version = _plan_version(course)
    return {"kind": kind, "plan_version": version, "reason": REASON} | when


def _a_while_ago() -> str:
    return (clock.real_now() - timedelta(hours=1)).isoformat()


def _signed(world: World, record: Choice | None, _today: date) -> Any:
    findings = (record or {}).get("findings", ())
    return {
        "signature": world.sign(
            (record or {}).get("signing") or {"hash": "0" * 64, "meaning": "x"}
        ),
        "acknowledgements": [
            {"rule": finding["rule"], "reason": REASON}
            for finding in findings
            if finding["level"] in {"warn", "strong-warn"}
        ],
    }


def _rules(world: World, key: str) -> str:
    rules = world.get("assessment", "safety-rules")
    return str(rules[key][0]["code"])


BODIES: dict[str, Body] = {
    "MessageWords": lambda _w, _r, _t: {"sender": "Appointments", "subject": "Your Tuesday"},
    "NewCalendarLink": lambda w, _r, _t: {
        "secret_sha256": f"{w.chance.getrandbits(256):064x}",
        "change_title": "Reminder",
        "check_in_title": "Call",
    },
    "NewPatient": lambda w, _r, _t: {
        "given_name": GIVEN,
        "family_name": f"{FAMILY} {w.chance.randrange(10**9)}",
        "birth_date": BORN,
        "phone": "+44 20 7946 0958",
        "email": "plover@example.org",
        "postal_address": "7 Curlew Row, Portside",
        "time_zone": "Europe/London",
        "language": "en",
        "team": "harbour",
        "care_team": [str(staff_id(STAFF[0].username))],
    },
    "PatientSearch": lambda _w, _r, _t: {"name": "Ash"},
    "WorklistSearch": lambda _w, _r, _t: {"name": "Ash"},
    "KnownKeys": lambda w, _r, _t: {"keys": [one["key"] for one in w.records["reminder_id"][:5]]},
    "PatientChanges": lambda _w, _r, _t: {"neutral_wording": True},
    "CareTeam": lambda _w, _r, _t: {
        "team": "harbour",
        "care_team": [str(staff_id("amara")), str(staff_id("nell"))],
    },
    "ReturnToCare": lambda _w, _r, _t: {"reason": REASON},
    "ErasePerson": lambda _w, _r, _t: {"reason": "asked-for"},
    "EraseDue": lambda _w, _r, _t: {"due": 1},
    "RestartMessages": lambda _w, _r, _t: {"reason": REASON},
    "LeaveCare": lambda _w, _r, t: {"status": "left-care", "on": t.isoformat(), "reason": REASON},
    "NewAssessment": _answers,
    "AmendAssessment": _amendment,
    "Intake": _intake,
    "RaiseFlag": lambda w, _r, _t: {"trigger": _rules(w, "triggers")},
    "AcknowledgeFlag": lambda _w, _r, _t: {},
    "CloseFlag": lambda w, _r, _t: {"outcome": _rules(w, "outcomes"), "note": REASON},
    "NewProposal": lambda _w, _r, _t: {},
    "HealthFacts": lambda _w, _r, _t: {"conditions": [], "medicines": []},
    "NewCourse": _new_course,
    "ConfirmCourse": _signed,
    "SignTaperPlan": _signed,
    "SignPlanChange": _signed,
    "Withdrawal": lambda _w, _r, _t: {"reason": REASON},
    "DoseWish": lambda _w, _r, t: {"dose_mg": "75", "effective_on": t.isoformat()},
    "DoseChange": lambda _w, _r, t: {
        "dose_mg": "75",
        "effective_on": t.isoformat(),
        "reason": REASON,
    },
    "HarmStop": lambda _w, _r, t: {
        "harm": "mania",
        "last_dose_on": t.isoformat(),
        "reason": REASON,
    },
    "Closure": lambda _w, _r, _t: {"reason": REASON},
    "NewSwitch": lambda _w, _r, t: {
        "drug": "escitalopram",
        "indication": "depression",
        "start_dose_mg": "10",
        "starts_on": t.isoformat(),
        "primary_instrument": "phq-9",
        "suicide_concern": False,
        "leaving": [{"on": (t + timedelta(days=7)).isoformat(), "dose_mg": "0"}],
    },
    "SwitchStepTaken": lambda _w, _r, t: {"ordinal": 1, "taken_on": t.isoformat()},
    "Staying": lambda _w, _r, _t: {"reason": REASON},
    "ReviewRecord": lambda _w, _r, _t: {},
    "RemissionRecord": lambda _w, _r, t: {"remission_on": t.isoformat(), "reason": REASON},
    "RelapseRecord": lambda _w, _r, t: {"relapse_on": t.isoformat(), "reason": REASON},
    "DecisionRecord": lambda _w, _r, _t: {"decision": "continue", "reason": REASON},
    "AdherenceGap": lambda _w, _r, t: {
        "first_missed_on": (t - timedelta(days=2)).isoformat(),
        "resumed_on": t.isoformat(),
    },
    "Suspension": lambda _w, _r, _t: {"reason": REASON},
    "Resumption": lambda _w, _r, t: {"resume_on": t.isoformat(), "reason": REASON},
    "TaperRequest": _taper,
    "SupplyConfirmation": lambda _w, r, _t: {"plan_version": _plan_version(r)},
    "StepTaken": lambda _w, r, t: {"plan_version": _plan_version(r), "taken_on": t.isoformat()},
    "CheckIn": _check_in,
    "Hold": lambda _w, r, _t: {"plan_version": _plan_version(r), "days": 3, "reason": REASON},
    "StepBack": lambda _w, r, t: {
        "plan_version": _plan_version(r),
        "from_on": t.isoformat(),
        "reason": REASON,
    },
    "PlanChangeRequest": _plan_change,
    "DeclinePlanChange": lambda _w, _r, _t: {"reason": REASON},
    "BenchRequest": lambda _w, _r, _t: {},
    "NewContact": lambda w, _r, _t: {
        "purpose": "outreach",
        "mode": "telephone",
        "outcome": w.chance.choice(["not-reached", "missed"]),
        "at": _a_while_ago(),
    },
    "NewLifeEvent": lambda _w, _r, t: {"kind": "move", "happened_on": t.isoformat()},
    "Nothing": lambda _w, _r, _t: {},
    "NoBody": lambda _w, _r, _t: {},
    "RelapsePlanWords": lambda _w, _r, _t: {
        "warning_signs": "Sleeping badly.",
        "what_helps": "Walking with a friend.",
        "whom_to_call": "The care team.",
        "agreed": True,
    },
    "ProfileWords": lambda _w, _r, _t: {"interests": ["chess"]},
    "NewAbsence": lambda w, _r, t: {
        "cover_id": str(staff_id(w.chance.choice(["tomas", "nell"]))),
        "starts_on": (t + timedelta(days=7)).isoformat(),
        "ends_on": (t + timedelta(days=9)).isoformat(),
    },
    "NewShift": lambda w, _r, t: {
        "team": "harbour",
        "staff_id": str(staff_id(w.chance.choice(["tomas", "nell"]))),
        "starts_on": (t + timedelta(days=(on := w.chance.randrange(20, 300)))).isoformat(),
        "starts_at": "08:00",
        "ends_on": (t + timedelta(days=on)).isoformat(),
        "ends_at": "20:00",
    },
    "CoverAnswers": lambda _w, r, _t: {
        "accepted": [one["patient_id"] for one in (r or {}).get("people", ())][:1]
    },
    "NewProgramme": lambda _w, _r, t: {
        "kind": "facilitated-participation",
        "facilitator_id": str(staff_id("femi")),
        "deputy_id": str(staff_id("nell")),
        "activity": "A walking group on Tuesdays",
        "first_contact_on": (t + timedelta(days=2)).isoformat(),
    },
    "TokenRequest": lambda w, _r, _t: {"username": USERNAMES["nurse"], "password": w.password},
    "ProgramTokenRequest": lambda _w, _r, _t: {
        "grant_type": "client_credentials",
        "client_id": "nobody",
        "client_secret": "not one",
    },
    "SignatureRequest": lambda w, _r, _t: {
        "username": USERNAMES["prescriber"],
        "password": w.password,
        "hash": "0" * 64,
        "meaning": "sign-course",
    },
    "Facilitator": lambda _w, _r, _t: {
        "facilitator_id": str(staff_id("femi")),
        "deputy_id": str(staff_id("lena")),
    },
    "NewClosing": lambda _w, _r, _t: {"reason": "started-in-error", "note": REASON},
    "OutreachDecision": lambda _w, _r, _t: {"decision": "keep-trying", "note": REASON},
    "NewReferral": _referral,
    "ReferralAnswer": lambda _w, _r, _t: {"answer": "accepted"},
    "Directory": lambda _w, _r, _t: {
        "format": "csv",
        "text": "id,name\nchess,Chess in the library\n",
    },
    "NewCarer": lambda _w, _r, _t: {"name": "A sister", "relationship": "sister"},
    "NewInvitation": lambda w, _r, _t: {
        "instrument": "phq-9",
        "channel": "in-person",
        "secret_sha256": w.chance.randbytes(32).hex(),
    },
    "RevokeInvitation": lambda _w, _r, _t: {},
    "PathwayDecision": lambda _w, _r, _t: {"decision": "declined", "reason": "clinical-judgement"},
    "EndCarer": lambda _w, _r, _t: {"reason": REASON},
    "Recount": lambda _w, _r, _t: {},
    "Acknowledgement": lambda _w, _r, _t: {"meaning": "seen"},
    "NewOutcome": lambda _w, _r, _t: {"outcome": "no-answer"},
    "SetClock": lambda w, _r, _t: {
        "offset_seconds": w.get("engagement", "clock", role="operations")["offset_seconds"]
    },
    "Refill": lambda _w, _r, _t: {"reason": "store-lost"},
    "Resolve": lambda _w, _r, _t: {"reason": "not-needed"},
}
"""A body a person could send, by the name of its schema."""

QUERIES = {
    "list_drug_options": {"indication": "depression"},
    "read_zone_difference": {"time_zone": "America/New_York"},
}


def roles_of(definition: Mapping[str, Any]) -> Iterator[str]:
    """Who may call an operation, as its description says."""
    listed = definition["description"].removeprefix("Roles: ").rstrip(".")
    return (role for role in listed.split(", ") if role in USERNAMES or role == ANYBODY)


def body_name(definition: Mapping[str, Any]) -> str:
    """The schema of the body an operation takes, or nothing."""
    content = definition.get("requestBody", {}).get("content", {})
    return str(
        content.get("application/json", {}).get("schema", {}).get("$ref", "/").split("/")[-1]
    )
