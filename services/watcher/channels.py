"""Ways to reach a person: mail, a webhook, and a ping that says the watcher lives."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage

import aiohttp
import aiosmtplib

from services.watcher.alarms import Notice
from services.watcher.settings import Settings
from shared.runtime.logs import get_logger

SEND_S = 10.0

log = get_logger()


@dataclass(frozen=True, slots=True)
class Fared:
    """What no channel took, and the channels that did not take everything."""

    missed: tuple[Notice, ...]
    away: frozenset[str]


async def send(settings: Settings, notices: tuple[Notice, ...]) -> Fared:
    """Send each by every channel there is, all side by side: one that hangs holds up no other."""
    by_channel = {"mail": _mail, "webhook": _ring}
    names = [name for name in by_channel if name in ways(settings)]
    tried = [(notice, name) for notice in notices for name in names]
    took = await asyncio.gather(*(by_channel[name](settings, notice) for notice, name in tried))
    reached = {notice for (notice, _), taken in zip(tried, took, strict=True) if taken}
    return Fared(
        tuple(notice for notice in notices if notice not in reached),
        frozenset(name for (_, name), taken in zip(tried, took, strict=True) if not taken),
    )


def ways(settings: Settings) -> frozenset[str]:
    """The channels there are."""
    mail = {"mail"} if settings.smtp_host and settings.mail_to else set()
    return frozenset(mail | ({"webhook"} if settings.webhook_url else set()))


async def ping(settings: Settings) -> None:
    """Tell the outside receiver that a look was completed."""
    if settings.ping_url:
        await _post(str(settings.ping_url), {"installation": settings.installation})


async def _mail(settings: Settings, notice: Notice) -> bool:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = settings.mail_to
    message["Subject"] = f"[{settings.installation}] {notice.subject}"
    message.set_content(f"{notice.text}\n\nWhat to do: deploy/RUNBOOK.md\n")
    try:
        await aiosmtplib.send(
            message,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=settings.smtp_password,
            start_tls=settings.smtp_tls,
            timeout=SEND_S,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        log.error("notice_failed", kind="mail", error=type(error).__name__)  # noqa: TRY400
        return False
    return True


async def _ring(settings: Settings, notice: Notice) -> bool:
    body = {"installation": settings.installation, "subject": notice.subject, "text": notice.text}
    return await _post(str(settings.webhook_url), body)


async def _post(url: str, body: dict[str, str]) -> bool:
    timeout = aiohttp.ClientTimeout(total=SEND_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, json=body) as answer,
        ):
            answer.raise_for_status()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.error("notice_failed", kind="webhook", error=type(error).__name__)  # noqa: TRY400
        return False
    return True
