"""The words of a notice. No dose, no name, no score: the list has those."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from services.engagement.domain.notice import Notice, Purpose, Wording
from services.engagement.domain.support.outside import Preview

_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One reminder as far as a notice may speak of it."""

    kind: str
    initials: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: plain text, to staff with a link to the live page.

    ``sender`` is the name before the address it comes from; empty: the address alone.
    """

    subject: str
    text: str
    sender: str = ""


def letter(notice: Notice, lines: Sequence[Line], *, wording: Wording, portal_url: str) -> Letter:
    """The notice in the words its reader chose."""
    count = len(lines) if notice.about else notice.count
    words = {"count": count, "things": _things(count)}
    subject = _SUBJECTS[notice.purpose].format_map(words)
    opening = _OPENINGS[notice.purpose].format_map(words)
    said = _said(lines, wording)
    link = f"{portal_url}{_PATHS[notice.purpose]}"
    if len(notice.about) == 1:
        link = f"{portal_url}/reminders/{notice.about[0]}"
    text = "\n".join((opening, *said, "", link, "", _CLOSING))
    return Letter(subject, text)


def visit_letter(seen: Preview) -> Letter:
    """To the person in care, as they saw it beforehand. It never says what to take."""
    return Letter(seen.subject, seen.text, sender=seen.sender)


def _said(lines: Sequence[Line], wording: Wording) -> Sequence[str]:
    if wording is Wording.COUNT:
        return ()
    if wording is Wording.KIND:
        kinds = Counter(line.kind for line in lines)
        return [f"- {kind}" + (f" ({n})" if n > 1 else "") for kind, n in sorted(kinds.items())]
    return [
        *(f"- {line.initials} {line.kind}" for line in lines[:_LISTED]),
        *([f"- and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []),
    ]


def _things(count: int) -> str:
    return "1 thing is" if count == 1 else f"{count} things are"


_SUBJECTS = {
    Purpose.DUE: "Mooring: {count} due on your list",
    Purpose.ESCALATED: "Mooring: {count} passed on to you",
    Purpose.SAFETY: "Mooring: SAFETY, please act now",
    Purpose.DIGEST: "Mooring: today's list, {count}",
    Purpose.COVER: "Mooring: you are asked to look after {count} people",
    Purpose.ON_CALL: "Mooring: you are on call now",
    Purpose.UNCOVERED: "Mooring: nobody is on call now",
}
_OPENINGS = {
    Purpose.DUE: "{things} due.",
    Purpose.ESCALATED: "{things} with you because nobody answered in time.",
    Purpose.SAFETY: "Somebody may be at risk. Open the list now and acknowledge it.",
    Purpose.DIGEST: "{things} on your list this morning.",
    Purpose.COVER: "A colleague will be away; {count} people need your yes or no.",
    Purpose.ON_CALL: "You are on call from now on; {things} waiting for you.",
    Purpose.UNCOVERED: "Whoever is on call is away or has no account any more. Calls come to the"
    " team's leads until somebody else is on the rota; {things} waiting now.",
}
_PATHS = {
    Purpose.DUE: "/",
    Purpose.ESCALATED: "/",
    Purpose.SAFETY: "/",
    Purpose.DIGEST: "/",
    Purpose.COVER: "/",
    Purpose.ON_CALL: "/on-call",
    Purpose.UNCOVERED: "/on-call",
}
_CLOSING = "The list is complete with or without this message. Do not answer it."
