"""Activities: those that fit one person, referrals to them, and the directory itself."""

from aiohttp import web

from services.portal.pages.forms import attempt
from services.portal.pages.support_records import change, read_support, support_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import activities, support
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.support import (
    Directory,
    ImportReport,
    Matches,
    NewReferral,
    ReferralAnswer,
    SupportBody,
)

_LARGEST_FILE = 50_000
"""Bytes. It travels on as JSON, in a body of at most 64 KiB."""


async def show_activities(visit: Visit) -> web.StreamResponse:
    """Best first, with what fits and what does not."""
    return await _page(visit, visit.draft())


async def refer(visit: Visit) -> web.StreamResponse:
    """Put the person in touch with an activity."""
    draft = visit.sent()

    async def send() -> SupportBody:
        body = NewReferral.model_validate(visit.fields("activity_id", "note"))
        path = f"/patients/{visit.id('patient_id')}/referrals"
        return await visit.care.engagement.post(path, body, SupportBody, key=draft.key)

    return await change(
        draft,
        send,
        back=lambda refused: _page(visit, refused),
        to=support.place(visit.id("patient_id"), "activities"),
        notice="referral",
        state=visit.request.query,
    )


async def answer(visit: Visit) -> web.StreamResponse:
    """They accepted or declined, or it is taken back."""
    draft = visit.sent()

    async def send() -> SupportBody:
        return await visit.care.engagement.post(
            f"/referrals/{visit.id('referral_id')}/answer",
            ReferralAnswer.model_validate(visit.fields("answer", "note")),
            SupportBody,
            key=draft.key,
            version=visit.version(),
        )

    return await change(
        draft,
        send,
        back=lambda refused: _page(visit, refused),
        to=support.place(visit.id("patient_id"), "activities"),
        notice="outcome",
        state=visit.request.query,
    )


async def show_directory(visit: Visit) -> web.StreamResponse:
    """Where a directory file is taken in."""
    return visit.page("directory.html", draft=visit.draft(), report=None)


async def take_in(visit: Visit) -> web.StreamResponse:
    """Take the good rows of a file, and name the others one by one."""
    draft = visit.sent()
    text, format_ = await _file(visit)
    if not text:
        fault = Fault("file", _("Choose a file, or paste the rows."))
        return _directory(visit, draft.refused([fault]), None)
    if len(text.encode()) > _LARGEST_FILE:
        fault = Fault("file", _("This is more than 50 kB. Send it in parts."))
        return _directory(visit, draft.refused([fault]), None)

    async def send() -> ImportReport:
        body = Directory.model_validate({"format": format_, "text": text})
        path = "/activities/import"
        return await visit.care.engagement.post(path, body, ImportReport, key=draft.key)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return _directory(visit, outcome, None)
    return _directory(visit, visit.draft(), outcome)


async def _file(visit: Visit) -> tuple[str, str]:
    """The text that was sent and its format: JSON begins with a bracket, everything else is CSV."""
    sent = (await visit.request.post()).get("file")
    text = visit.one("text")
    if isinstance(sent, web.FileField):
        text = sent.file.read(_LARGEST_FILE + 1).decode("utf-8", errors="replace")
    return text, "json" if text.lstrip()[:1] in {"{", "["} else "csv"


def _directory(visit: Visit, draft: Draft, found: ImportReport | None) -> web.StreamResponse:
    return visit.page(
        "directory.html",
        status=draft.status,
        draft=draft,
        report=activities.report(found) if found else None,
    )


async def _page(visit: Visit, draft: Draft) -> web.StreamResponse:
    path = f"/patients/{visit.id('patient_id')}/activities"
    find = activities.looked_for(visit.request.query)
    query = {activities.FIND: find} if find else None
    read, found = await together(
        read_support(visit), visit.care.engagement.get(path, Matches, query, newcomer=True)
    )
    listed = activities.listed(found, visit.request.query, patient_id=visit.id("patient_id"))
    return await support_page(
        visit,
        "activities.html",
        read,
        draft=draft,
        listed=listed,
        matches=activities.matches(listed.rows, read.body),
        total=found.total,
        find=find,
        kept=activities.kept(visit.request.query),
        left_out=found.total - len(found.items),
        referrals=activities.referrals(read.body, visit.setting),
        answers=tuple(activities.ANSWERS.items()),
    )
