"""What a person needs so that support reaches them: three forms over one profile.

Each form changes its own fields and leaves the others as the service has them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from shared.api.support import PreviewBody, ProfileBody, ProfileWords

BARRIERS = said(
    {
        "language": mark("Language"),
        "transport": mark("Getting there"),
        "cost": mark("Cost"),
    }
)
PRIVACY = said(
    {
        "private-channel": mark("A private way to reach them"),
        "neutral-wording": mark("Neutral wording in messages"),
        "choice-of-place": mark("They choose the place"),
        "off-peak": mark("Appointments at quiet times"),
        "home-appointment": mark("Appointments at home"),
    }
)
AGENCIES = 5
"""Lines offered for agencies; more can be added on the next look."""


def whole(profile: ProfileBody, changes: Mapping[str, Any]) -> ProfileWords:
    """The profile with these fields changed.

    Raises:
        ValidationError: what was typed is no valid request.
    """
    kept = profile.model_dump(include=set(ProfileWords.model_fields))
    return ProfileWords.model_validate({**kept, **changes})


def needs_typed(profile: ProfileBody) -> dict[str, str | tuple[str, ...]]:
    """Interests, limits and barriers as fields."""
    typed: dict[str, str | tuple[str, ...]] = {
        "interests": "\n".join(profile.interests),
        "access_needs": "\n".join(profile.access_needs),
        "barriers": tuple(one.barrier for one in profile.adaptations),
        "within_km": "" if profile.within_km is None else str(profile.within_km),
        "most_cost": "" if profile.most_cost is None else str(profile.most_cost),
    }
    for one in profile.adaptations:
        typed[f"answer.{one.barrier}"] = one.answer
    return typed


def needs_sent(draft: Draft) -> dict[str, Any]:
    """What was typed about interests, limits and barriers."""
    return {
        "interests": _lines(draft.value("interests")),
        "access_needs": _lines(draft.value("access_needs")),
        "within_km": draft.value("within_km") or None,
        "most_cost": draft.value("most_cost") or None,
        "adaptations": [
            {"barrier": code, "answer": draft.value(f"answer.{code}")}
            for code in BARRIERS
            if code in draft.all("barriers")
        ],
    }


def privacy_typed(profile: ProfileBody) -> dict[str, str | tuple[str, ...]]:
    """What others may see, as fields."""
    return {
        "stigma_concern": "true" if profile.stigma_concern else "",
        "privacy": tuple(profile.privacy),
        "sender": profile.sender,
        "subject": profile.subject,
    }


def privacy_sent(draft: Draft) -> dict[str, Any]:
    """What was typed about privacy."""
    return {
        "stigma_concern": draft.value("stigma_concern") == "true",
        "privacy": draft.all("privacy"),
        "sender": draft.value("sender"),
        "subject": draft.value("subject"),
    }


def plan_typed(profile: ProfileBody) -> dict[str, str | tuple[str, ...]]:
    """Agencies, coordinator and shared plan as fields."""
    typed: dict[str, str | tuple[str, ...]] = {
        "coordinator_id": str(profile.coordinator_id or ""),
        "shared_plan": profile.shared_plan,
    }
    for number, one in enumerate(profile.agencies, start=1):
        typed |= {
            f"name.{number}": one.name,
            f"does.{number}": one.does,
            f"contact.{number}": one.contact,
        }
    return typed


def plan_sent(draft: Draft) -> dict[str, Any]:
    """What was typed about agencies and the shared plan."""
    agencies = []
    for number in range(1, lines_of(draft) + 1):
        one = {name: draft.value(f"{name}.{number}") for name in ("name", "does", "contact")}
        if any(one.values()):
            agencies.append(one)
    return {
        "agencies": agencies,
        "coordinator_id": draft.value("coordinator_id") or None,
        "shared_plan": draft.value("shared_plan"),
    }


def lines_of(draft: Draft) -> int:
    """How many lines for agencies the form has: one more than are filled in."""
    used = [
        int(name.partition(".")[2])
        for name in draft.values
        if name.startswith("name.") and name.partition(".")[2].isdigit()
    ]
    return min(20, max(AGENCIES, *(number + 1 for number in used))) if used else AGENCIES


def preview(seen: PreviewBody) -> tuple[tuple[str, str], ...]:
    """What others could see of a message."""
    return (
        (_("On a locked screen"), seen.screen),
        (_("In an inbox: sender"), seen.sender),
        (_("In an inbox: address"), seen.address),
        (_("In an inbox: subject"), seen.subject),
        (_("In a mail"), seen.text.strip()),
        (_("On an envelope"), seen.envelope),
    )


def seen_lines(profile: ProfileBody) -> tuple[str, ...]:
    """The profile as lines, to compare with after somebody else changed it."""
    agencies = ", ".join(one.name for one in profile.agencies)
    return (
        f"{_('Interests')}: {', '.join(profile.interests)}",
        f"{_('Access needs')}: {', '.join(profile.access_needs)}",
        f"{_('Barriers')}: {', '.join(BARRIERS[one.barrier] for one in profile.adaptations)}",
        f"{_('Privacy')}: {', '.join(PRIVACY[one] for one in profile.privacy)}",
        f"{_('Agencies')}: {agencies}",
        f"{_('Shared plan')}: {profile.shared_plan}",
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.replace(",", "\n").splitlines() if line.strip())


Typed = Callable[[ProfileBody], dict[str, str | tuple[str, ...]]]
Sent = Callable[[Draft], dict[str, Any]]
