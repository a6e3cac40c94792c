"""Changes of dose outside a taper, freezes and stops for harm, in words."""

from dataclasses import dataclass

from services.portal.presenters import words
from services.portal.presenters.drafts import Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.assessment import FlagBody
from shared.api.treatment import CourseBody, DosePreview

LOOKS = "looks-after-the-last-dose"
HARMS = said(
    {
        "low-sodium": mark("Low sodium"),
        "gastrointestinal-bleed": mark("Bleeding in the gut"),
        "serotonin-syndrome": mark("Serotonin syndrome"),
        "mania": mark("Mania"),
    }
)


@dataclass(frozen=True, slots=True)
class Preview:
    """A dose nobody has changed to yet: from, to, and the looks it plans."""

    before: str
    after: str
    looks: tuple[tuple[str, str, str], ...]


def preview(found: DosePreview, setting: Setting) -> Preview:
    """Both doses in product units, and who looks when."""
    return Preview(
        before=words.daily(found.from_dose_text, found.from_dose_mg),
        after=words.daily(found.dose_text, found.dose_mg),
        looks=tuple(
            (
                words.when(review.due_on, today=setting.today),
                words.plain(review.kind),
                words.ROLES.get(review.for_role, words.plain(review.for_role)),
            )
            for review in found.reviews
        ),
    )


def flag_line(flag: FlagBody, setting: Setting) -> str:
    """A safety flag as one choice of a list."""
    at = words.moment(flag.raised_at, zone=setting.zone, now=setting.now)
    return _("%(what)s, raised %(when)s", what=flag.title, when=at)


def watch(course: CourseBody) -> str:
    """The days somebody looks at the person, were the last dose today."""
    return ", ".join(words.day(day) for day in course.harm_watch)


def not_understood() -> Fault:
    """Stopping at once is confirmed on purpose."""
    return Fault("understood", _("Please confirm that the medicine stops now, without a taper."))
