"""What is wrong with a course of sessions stands on its page and on the caseload in words."""

import re

import pytest

from services.engagement.domain.support import package
from services.portal.presenters import caseload, support, words
from shared.api.support import DeliveredBody

CODES = re.findall(r"``([a-z-]+)``", (package.Delivered.__doc__ or "").split("warnings")[1])


def test_every_warning_is_looked_at() -> None:
    assert {"below-pace", "below-dose", "below-minutes"} <= set(CODES)


@pytest.mark.parametrize("code", [code for code in CODES if code != "planned_minutes"])
def test_a_warning_is_in_words_on_both_pages(code: str) -> None:
    body = DeliveredBody(
        sessions=6,
        planned=8,
        minutes=100,
        planned_minutes=180,
        in_last_month=1,
        expected_by_now=8,
        warnings=(code,),
        poor_outlook_days=(),
        content={},
    )

    (said,) = support.pace(body)

    assert said not in {code, words.plain(code)}
    assert caseload.warning(code) not in {code, words.plain(code)}
