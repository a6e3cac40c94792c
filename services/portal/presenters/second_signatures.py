"""What waits for a second prescriber's signature, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.portal.presenters import words
from services.portal.presenters.courses import reasoned
from services.portal.presenters.findings import Finding
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Setting
from shared.api.treatment import FirstSignatureBody


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody signed first. ``reasons`` are the warnings with their answers, ``rules`` what they
    answer; ``mine``: whoever looks is that somebody."""

    line: str
    then: str
    reasons: tuple[tuple[str, str], ...]
    rules: frozenset[str]
    mine: bool


def waiting(
    first: FirstSignatureBody | None, findings: Iterable[Finding], setting: Setting
) -> Waiting | None:
    """Who signed, until when that counts, and why each warning did not stop them."""
    if first is None:
        return None
    until = words.moment(first.counts_until, zone=setting.zone, now=setting.now)
    return Waiting(
        line=_(
            "Signed first by %(who)s, %(when)s. Nothing is in force yet.",
            who=words.who(first.signed_by, setting.staff),
            when=words.moment(first.signed_at, zone=setting.zone, now=setting.now),
        ),
        then=_(
            "Another prescriber has to sign by %(until)s; later the first signature counts no "
            "more and has to be given again.",
            until=until,
        ),
        reasons=tuple(
            (finding.detail, reasoned(first.reasons[finding.rule]))
            for finding in findings
            if finding.rule in first.reasons
        ),
        rules=frozenset(first.reasons),
        mine=first.mine,
    )
