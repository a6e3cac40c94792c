"""What living in another time zone would move, before it is saved."""

from dataclasses import dataclass

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import ngettext
from services.portal.presenters.today import Setting
from shared.api.engagement import ZoneDifference


@dataclass(frozen=True, slots=True)
class Move:
    """One reminder; its day on the person's own calendar stays."""

    what: str
    day: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Moves:
    """All of them, and what stays where it is. ``zone`` is the one that was looked at."""

    zone: str
    title: str
    rows: tuple[Move, ...]
    rest: str


def moves(found: ZoneDifference, setting: Setting) -> Moves:
    """The difference on the clinic's clock, where the reminders are read."""
    return Moves(
        zone=found.new_time_zone,
        title=_(
            "From %(before)s to %(after)s: look at what moves, then save",
            before=found.time_zone,
            after=found.new_time_zone,
        ),
        rows=tuple(
            Move(
                what=words.plain(move.kind),
                day=words.day(move.due_on),
                before=words.moment(move.due_at, zone=setting.zone, now=setting.now),
                after=words.moment(move.new_due_at, zone=setting.zone, now=setting.now),
            )
            for move in found.moves
        ),
        rest=ngettext(
            "%(num)s reminder stays where it is.",
            "%(num)s reminders stay where they are.",
            found.unmoved,
        ),
    )
