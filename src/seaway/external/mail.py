"""Mail: an SMTP server that delivers nothing and keeps all."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from seaway.external.book import Book, Note, now, number

LARGEST = 10 * 2**20
"""Bytes of one mail, as most servers of the world."""
_OK = "250 2.0.0 OK queued as "


class Server:
    """Who may send, and what is kept; the names of its methods are those of aiosmtpd."""

    def __init__(self, account: Mapping[str, str], book: Book) -> None:
        self._account, self._book = account, book

    def knows(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, told: object
    ) -> AuthResult:
        """Whether user and password are those of the account."""
        good = isinstance(told, LoginPassword) and all(
            hmac.compare_digest(given, self._account[name].encode())
            for name, given in (("user", told.login), ("password", told.password))
        )
        return AuthResult(success=good, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only the sender that belongs to the account."""
        if self._book.take("refuse"):
            return "451 4.3.0 try again later"
        if address.lower() != self._account["sender"].lower():
            return "553 5.7.1 this address does not belong to the account"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep it, once for each who was to have it."""
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        mail = message_from_bytes(raw, policy=policy.default)
        sent = number(20)
        for each in envelope.rcpt_tos:
            self._book.sent(Note(
                number=sent, at=now(), sender=str(mail.get("from") or envelope.mail_from),
                to=each, subject=str(mail.get("subject", "")), text=readable(mail),
            ))  # fmt: skip
        return f"{_OK}{sent}"


def readable(mail: EmailMessage) -> str:
    """The text for people, HTML only where there is no other."""
    body = mail.get_body(("plain", "html"))
    return str(body.get_content()).strip() if body is not None else ""


@asynccontextmanager
async def receiving(
    account: Mapping[str, str], book: Book, host: str, ports: tuple[int, int]
) -> AsyncGenerator[None]:
    """Take mail on the first port, and on the second one too where it is free."""
    loop = asyncio.get_running_loop()
    server = Server(account, book)

    def talk() -> SMTP:
        return SMTP(
            server, hostname="mail.seaway", ident="Seaway simulator", loop=loop,
            data_size_limit=LARGEST, enable_SMTPUTF8=True, authenticator=server.knows,
            auth_required=True, auth_require_tls=False,  # nothing leaves this machine
        )  # fmt: skip

    own, usual = ports
    listening = [await loop.create_server(talk, host, own)]
    if usual and usual != own:
        with suppress(OSError):  # another stack has it
            listening.append(await loop.create_server(talk, host, usual))
    try:
        yield
    finally:
        for each in listening:
            each.close()
