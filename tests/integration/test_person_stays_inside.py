"""The guard against a patient's name in logs and on the wire bites, and finds nothing real."""

import logging
from datetime import date, timedelta
from uuid import UUID

import pytest

from shared.api.identity import Role
from shared.events.assessment import PatientDetails, PatientDetailsChanged
from shared.events.envelope import Fact
from shared.runtime.auth import issue_access_token
from shared.runtime.bus.relay import Relay
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from shared.runtime.logs import get_logger
from tests.integration.conftest import Connect
from tests.support.callers import KEY
from tests.support.notebook import Notebook
from tests.support.sentinel import (
    FAMILY,
    GIVEN,
    WRITTEN,
    PersonFound,
    Watched,
    refuse_person,
    refuse_person_and_dose,
)

PATIENT = UUID(int=77)


async def test_the_guard_sees_a_name_in_a_log_line(log_stream: Watched) -> None:
    get_logger().info("patient_enrolled", reason=f"{GIVEN} came")

    with pytest.raises(PersonFound):
        refuse_person(log_stream.text, where="logs")
    log_stream.empty()


@pytest.mark.parametrize("said", ["one 25 mg tablet", "0.7 mL", "5 drops", "312 micrograms"])
async def test_the_guard_sees_a_dose_in_a_log_line(log_stream: Watched, said: str) -> None:
    get_logger().info("step_taken", reason=said)

    with pytest.raises(PersonFound, match="dose"):
        refuse_person_and_dose(log_stream.text, where="logs")
    log_stream.empty()


async def test_a_field_that_is_not_listed_is_not_logged(log_stream: Watched) -> None:
    get_logger().info("patient_enrolled", given_name=GIVEN)
    get_logger().info("step_taken", dose_mg="17.3", dose_text="one 25 mg tablet")

    assert "17.3" not in log_stream.text
    assert "patient_enrolled" in log_stream.text
    refuse_person_and_dose(log_stream.text, where="logs")


async def test_an_exception_is_logged_without_its_words(log_stream: Watched) -> None:
    try:
        raise ValueError(f"{GIVEN} {FAMILY}")
    except ValueError:
        get_logger().exception("request_failed", error="ValueError")
        logging.getLogger("some.library").exception("about %s", GIVEN)

    assert log_stream.text.count('"where"') == 2
    assert "some.library" in log_stream.text
    refuse_person(log_stream.text, where="logs")


async def test_a_request_that_cannot_be_parsed_is_not_quoted(
    notebook: Notebook, log_stream: Watched
) -> None:
    answer = await notebook.send(f"GET /api/v1/notes?title={FAMILY}\x01 HTTP/1.1\r\n\r\n")

    assert answer.startswith("HTTP/1.0 400")
    assert "aiohttp.server" in log_stream.text
    refuse_person(log_stream.text, where="logs")


async def test_a_name_on_the_wire_is_in_the_body_and_nowhere_else(
    broker: Embedded, connect: Connect, assessment: Database
) -> None:
    await publish(assessment, a_patient())
    await Relay(assessment, await connect("assessment")).relay_once()

    listener = await connect("engagement")
    subscription = await listener.jetstream.pull_subscribe_bind(
        consumer="engagement", stream="CARE_ASSESSMENT"
    )
    (message,) = await subscription.fetch(1, timeout=2)

    assert GIVEN in message.data.decode()
    refuse_person(f"{message.subject} {message.headers}", where="subjects and headers")


def a_patient() -> PatientDetailsChanged:
    details = PatientDetails(
        patient_id=PATIENT,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=date(1984, 2, 29),
        time_zone="Europe/London",
        language="en",
    )
    return PatientDetailsChanged(details=details)


async def publish(db: Database, fact: Fact) -> None:
    async with db.transaction(actor="service:assessment") as tx:
        tx.publish(fact, subject=PATIENT, aggregate=f"patient:{PATIENT}", version=1)


@pytest.mark.parametrize(
    "said",
    [
        "born 1984-02-29",
        "call +44 20 7946 0555",
        "tel=%2B44%2020%207946%200555",
        "write to plover@example.org",
        "lives at 7 Curlew Row",
        f"the note ends in {WRITTEN}",
    ],
)
def test_the_guard_sees_more_than_names(said: str) -> None:
    with pytest.raises(PersonFound):
        refuse_person(said, where="logs")


def test_the_guard_sees_a_token() -> None:
    token = issue_access_token(
        KEY,
        staff_id=PATIENT,
        role=Role.NURSE,
        teams=("harbour",),
        audience=["treatment"],
        lifetime=timedelta(minutes=5),
    )

    with pytest.raises(PersonFound):
        refuse_person(f"Authorization: Bearer {token}", where="logs")


async def test_what_a_person_can_be_reached_by_is_in_no_refusal(
    notebook: Notebook, log_stream: Watched
) -> None:
    """Sent where it does not belong, it comes back in no problem and no line."""
    answer = await notebook.send(
        "GET /api/v1/notes?phone=7946%200555&born=1984-02-29 HTTP/1.1\r\nHost: a\r\n"
        "X-Note: plover@example.org\r\n\r\n"
    )

    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 4")
    refuse_person(head + body, where="the answer")
    refuse_person(log_stream.text, where="logs")
