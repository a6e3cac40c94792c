"""Ways to reach a person: mail, a webhook, and a ping that says the watcher lives."""

from email.message import EmailMessage

import aiohttp
import aiosmtplib

from services.watcher.alarms import Notice
from services.watcher.settings import Settings
from shared.runtime.logs import get_logger

SEND_S = 10.0

log = get_logger()


async def send(settings: Settings, notices: tuple[Notice, ...]) -> bool:
    """Send by every channel there is; whether each took everything."""
    sent = True
    for notice in notices:
        if settings.smtp_host and settings.mail_to:
            sent &= await _mail(settings, notice)
        if settings.webhook_url:
            body = {"installation": settings.installation, "subject": notice.subject}
            sent &= await _post(str(settings.webhook_url), body | {"text": notice.text})
    return sent


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
