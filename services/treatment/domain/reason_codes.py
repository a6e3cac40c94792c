"""Coded reasons: a code of the content before the prescriber's own words, kept as one text."""

from services.treatment.domain.errors import Refusal


class BadReasonCode(Refusal):
    """The code is none of those the content allows for this kind of reason."""

    code = "bad-reason-code"


def coded(words: str, code: str | None, *, allowed: frozenset[str], field: str) -> str:
    """``persons-wish: asked twice``. Without a code the words stand alone, which means "other".

    Raises:
        BadReasonCode: naming the codes there are.
    """
    if code is None:
        return words
    if code not in allowed:
        raise BadReasonCode(
            f"A reason here is coded as one of {', '.join(sorted(allowed))}.", field=field
        )
    return f"{code}: {words}"
