"""Mail: sends one letter by a server that takes it from us."""

import asyncio
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formataddr, formatdate

from seaway_service.client import CALLS, RefusedError
from seaway_service.errors import UnavailableError

from lulab.shared_settings import Shared

PART = "the mail server"
PATIENCE_SECONDS = 15
PERMANENT = 500


class Mail:
    """One account; each letter has a connection of its own."""

    def __init__(self, settings: Shared) -> None:
        self._settings = settings

    async def send(self, to: str, subject: str, text: str, once: str) -> None:
        """Hand it over; `once` is the same each time the same letter is sent again.

        Raises:
            RefusedError, UnavailableError: it was not sent, or nobody knows.
        """
        began, outcome = time.perf_counter(), "unavailable"
        try:
            await asyncio.to_thread(self._send, self._letter(to, subject, text, once))
            outcome = "2xx"
        except smtplib.SMTPResponseException as error:
            outcome = f"{error.smtp_code // 100}xx"
            raise refused(error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise UnavailableError(PART) from error
        finally:
            CALLS.labels(PART, outcome).observe(time.perf_counter() - began)

    def _letter(self, to: str, subject: str, text: str, once: str) -> EmailMessage:
        sender = self._settings.SMTP_FROM
        letter = EmailMessage()
        letter["From"] = formataddr(("LuLab", sender))
        letter["To"] = to
        letter["Subject"] = " ".join(subject.split())
        letter["Date"] = formatdate()
        letter["Message-ID"] = f"<{once}@{sender.rpartition('@')[2]}>"
        letter.set_content(text)
        return letter

    def _send(self, letter: EmailMessage) -> None:
        told = self._settings
        with smtplib.SMTP(told.SMTP_HOST, told.SMTP_PORT, timeout=PATIENCE_SECONDS) as server:
            if told.SMTP_MODE != "simulated":
                server.starttls(context=ssl.create_default_context())
            if told.SMTP_USER:
                server.login(told.SMTP_USER, told.SMTP_PASS)
            server.send_message(letter)


def refused(error: smtplib.SMTPResponseException) -> Exception:
    """Say whether it is refused for good (RFC 5321, 4.2.1), or may be tried again."""
    said = error.smtp_error
    said = said if isinstance(said, str) else said.decode("utf-8", "replace")
    if error.smtp_code >= PERMANENT:
        return RefusedError(PART, error.smtp_code, said, str(error.smtp_code))
    return UnavailableError(PART)
