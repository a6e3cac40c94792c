"""Activities in the community, and which of them fit a person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.engagement.domain.support.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One service of the directory. ``cost`` is each time; None is unknown, 0 is free.

    ``currency`` is its ISO 4217 code; a file that names none means the clinic's own.

    ``km`` is the distance from the clinic; None is unknown. An ``access`` that names nothing is
    unknown as well: somebody asks before it is called unfit.
    """

    activity_id: UUID
    source_id: str
    name: str
    organisation: str
    interests: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    cost: Decimal | None = None
    currency: str = ""
    km: Decimal | None = None
    place: str = ""
    when: str = ""
    group_size: int | None = None
    contact: str = ""
    imported_on: date | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An activity with what speaks for it and what is not known or does not fit."""

    activity: Activity
    shared: tuple[str, ...]
    fits: tuple[str, ...]
    unknown: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, int, Decimal]:
        """Order of the list: nothing against it, most shared interests, least unknown, near."""
        far = Decimal(10_000)
        near = far if self.activity.km is None else self.activity.km
        return (len(self.against), -len(self.shared), len(self.unknown), near)


def named(activities: Iterable[Activity], words: str) -> Iterator[Activity]:
    """Those with every one of these words in their name or their organisation's, however it is
    written; all of them when there are none."""
    wanted = words.casefold().split()
    for one in activities:
        there = f"{one.name} {one.organisation}".casefold()
        if all(word in there for word in wanted):
            yield one


def matches(activities: Iterable[Activity], profile: Profile, currency: str) -> Sequence[Match]:
    """All active activities, best first. What does not fit is shown as not fitting, not hidden.

    ``currency`` is the clinic's, in which the person said what it may cost; a price in another
    one is neither within that nor above it.
    """
    found = [_match(one, profile, currency) for one in activities if one.active]
    return sorted(found, key=lambda match: (*match.rank, match.activity.name))


def _match(activity: Activity, profile: Profile, currency: str) -> Match:
    wanted = {word.lower() for word in profile.interests}
    offered = {word.lower() for word in activity.access}
    shared = tuple(word for word in activity.interests if word.lower() in wanted)
    said = {"interest": bool(shared) if wanted else None}
    if offered:
        said |= {need: need.lower() in offered for need in profile.access_needs}
    limits = (
        ("distance", activity.km, profile.within_km),
        ("cost", _comparable(activity, currency), profile.most_cost),
    )
    said |= {
        name: value <= most
        for name, value, most in limits
        if value is not None and most is not None
    }
    return Match(
        activity=activity,
        shared=shared,
        fits=tuple(name for name, fit in said.items() if fit is True),
        unknown=(
            *(name for name, value, most in limits if most is not None and value is None),
            *(() if offered else profile.access_needs),
        ),
        against=tuple(name for name, fit in said.items() if fit is False),
    )


def _comparable(activity: Activity, currency: str) -> Decimal | None:
    """The cost in the clinic's currency, as far as it is known; nothing is free in all of them."""
    is_ours = activity.currency in {"", currency}
    return activity.cost if is_ours or activity.cost == 0 else None
