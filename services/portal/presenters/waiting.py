"""Pathway proposals that wait for a prescriber, longest waiting first."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.portal.presenters import places, words
from services.portal.presenters.today import Setting
from shared.api.assessment import WaitingProposal


@dataclass(frozen=True, slots=True)
class Waiting:
    """One person whose pathway is proposed and not decided."""

    name: str
    birth: str
    proposed: str
    since: str
    href: str


def rows(items: Iterable[WaitingProposal], setting: Setting) -> tuple[Waiting, ...]:
    """One row a person."""
    return tuple(
        Waiting(
            name=words.full_name(item.patient.given_name, item.patient.family_name),
            birth=words.born(item.patient, today=setting.today),
            proposed=item.arms[0],
            since=words.moment(item.proposed_at, zone=setting.zone, now=setting.now),
            href=places.patient(item.patient.patient_id, "pathway"),
        )
        for item in sorted(items, key=lambda item: item.proposed_at)
    )
