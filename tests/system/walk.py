"""The main job for real: a referral becomes a taper reminder on a nurse's screen.

Drives the running system through its public HTTP interfaces while the demo clock moves, prints
what the nurse and the prescriber see at each step, and fails unless every reminder that should
have appeared did: once, not before its time, and with the dose of the live plan.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from services import group as embedded
from services.commands.asking import addresses
from shared.runtime import clock
from shared.runtime.demo_clock import DemoClock
from tests.support.ports import free_ports
from tests.support.sentinel import FAMILY, GIVEN
from tests.system.clinic import Clinic, Refused, staff

ZONE = ZoneInfo("Europe/London")
NURSE, PRESCRIBER, OPERATIONS = "nell", "amara", "oona"
GRACE = timedelta(minutes=1)
MOST_REMINDERS = 200
FOUR_SYMPTOMS = {
    "dizziness": "none",
    "brain_zaps": "none",
    "irritability": "none",
    "anxiety": "mild",
}
STARTED_WELL = {"phq-9": (2, 2, 2, 2, 1, 2, 1, 2, 0), "gad-7": (2, 2, 2, 1, 1, 2, 1)}
BETTER = {"phq-9": (1, 1, 1, 1, 1, 0, 1, 0, 0), "gad-7": (1, 1, 1, 0, 1, 0, 0)}
WELL = {"phq-9": (0, 1, 0, 1, 0, 0, 0, 0, 0), "gad-7": (0, 1, 0, 0, 0, 1, 0)}


class WalkFailed(Exception):
    """Something a clinician relies on was not so. The sentence says what."""


@dataclass(slots=True)
class Walk:
    """One person's way from referral to the end of surveillance."""

    clinic: Clinic
    demo: DemoClock
    patient_id: str = ""
    course_id: str = ""
    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    expected: set[tuple[Any, ...]] = field(default_factory=set)
    seen: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    early: int = 0

    async def run(self) -> None:
        """The whole way, checked at each step."""
        await self._let(timedelta())
        began = self.now
        await self._enrol()
        await self._assess(STARTED_WELL)
        await self._pathway()
        await self._start_course()
        await self._until_closed()
        await self._check_counts()
        self._say("clock", f"{(self.now - began).days} days went by in the demo")

    # Referral to first dose

    async def _enrol(self) -> None:
        patient = await self.clinic.post(
            NURSE,
            "assessment/patients",
            {
                "given_name": GIVEN,
                "family_name": f"{FAMILY} {clock.new_id().hex[:6]}",
                "birth_date": "1984-02-29",
                "time_zone": ZONE.key,
                "language": "en",
                "team": "harbour",
                "care_team": [staff(NURSE), staff(PRESCRIBER)],
            },
        )
        self.patient_id = patient["patient_id"]
        self._say("nurse", f"enrolled a person into team {patient['team']}")

    async def _assess(self, answers: Mapping[str, tuple[int, ...]]) -> list[str]:
        taken = []
        for code, values in answers.items():
            form = await self.clinic.get(NURSE, f"assessment/instruments/{code}")
            items = [item["code"] for item in form["items"] if item["scored"]]
            found = await self.clinic.post(
                NURSE,
                f"assessment/patients/{self.patient_id}/assessments",
                {"instrument": code, "answers": dict(zip(items, values, strict=True))},
            )
            self._require(found["total"] == sum(values), f"{code} scored {found['total']}")
            self._require(not found["flags"], f"{code} raised a flag without a reason")
            self._say("nurse", f"{code} {found['total']} ({found['band_label']})")
            taken.append(found["assessment_id"])
        return taken

    async def _pathway(self) -> None:
        form = await self.clinic.get(NURSE, "assessment/intake-form")
        path = f"assessment/patients/{self.patient_id}/intake"
        intake = await self.clinic.get(NURSE, path)
        answers = intake_answers(form["questions"])
        await self.clinic.put(NURSE, path, {"answers": answers}, version=intake["version"])
        proposal = await self.clinic.post(
            PRESCRIBER, f"assessment/patients/{self.patient_id}/pathway-proposals"
        )
        arms = [arm["code"] for arm in proposal["arms"]]
        fired = [line["rule"] for line in proposal["trace"] if line["outcome"] == "fired"]
        self._require(bool(arms), f"nothing was proposed; needs {proposal['needs']}")
        self._say("prescriber", f"proposed: {', '.join(arms)}; because of {', '.join(fired)}")
        arm = next((code for code in arms if "combin" in code), arms[0])
        content = await self.clinic.get(PRESCRIBER, "assessment/pathway")
        needs = next(each["needs"] for each in content["arms"] if each["code"] == arm)
        plan = {
            question["code"]: question["choices"][0]["code"]
            for question in content["plan_questions"]
            if question["code"] in needs
        }
        decided = await self.clinic.post(
            PRESCRIBER,
            f"assessment/pathway-proposals/{proposal['proposal_id']}/decision",
            {"decision": "accepted", "arm": arm, "plan": plan},
            version=proposal["version"],
        )
        self._say("prescriber", f"decided: {decided['decided_arm']}")

    async def _start_course(self) -> None:
        known = await self.clinic.get(
            PRESCRIBER, f"treatment/patients/{self.patient_id}/health-profile"
        )
        await self.clinic.put(
            PRESCRIBER,
            f"treatment/patients/{self.patient_id}/health-profile",
            {"conditions": [], "medicines": []},
            version=known["version"],
        )
        offered = await self.clinic.get(
            PRESCRIBER,
            f"treatment/patients/{self.patient_id}/drug-options?indication=depression",
        )
        first = offered["options"][0]
        self._say("prescriber", f"offered first: {first['name']} ({'; '.join(first['reasons'])})")
        sertraline = next(o for o in offered["options"] if o["drug"] == "sertraline")
        proposed = await self.clinic.post(
            PRESCRIBER,
            "treatment/courses",
            {
                "patient_id": self.patient_id,
                "drug": sertraline["drug"],
                "indication": "depression",
                "start_dose_mg": "50",
                "starts_on": self._today().isoformat(),
                "primary_instrument": "phq-9",
                "suicide_concern": False,
            },
        )
        self.course_id = proposed["course_id"]
        signature = await self.clinic.sign(PRESCRIBER, proposed["signing"])
        course = await self.clinic.post(
            PRESCRIBER,
            f"treatment/courses/{self.course_id}/confirm",
            {"signature": signature, "acknowledgements": acknowledged(proposed["findings"])},
            version=proposed["version"],
        )
        self._say("prescriber", f"signed: {course['drug_name']} {course['dose_text']}")

    # Everything after is a reminder answered on time

    async def _until_closed(self) -> None:
        for _ in range(MOST_REMINDERS):
            await self._let(timedelta())
            course = await self._course()
            if "close" in course["actions"] and not await self._open_reminders():
                await self._close(course)
                return
            await self._await_next_reminder()
        raise WalkFailed("the course never came to its end")

    async def _await_next_reminder(self) -> None:
        planned = await self._open_reminders()
        self._require(bool(planned), "nothing is planned for this person any more")
        due = min(planned, key=lambda reminder: datetime.fromisoformat(reminder["due_at"]))
        due_at = datetime.fromisoformat(due["due_at"])
        if due_at - GRACE > self.now:
            await self._let(due_at - GRACE - self.now)
            shown = due["reminder_id"] in [row["reminder_id"] for row in await self._list()]
            clock_after = await self.clinic.get(NURSE, "engagement/clock")
            if shown and datetime.fromisoformat(clock_after["now"]) < due_at:
                self.early += 1
        await self._let(max(due_at - self.now, timedelta()) + timedelta(seconds=1))
        self.expected.add(key_of(due))
        rows = [row for row in await self._list() if key_of(row) == key_of(due)]
        self.seen[key_of(due)] += len(rows)
        self._require(len(rows) == 1, f"{due['key']['kind']} is on the list {len(rows)} times")
        await self._act(rows[0])

    async def _act(self, row: Mapping[str, Any]) -> None:
        kind = row["key"]["kind"]
        dose = row["detail"].get("dose_text")
        self._say(row["for_role"], f"sees: {row['title']}" + (f" ({dose})" if dose else ""))
        answers: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "course-review": self._review,
            "prepare-supply": self._supply,
            "change-day": self._take_step,
            "check-in-early": self._check_in,
            "check-in-gate": self._check_in,
            "surveillance": self._check_in,
            "relapse-plan": self._write_relapse_plan,
        }
        if kind not in answers:
            raise WalkFailed(f"nobody told this walk what to do about {kind}")
        await answers[kind](row)
        await self._let(timedelta())
        self._require(
            key_of(row) not in [key_of(each) for each in await self._list()],
            f"{kind} is still on the list after it was done",
        )

    async def _write_relapse_plan(self, _row: Mapping[str, Any]) -> None:
        path = f"engagement/patients/{self.patient_id}"
        support = await self.clinic.get(NURSE, f"{path}/support")
        plan = support["relapse_plan"]
        words = {
            "warning_signs": "Sleeping badly, staying in bed",
            "what_helps": "The choir, a walk every morning",
            "whom_to_call": "The clinic, then my sister",
            "events_ahead": "The anniversary in spring",
            "agreed": True,
        }
        version = plan["version"] if plan else 0
        await self.clinic.put(NURSE, f"{path}/relapse-plan", words, version=version)
        self._say(NURSE, "the relapse-prevention plan is written together")

    async def _review(self, row: Mapping[str, Any]) -> None:
        course = await self._course()
        if course["clock"]["remission_on"] and "decision" in course["actions"]:
            await self._plan_taper(course, row["key"]["ordinal"])
            return
        weeks = course["clock"]["weeks_on_treatment"]
        taken = await self._assess(WELL if weeks >= 8 else BETTER)
        course = await self._record_review(row["key"]["ordinal"], taken)
        response = course["response"]
        self._say(PRESCRIBER, f"week {weeks}: {response['category']}")
        if response["remission_confirmed_on"] and not course["clock"]["remission_on"]:
            await self._record_remission(course)

    async def _record_review(self, ordinal: int, assessments: list[str]) -> Any:
        await self._let(timedelta())
        return await self.clinic.post(
            PRESCRIBER,
            f"treatment/courses/{self.course_id}/reviews",
            {"ordinal": ordinal, "assessment_ids": assessments},
        )

    async def _record_remission(self, course: Mapping[str, Any]) -> None:
        recorded = await self.clinic.post(
            PRESCRIBER,
            f"treatment/courses/{self.course_id}/remission",
            {},
            version=course["version"],
        )
        count = recorded["clock"]
        remission = date.fromisoformat(count["remission_on"])
        self._require(
            date.fromisoformat(count["minimum_end_on"]) == six_months_after(remission),
            f"the clock counts from {count['remission_on']} to {count['minimum_end_on']}",
        )
        self._say(PRESCRIBER, f"remission {remission}; six months: {count['minimum_end_on']}")

    async def _plan_taper(self, course: Mapping[str, Any], ordinal: int) -> None:
        review_on = date.fromisoformat(course["clock"]["minimum_end_on"])
        self._require(self._today() >= review_on, "the decision review came before its date")
        self._say(PRESCRIBER, f"decision review on {self._today()}, six months after remission")
        taken = await self._assess(WELL)
        course = await self._record_review(ordinal, taken)
        course = await self.clinic.post(
            PRESCRIBER,
            f"treatment/courses/{self.course_id}/decision",
            {"decision": "taper", "reason": "Well for six months and wants to stop slowly."},
            version=course["version"],
        )
        draft = await self.clinic.post(
            PRESCRIBER, f"treatment/courses/{self.course_id}/taper-plans", self._taper_request()
        )
        for step in draft["steps"]:
            self._say(PRESCRIBER, f"plan: {step['expected_on']}  {step['dose_text']}")
        signature = await self.clinic.sign(PRESCRIBER, draft["signing"])
        await self.clinic.post(
            PRESCRIBER,
            f"treatment/taper-plans/{draft['plan_id']}/sign",
            {"signature": signature, "acknowledgements": acknowledged(draft["findings"])},
            version=draft["version"],
        )
        self._say(PRESCRIBER, f"signed a taper of {len(draft['steps'])} steps")
        await self._signed_plan_cannot_change(draft)

    def _taper_request(self) -> dict[str, Any]:
        return {
            "policy": "proportional",
            "starts_on": (self._today() + timedelta(days=7)).isoformat(),
            "last_dose_mg": "12.5",
            "readiness": {
                "baseline_withdrawal": "none",
                "baseline": FOUR_SYMPTOMS,
                "crisis_plan_agreed": True,
                "supporter_asked": True,
                "pace_is_the_patients": True,
            },
        }

    async def _signed_plan_cannot_change(self, draft: Mapping[str, Any]) -> None:
        try:
            await self.clinic.post(
                PRESCRIBER,
                f"treatment/taper-plans/{draft['plan_id']}/sign",
                {"signature": await self.clinic.sign(PRESCRIBER, draft["signing"])},
                version=draft["version"],
            )
        except Refused as refusal:
            self._require(refusal.status in {409, 412}, f"signing twice gave {refusal}")
        else:
            raise WalkFailed("a plan was signed twice")

    async def _supply(self, row: Mapping[str, Any]) -> None:
        key = row["key"]
        await self.clinic.post(
            NURSE,
            f"treatment/courses/{self.course_id}/steps/{key['ordinal']}/supply",
            {"plan_version": key["subject_version"]},
        )
        self._say(NURSE, f"supply confirmed: {row['detail']['supply_text']}")

    async def _take_step(self, row: Mapping[str, Any]) -> None:
        key = row["key"]
        step = await self._step(key["ordinal"])
        self._require(
            row["detail"]["dose_text"] == step["dose_text"], "the list shows another dose"
        )
        await self.clinic.post(
            NURSE,
            f"treatment/courses/{self.course_id}/steps/{key['ordinal']}/taken",
            {"plan_version": key["subject_version"], "taken_on": self._today().isoformat()},
        )
        before, after = step["previous_dose_text"], step["dose_text"]
        self._say(NURSE, f"step {key['ordinal']} taken: {before} → {after}")

    async def _check_in(self, row: Mapping[str, Any]) -> None:
        key = row["key"]
        kind = key["kind"].removeprefix("check-in-")
        taken = [] if kind == "early" else await self._assess({"phq-9": WELL["phq-9"]})
        result = await self.clinic.post(
            NURSE,
            f"treatment/courses/{self.course_id}/check-ins",
            {
                "plan_version": key["subject_version"],
                "kind": kind,
                "ordinal": key["ordinal"],
                "withdrawal": "mild" if kind == "early" else "none",
                "tolerable": True,
                "can_work_and_care": True,
                "mood": "same",
                "suicidal_thoughts": False,
                "marked_agitation": False,
                "emergency_signs": False,
                "symptoms": FOUR_SYMPTOMS,
                "assessment_ids": taken,
            },
        )
        self._say(NURSE, f"{kind} check-in: {result['proposal']['detail']}")

    async def _close(self, course: Mapping[str, Any]) -> None:
        closed = await self.clinic.post(
            PRESCRIBER,
            f"treatment/courses/{self.course_id}/close",
            {"reason": "Well six months after the last dose."},
            version=course["version"],
        )
        self._require(closed["phase"] == "closed", f"the course is {closed['phase']}")
        self._require(closed["dose_mg"] == "0", f"closed at {closed['dose_mg']} mg")
        self._say(PRESCRIBER, "closed the course")

    # What was seen

    async def _check_counts(self) -> None:
        levels = await self.clinic.get(NURSE, "engagement/service-levels")
        doubled = sum(count > 1 for count in self.seen.values()) + levels["doubled"]
        early = self.early + levels["early"]
        print(
            f"\nreminders expected {len(self.expected)}  seen {len(self.seen)}"
            f"  doubled {doubled}  early {early}  lost {levels['lost']}"
        )
        self._require(self.expected == set(self.seen), "expected and seen differ")
        self._require(doubled == 0, "a reminder was doubled")
        self._require(early == 0, "a reminder was early")
        self._require(levels["lost"] == 0, "a reminder was lost")

    async def _list(self) -> list[Mapping[str, Any]]:
        page = await self.clinic.get(
            NURSE, f"engagement/worklist?scope=team&patient_id={self.patient_id}&limit=100"
        )
        return [
            row for row in page["items"] if row["section"] != "prepare" or is_due(row, self.now)
        ]

    async def _open_reminders(self) -> list[Mapping[str, Any]]:
        page = await self.clinic.get(
            NURSE, f"engagement/patients/{self.patient_id}/reminders?limit=100"
        )
        states = {"planned", "visible", "acknowledged"}
        return [r for r in page["items"] if r["state"] in states and r["key"]["level"] == 0]

    async def _course(self) -> Any:
        return await self.clinic.get(PRESCRIBER, f"treatment/courses/{self.course_id}")

    async def _step(self, ordinal: int) -> Any:
        course = await self._course()
        return next(s for s in course["taper"]["steps"] if s["ordinal"] == ordinal)

    async def _let(self, by: timedelta) -> None:
        self.demo.token = await self.clinic.token(OPERATIONS)
        state = await self.demo.advance(by, moved=lambda _: None)
        self.now = state.now

    def _today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def _say(self, who: str, what: str) -> None:
        print(f"{self.now.astimezone(ZONE):%a %d %b %Y %H:%M}  {who:<11} {what}", flush=True)

    def _require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise WalkFailed(otherwise)


def intake_answers(questions: list[Mapping[str, Any]]) -> dict[str, str]:
    """Someone whose distress blocks engagement, who prefers both arms, with nothing else."""
    wanted = {
        "distress-blocks": "yes",
        "distress-blocks-engagement": "yes",
        "preference": "combined",
    }
    answers = {}
    for question in questions:
        codes = [choice["code"] for choice in question["choices"]]
        choice = wanted.get(question["code"], "no")
        if choice in codes:
            answers[question["code"]] = choice
        elif question["required"]:
            answers[question["code"]] = codes[0]
    return answers


def acknowledged(findings: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """A reason for each warning a prescriber has to answer."""
    warnings = [f["rule"] for f in findings if f["level"] in {"warn", "strong-warn"}]
    return [{"rule": rule, "reason": "Discussed and accepted."} for rule in dict.fromkeys(warnings)]


def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The reminder's unique key."""
    return tuple(row["key"].values())


def is_due(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether the row's instant has come."""
    return datetime.fromisoformat(row["due_at"]) <= now


def six_months_after(day: date) -> date:
    """Calendar arithmetic clamped to the month's end, written here independently."""
    month = day.month + 6
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


async def walk(services: Mapping[str, str], password: str) -> None:
    """Walk against a running system."""
    began = clock.monotonic()
    async with aiohttp.ClientSession() as session:
        await Walk(Clinic(session, services, password), DemoClock(session, services, "")).run()
    print(f"walked in {clock.monotonic() - began:.0f} s")


async def cold() -> None:
    """Start a system of its own in an empty folder, and walk."""
    with tempfile.TemporaryDirectory(prefix="mooring-walk-") as folder:
        ports = dict(zip(embedded.PORTS, free_ports(len(embedded.PORTS)), strict=True))
        today = clock.real_now().date().isoformat()
        group = embedded.Group(folder=Path(folder), ports=ports, demo=True, today=today)
        began = clock.monotonic()
        async with embedded.running(group, say=lambda what: print(f"  … {what}")) as watch:
            print(f"ready after {clock.monotonic() - began:.0f} s")
            services = {name: group.address(name) for name in ports}
            work = asyncio.create_task(walk(services, group.demo_password))
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                raise WalkFailed(watch.result())
            await work


def main() -> int:
    """Walk against the running system, or with ``--cold`` against one of its own.

    With ``--at`` the system is the containers behind that address; the certificate is checked
    against the authority in ``SSL_CERT_FILE``.
    """
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=Path("data"))
    options.add_argument("--at", default="")
    options.add_argument("--password-file", type=Path)
    options.add_argument("--cold", action="store_true")
    chosen = options.parse_args()
    password_file = chosen.password_file or chosen.data / "secrets" / "demo-password"
    try:
        if chosen.at:
            services = {name: f"{chosen.at}/{name}" for name in embedded.PORTS} | {
                "portal": chosen.at
            }
            asyncio.run(walk(services, password_file.read_text()))
        elif chosen.cold or not password_file.exists():
            asyncio.run(cold())
        else:
            asyncio.run(walk(dict(addresses(chosen.data)), password_file.read_text()))
    except (WalkFailed, Refused, embedded.GroupError) as failure:
        print(f"\nthe walk failed: {failure}", file=sys.stderr)
        return 1
    except aiohttp.ClientConnectorError:
        print("\nnothing answers: start the system with make run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
