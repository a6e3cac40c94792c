"""A session ends by disuse, by age, or by its owner."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.portal.identity import sessions
from services.portal.identity.sessions import ABSOLUTE_LIMIT, IDLE_LIMIT, Session

START = datetime(2027, 5, 4, 8, 0, tzinfo=UTC)
NELL = UUID("11111111-1111-1111-1111-111111111111")
SECOND = timedelta(seconds=1)


def test_a_session_lives_until_the_idle_limit() -> None:
    session = Session(NELL, START, START)

    assert sessions.is_live(session, now=START + IDLE_LIMIT - SECOND)
    assert not sessions.is_live(session, now=START + IDLE_LIMIT)


def test_use_does_not_stretch_it_beyond_a_working_day() -> None:
    just_used = Session(NELL, START, START + ABSOLUTE_LIMIT - SECOND)

    assert sessions.is_live(just_used, now=START + ABSOLUTE_LIMIT - SECOND)
    assert not sessions.is_live(just_used, now=START + ABSOLUTE_LIMIT)


def test_a_session_that_was_ended_is_over() -> None:
    assert not sessions.is_live(Session(NELL, START, START, ended_at=START), now=START)


def test_use_is_noted_at_most_once_a_minute() -> None:
    session = Session(NELL, START, START)

    assert not sessions.needs_noting(session, now=START + timedelta(seconds=59))
    assert sessions.needs_noting(session, now=START + timedelta(seconds=60))


def test_a_form_token_belongs_to_one_session_and_hides_its_secret() -> None:
    token = sessions.csrf_token("secret one", NELL)

    assert sessions.is_csrf_token(token, secret="secret one", staff_id=NELL)
    assert not sessions.is_csrf_token(token, secret="secret two", staff_id=NELL)
    assert not sessions.is_csrf_token("", secret="secret one", staff_id=NELL)
    assert not sessions.is_csrf_token("é", secret="secret one", staff_id=NELL)
    assert not sessions.is_csrf_token(token, secret="secret one", staff_id=UUID(int=2))
    assert token != sessions.digest("secret one")
