"""The ways out: mail to a server or a folder, and signed webhooks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path

import aiohttp
import aiosmtplib
from standardwebhooks import Webhook

from services.engagement.application.send_notices import Parcel
from services.engagement.domain.notice import Answer, Channel
from shared.runtime.egress import Egress, NotAllowed

SEND_S = 10.0
_TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_PERMANENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where mail goes: a server, or a folder when there is none. Neither means no mail."""

    sender: str
    host: str | None = None
    port: int = 25
    start_tls: bool | None = None
    user: str | None = None
    password: str | None = None
    folder: Path | None = None


@dataclass(slots=True)
class Channels:
    """Sends one parcel and says what became of it; it never raises for the other side."""

    mailbox: Mailbox
    egress: Egress = field(default_factory=Egress)

    async def send(self, parcel: Parcel, *, at: datetime) -> tuple[Answer, str]:
        """Taken, later or never, with the other side's number."""
        if parcel.channel is Channel.EMAIL:
            return await self._mail(parcel, at)
        return await self._webhook(parcel, at)

    async def _mail(self, parcel: Parcel, at: datetime) -> tuple[Answer, str]:
        message = self._message(parcel, at)
        if message is None:
            return Answer.NEVER, "bad-address"
        box = self.mailbox
        if box.host is None:
            return self._drop(parcel, message)
        try:
            await aiosmtplib.send(
                message,
                hostname=box.host,
                port=box.port,
                username=box.user,
                password=box.password,
                start_tls=box.start_tls,
                timeout=SEND_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            return _by_code(max(one.code for one in refused.recipients))
        except aiosmtplib.SMTPResponseException as refused:
            return _by_code(refused.code)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return Answer.LATER, type(error).__name__
        return Answer.TAKEN, "250"

    def _message(self, parcel: Parcel, at: datetime) -> EmailMessage | None:
        """The same Message-ID on every attempt, so that a repeated one is seen to be one."""
        message = EmailMessage()
        try:
            message["From"] = _from(parcel.letter.sender, self.mailbox.sender)
            message["To"] = parcel.address
            message["Subject"] = parcel.letter.subject
        except (ValueError, IndexError):
            return None
        domain = self.mailbox.sender.partition("@")[2] or "localhost"
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{parcel.notice_id}.{parcel.channel}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(parcel.letter.text)
        return message

    def _drop(self, parcel: Parcel, message: EmailMessage) -> tuple[Answer, str]:
        folder = self.mailbox.folder
        if folder is None:
            return Answer.NEVER, "no-mail-server"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = folder / f"{parcel.notice_id}.eml"
            part = path.with_suffix(".part")
            part.write_bytes(bytes(message))
            part.rename(path)
        except OSError as error:
            return Answer.LATER, type(error).__name__
        return Answer.TAKEN, "file"

    async def _webhook(self, parcel: Parcel, at: datetime) -> tuple[Answer, str]:
        body = json.dumps(
            {"type": "mooring.notice.v1", "timestamp": at.isoformat()}
            | {"data": {"subject": parcel.letter.subject, "text": parcel.letter.text}},
            separators=(",", ":"),
        )
        headers = self._signed(parcel, body, at)
        if headers is None:
            return Answer.NEVER, "bad-secret"
        try:
            status = await self.egress.post(parcel.address, body=body.encode(), headers=headers)
        except NotAllowed:
            return Answer.NEVER, "not-allowed"
        except aiohttp.ClientConnectorDNSError as error:
            never = isinstance(error.os_error, NotAllowed)
            return (Answer.NEVER, "not-allowed") if never else (Answer.LATER, "no-such-name")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer.LATER, type(error).__name__
        if status in range(200, 300):
            return Answer.TAKEN, str(status)
        later = status >= _PERMANENT or status in _TRY_AGAIN
        return (Answer.LATER if later else Answer.NEVER), str(status)

    def _signed(self, parcel: Parcel, body: str, at: datetime) -> Mapping[str, str] | None:
        """The headers of the Standard Webhooks specification; the id is the notice's."""
        try:
            signature = Webhook(parcel.secret or "").sign(str(parcel.notice_id), at, body)
        except (ValueError, RuntimeError):
            return None
        return {
            "content-type": "application/json",
            "webhook-id": str(parcel.notice_id),
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }


def _from(name: str, address: str) -> str | Address:
    """The name others see before the address, when a letter has one."""
    return Address(display_name=name, addr_spec=address) if name else address


def _by_code(code: int) -> tuple[Answer, str]:
    """A number of 500 or more means do not try again (RFC 5321)."""
    return (Answer.NEVER if code >= _PERMANENT else Answer.LATER), str(code)
