"""People whom nobody can name any more: how they are shown, and who is due."""

from dataclasses import dataclass

from services.portal.presenters import places, record, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.today import Setting
from shared.api.assessment import KeptClass, PatientBody, RetentionBody

REASONS = said(
    {
        "asked-for": mark("The person asked for it"),
        "kept-long-enough": mark("The time to keep it is over"),
        "should-not-be-here": mark("The person should never have been recorded"),
    }
)


def wish(patient: PatientBody, setting: Setting) -> str:
    """Who wants this person erased, while it counts."""
    asked = patient.proposed_erasure
    if asked is None:
        return ""
    return _(
        "%(name)s proposed it: %(reason)s. A second person has to do the same within a day.",
        name=words.who_recorded(asked.proposed_by, setting.staff),
        reason=REASONS.get(asked.reason, asked.reason),
    )


@dataclass(frozen=True, slots=True)
class DueRow:
    """One record that is past its time, by its number."""

    number: str
    href: str
    left: str
    since: str


@dataclass(frozen=True, slots=True)
class KeptFor:
    """One class of records: what it is, how long it is kept, and who says so."""

    what: str
    how_long: str
    says: str


_CLASSES = said(
    {
        "contact": mark("Names, birth dates, numbers, addresses and the people near to them"),
        "clinical": mark("What was measured, decided and done, under the record's number"),
        "audit": mark("The trail of who saw and did what"),
        "notices": mark("Messages to staff and patients, without their words"),
        "events": mark("What the services told each other"),
        "answers": mark("Answers kept in case the same is asked twice"),
    }
)
_BY_ITSELF = said(
    {
        "contact": mark("nobody has set a time"),
        "clinical": mark("Mooring never deletes it"),
        "audit": mark("Mooring never deletes it"),
        "notices": mark("nobody has set a time"),
        "events": mark("as Mooring does by itself"),
        "answers": mark("as Mooring does by itself"),
    }
)


@dataclass(frozen=True, slots=True)
class Retention:
    """``due`` counts those who could be erased now."""

    rule: str
    headline: str
    waiting: str
    wish: str
    due: int
    rows: tuple[DueRow, ...]
    classes: tuple[KeptFor, ...]


def retention(body: RetentionBody, setting: Setting) -> Retention:
    """What has been kept long enough, in words."""
    if body.after_care_years is None:
        rule = _("No time is set. Names and contact data are kept until somebody asks otherwise.")
    else:
        rule = ngettext(
            "Names and contact data are kept for %(num)s year after care has ended.",
            "Names and contact data are kept for %(num)s years after care has ended.",
            body.after_care_years,
        )
    return Retention(
        rule=rule,
        headline=_headline(body),
        waiting=ngettext(
            "%(num)s more is kept because a safety flag is open.",
            "%(num)s more are kept because a safety flag is open.",
            body.waiting,
        )
        if body.waiting
        else "",
        wish=_(
            "%(name)s proposed it. A second person has to do the same within a day.",
            name=words.who_recorded(body.proposed_by, setting.staff),
        )
        if body.proposed_by
        else "",
        due=body.due,
        rows=tuple(
            DueRow(
                number=record.number(one.patient_id),
                href=places.patient(one.patient_id),
                left=words.day(one.left_on),
                since=words.when(one.due_on, today=setting.today),
            )
            for one in body.people
        ),
        classes=tuple(
            KeptFor(
                what=_CLASSES[one.record],
                how_long=_how_long(one),
                says=one.source or _BY_ITSELF[one.record],
            )
            for one in body.classes
        ),
    )


def _how_long(one: KeptClass) -> str:
    """A time in words."""
    if one.years is not None:
        return ngettext(
            "%(num)s year after care has ended", "%(num)s years after care has ended", one.years
        )
    return _("without end") if one.days is None else words.count(one.days, "day")


def _headline(body: RetentionBody) -> str:
    """How many are past the time; nothing where there is no time to be past."""
    if body.after_care_years is None:
        return ""
    if not body.due:
        return _("Nobody is past that time")
    return ngettext(
        "%(num)s person is past that time", "%(num)s people are past that time", body.due
    )
