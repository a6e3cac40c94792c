"""The directory of activities, best first for one person, and referrals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.portal.presenters import listing, support, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.today import Setting
from shared.api.support import (
    ActivityBody,
    BadRow,
    ImportReport,
    MatchBody,
    Matches,
    ReferralBody,
    SupportBody,
)

_STATUSES = said(
    {
        "sent": mark("waiting for an answer"),
        "accepted": mark("accepted"),
        "declined": mark("declined"),
        "withdrawn": mark("taken back"),
    }
)
_TONES = {"sent": "warn", "accepted": "good"}
_LONGEST_PAGE = 20
FIND = "find"
"""What the address calls the words that are looked for."""
_LONGEST_NAME = 100
ANSWERS = said(
    {
        "accepted": mark("They accepted"),
        "declined": mark("They declined"),
        "withdrawn": mark("We take it back"),
    }
)
_FITS = said(
    {
        "interest": mark("interest"),
        "distance": mark("distance"),
        "cost": mark("cost"),
    }
)


@dataclass(frozen=True, slots=True)
class Match:
    """One activity with what speaks for it and against it."""

    activity_id: UUID
    name: str
    organisation: str
    facts: tuple[tuple[str, str], ...]
    fits: tuple[str, ...]
    unknown: tuple[str, ...]
    against: tuple[str, ...]
    is_referred: bool


@dataclass(frozen=True, slots=True)
class Referral:
    """One referral; ``may_answer`` while the other side has not."""

    referral_id: UUID
    version: int
    title: str
    status: str
    tone: str
    text: str
    note: str
    may_answer: bool


def kept(query: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The order and the part of the list, which stay when something is looked for."""
    return tuple((name, query[name]) for name in ("sort", "against") if query.get(name))


def looked_for(query: Mapping[str, str]) -> str:
    """The words of a name the address asks for."""
    return " ".join(query.get(FIND, "").split())[:_LONGEST_NAME].strip()


def listed(
    found: Matches, query: Mapping[str, str], *, patient_id: UUID
) -> listing.Listed[MatchBody]:
    """What the address asks for; the best first by itself, as the service ranks them."""
    rank = {one.activity.activity_id: place for place, one in enumerate(found.items)}

    def ranked(one: MatchBody) -> int:
        return rank[one.activity.activity_id]

    return listing.whole(
        found.items,
        path=support.place(patient_id, "activities"),
        query=query,
        orders={
            "fit": (_("Best for them"), ranked),
            "name": (_("Name"), lambda one: one.activity.name.casefold()),
            "distance": (
                _("Distance"),
                lambda one: (one.activity.km is None, one.activity.km, ranked(one)),
            ),
            "cost": (
                _("Cost"),
                lambda one: (one.activity.cost is None, one.activity.cost, ranked(one)),
            ),
        },
        default="fit",
        narrowing=listing.Narrowing(
            "against",
            {"nothing": _("Nothing speaks against it"), "something": _("Something does not fit")},
            lambda one: "something" if one.against else "nothing",
        ),
        longest=_LONGEST_PAGE,
        asked=(FIND,),
    )


def matches(found: Iterable[MatchBody], body: SupportBody) -> tuple[Match, ...]:
    """These, in the order given."""
    waiting = {one.activity_id for one in body.referrals if one.actions}
    return tuple(
        Match(
            activity_id=one.activity.activity_id,
            name=one.activity.name,
            organisation=one.activity.organisation,
            facts=_facts(one.activity),
            fits=tuple(_name(code) for code in one.fits),
            unknown=tuple(_name(code) for code in one.unknown),
            against=tuple(_name(code) for code in one.against),
            is_referred=one.activity.activity_id in waiting,
        )
        for one in found
    )


def referrals(body: SupportBody, setting: Setting) -> tuple[Referral, ...]:
    """All of them, newest first as they came."""
    return tuple(_referral(one, setting) for one in body.referrals)


def report(found: ImportReport) -> tuple[str, tuple[str, ...]]:
    """What an import took, and each row it did not."""
    taken = ngettext(
        "%(num)s activity is in the directory.", "%(num)s activities are in it.", found.taken
    )
    return taken, tuple(_bad(row) for row in found.refused)


def _bad(row: BadRow) -> str:
    why = f"{row.reason} ({row.rule})" if row.rule else row.reason
    return _("Row %(row)s, %(field)s: %(why)s", row=row.row, field=row.field, why=why)


def _referral(one: ReferralBody, setting: Setting) -> Referral:
    sent = _(
        "Referred %(day)s by %(name)s.",
        day=words.when(one.sent_on, today=setting.today),
        name=words.who(one.by, setting.staff),
    )
    if one.answered_on is not None:
        sent += " " + _("Answered %(day)s.", day=words.when(one.answered_on, today=setting.today))
    return Referral(
        referral_id=one.referral_id,
        version=one.version,
        title=one.activity,
        status=_STATUSES[one.status],
        tone=_TONES.get(one.status, ""),
        text=sent,
        note=one.note or "",
        may_answer="answer" in one.actions,
    )


def _name(code: str) -> str:
    return _FITS.get(code, code)


def _facts(one: ActivityBody) -> tuple[tuple[str, str], ...]:
    cost = ""
    if one.cost is not None:
        cost = words.money(one.cost, one.currency) if one.cost else _("free")
    pairs = (
        (_("When"), one.when),
        (_("Where"), one.place),
        (_("Distance"), "" if one.km is None else _("%(km)s km", km=words.decimal(one.km))),
        (_("Cost"), cost),
        (_("Group"), "" if one.group_size is None else str(one.group_size)),
        (_("Access"), ", ".join(one.access)),
        (_("Contact"), one.contact),
    )
    return tuple((name, value) for name, value in pairs if value)
