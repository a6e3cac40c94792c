"""The relapse-prevention plan beside a taper: written with the person before the last step."""

from dataclasses import dataclass

from services.portal.presenters import places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Setting
from shared.api.support import SupportBody


@dataclass(frozen=True, slots=True)
class Prevention:
    """What is said about it, how loudly, and where it is written."""

    said: str
    tone: str
    href: str
    is_missing: bool


def prevention(
    support: SupportBody | None, setting: Setting, *, is_last_step: bool = False
) -> Prevention | None:
    """The warning, or that it is written; None while engagement cannot say."""
    if support is None:
        return None
    href = places.patient(support.patient_id, "relapse-plan")
    plan = support.relapse_plan
    if plan is not None and plan.holds:
        on = words.when(plan.written_on, today=setting.today)
        return Prevention(_("Written and agreed: %(on)s.", on=on), "good", href, is_missing=False)
    if plan is None:
        said = _("Not written yet. Write it with the person before the last step of the taper.")
    elif not plan.agreed:
        said = _("Written, but the person has not agreed to it. Talk it over before the last step.")
    else:
        on = words.when(plan.review_on, today=setting.today)
        said = _("It should be looked at again (since %(on)s). Do so before the last step.", on=on)
    return Prevention(said, "danger" if is_last_step else "warn", href, is_missing=True)
