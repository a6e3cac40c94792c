"""How somebody is told outside the portal, and what was sent to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.portal.presenters import listing, words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.listing import Pages
from services.portal.presenters.today import Setting
from shared.api.notices import NewPreference, NoticeBody, PreferenceBody

CHANNELS = said({"email": mark("E-mail"), "webhook": mark("Webhook")})
PACES = said(
    {
        "each": mark("Each as it falls due"),
        "digest": mark("One list every working morning"),
        "none": mark("Nothing but what concerns safety or was passed on"),
    }
)
WORDINGS = said(
    {
        "count": mark("Only that something waits: \u201c2 reminders wait for you\u201d"),
        "kind": mark("The kind of work too: \u201ca check-in before a step\u201d"),
        "initials": mark("The kind of work and the person's initials"),
    }
)
_PURPOSES = said(
    {
        "due": mark("Work that fell due"),
        "escalated": mark("Work that was passed on"),
        "safety": mark("A safety flag"),
        "digest": mark("The morning's list"),
        "cover": mark("A question about cover"),
        "on-call": mark("The beginning of a time on call"),
        "uncovered": mark("A time on call that nobody covers"),
        "visit": mark("To a person in care: the clinic will be in touch"),
    }
)
_STATES = {
    "planned": (mark("to be sent"), ""),
    "sent": (mark("sent"), "good"),
    "failed": (mark("failed"), "danger"),
    "not-done": (mark("not sent"), "warn"),
    "cancelled": (mark("not needed any more"), ""),
}
_REASONS = said(
    {
        "answered": mark("what it was about is no longer open"),
        "no-channel": mark("no way to reach them is set up"),
        "no-consent": mark("the person did not agree to it"),
        "deceased": mark("the person has died"),
        "left-care": mark("the person has left care"),
        "left-staff": mark("the account is disabled"),
        "refused": mark("the address was refused"),
        "unreachable": mark("nobody answered at the other end after all tries"),
    }
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message."""

    when: str
    what: str
    to: str
    state: str
    tone: str
    why: str
    tries: str


def prefilled(wish: PreferenceBody) -> dict[str, str]:
    """The form as it was last saved. A secret is never shown again."""
    first, second = (*wish.channels, "", "")[:2]
    return {
        "first": first,
        "second": second,
        "email": wish.email or "",
        "webhook_url": wish.webhook_url or "",
        "pace": wish.pace,
        "wording": wish.wording,
        "quiet_begins": wish.quiet_begins,
        "quiet_ends": wish.quiet_ends,
    }


def wish_of(draft: Draft) -> NewPreference:
    """What was typed, as a choice.

    Raises:
        ValidationError: it is none; names the field.
    """
    fields = ("email", "webhook_url", "webhook_secret", "pace", "wording")
    typed = {name: draft.value(name) for name in (*fields, "quiet_begins", "quiet_ends")}
    channels = [draft.value(name) for name in ("first", "second") if draft.value(name)]
    return NewPreference.model_validate(
        {name: text for name, text in typed.items() if text} | {"channels": channels}
    )


def pages(asked: Mapping[str, str], name: str, next_cursor: str | None) -> Pages:
    """The foot of one of the two lists; each has its own place in the address."""
    path = "/account/notices"
    further = listing.address(path, asked, **{name: next_cursor}) if next_cursor else ""
    begin = listing.address(path, asked, **{name: None}) if asked.get(name) else ""
    return Pages(first_href=begin, next_href=further)


def sent(found: Iterable[NoticeBody], setting: Setting) -> tuple[Sent, ...]:
    """Messages, as they came."""
    return tuple(_sent(one, setting) for one in found)


def _sent(one: NoticeBody, setting: Setting) -> Sent:
    state, tone = _STATES[one.state]
    what = _PURPOSES.get(one.purpose, words.plain(one.purpose))
    about = ngettext("%(num)s reminder", "%(num)s reminders", one.count)
    return Sent(
        when=words.moment(one.ended_at or one.made_at, zone=setting.zone, now=setting.now),
        what=f"{what} ({about})" if one.count > 1 else what,
        to=words.who(one.staff_id, setting.staff) if one.staff_id else _("a person in care"),
        state=_(state),
        tone=tone,
        why=_REASONS.get(one.reason, "") if one.reason else "",
        tries=words.count(one.tries, "attempt") if one.tries > 1 else "",
    )
