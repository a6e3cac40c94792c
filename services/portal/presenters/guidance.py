"""What somebody near to the person may take home: as far as the person agreed, else nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.portal.presenters import support
from services.portal.presenters.language import gettext as _
from shared.api.support import CarerBody, SupportBody, SupportForm


@dataclass(frozen=True, slots=True)
class Section:
    """One topic."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guidance:
    """``hindrance`` says why nothing is given. ``others`` lead to the papers of the others."""

    hindrance: str
    name: str
    sender: str
    sections: tuple[Section, ...]
    sources: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    record_href: str


def guidance(body: SupportBody, form: SupportForm, wish: str) -> Guidance:
    """The paper for the carer asked for, else for the first who may have one."""
    carer = _chosen(body.carers, wish)
    topics = [one for one in form.carer_guidance if carer and one.code in carer.guidance]
    at = support.place(body.patient_id, "guidance")
    return Guidance(
        hindrance=_hindrance(carer),
        name=carer.name if carer else "",
        sender=body.profile.preview.sender,
        sections=tuple(Section(one.title, one.lines) for one in topics),
        sources=tuple(dict.fromkeys(f"{one.source} ({one.grade})" for one in topics)),
        others=tuple(
            (one.name, f"{at}?carer={one.carer_id}") for one in body.carers if one is not carer
        ),
        record_href=f"{support.place(body.patient_id, 'contacts', 'new')}?about=carer"
        + (f"&carer={carer.carer_id}" if carer else ""),
    )


def _chosen(carers: Sequence[CarerBody], wish: str) -> CarerBody | None:
    asked = [one for one in carers if str(one.carer_id) == wish]
    allowed = [one for one in carers if one.may_receive]
    return next(iter((*asked, *allowed, *carers)), None)


def _hindrance(carer: CarerBody | None) -> str:
    if carer is None:
        return _("Nobody near to them is recorded.")
    if not carer.may_receive:
        return _(
            "They have not agreed that %(name)s receives anything (R-39).",
            name=carer.name,
        )
    return ""
