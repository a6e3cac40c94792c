"""Several prescriptions: circles of reference, and two of one medicine that collide."""

from collections.abc import Sequence
from itertools import pairwise

from services.treatment.domain.dosing import Prescription, Span
from services.treatment.domain.dosing_findings import Found, amount_text, error, warning
from services.treatment.domain.dosing_steps import daily_amount, steps_of, whole_span


def check_circles(prescriptions: Sequence[Prescription]) -> Found:
    """A prescription that in the end is based on, or follows, itself. Each circle is told once."""
    by_name = {one.name: one for one in prescriptions}
    done: set[str] = set()
    for start in prescriptions:
        path: dict[str, None] = {}
        stack: list[tuple[str, bool]] = [(start.name, True)]
        while stack:
            name, enters = stack.pop()
            if not enters:
                del path[name]
                done.add(name)
            elif name in path:
                names = list(path)
                circle = [*names[names.index(name) :], name]
                where = by_name[name].where
                yield error("circular", f"It follows itself: {' > '.join(circle)}.", where)
            elif name not in done:
                path[name] = None
                stack.append((name, False))
                one = by_name[name]
                later = dict.fromkeys((*one.priors, *one.bases))
                stack += [(other, True) for other in later if other in by_name]


def check_between(prescriptions: Sequence[Prescription]) -> Found:
    """Prescriptions of one medicine for one person that follow each other, or collide.

    Those of one group are one order in several products and taken together.
    """
    by_medicine: dict[tuple[str, str], list[tuple[Span, Prescription]]] = {}
    for one in prescriptions:
        span = whole_span(one)
        if one.is_live and span is not None and one.medicine.key:
            by_medicine.setdefault((one.subject, one.medicine.key), []).append((span, one))
    for found in by_medicine.values():
        found.sort(key=lambda pair: pair[0].first)
        for (before, earlier), (after, later) in pairwise(found):
            if earlier.group is None or earlier.group != later.group:
                yield from _follow(before, earlier, after, later)


def _follow(before: Span, earlier: Prescription, after: Span, later: Prescription) -> Found:
    """Two that follow each other; a gap is only judged where one says that it follows."""
    chained = earlier.name in later.priors
    if before.last is None or after.first <= before.last:
        yield error(
            "overlap",
            f"{earlier.name} and this give {later.medicine.name} on the same days from "
            f"{after.first}.",
            later.where,
        )
    elif chained and before.following is not None and after.first > before.following:
        yield error(
            "gap",
            f"{earlier.name} ends on {before.last}, what follows it starts on {after.first}.",
            later.where,
        )
    if chained:
        yield from _rise_between(earlier, later)


def _rise_between(earlier: Prescription, later: Prescription) -> Found:
    before = steps_of(earlier.instructions)
    after = steps_of(later.instructions)
    last = daily_amount(before[-1], earlier.medicine) if before else None
    first = daily_amount(after[0], later.medicine) if after else None
    if last and first and last.unit == first.unit and first.value > last.value:
        yield warning(
            "rise",
            f"T-04: the daily dose rises from {amount_text(last)} in {earlier.name} to "
            f"{amount_text(first)}.",
            later.where,
        )
