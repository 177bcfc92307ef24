"""Mail as it is caught: a real SMTP server, and nothing is delivered."""

import asyncio
import contextlib
import smtplib
import socket
from email.message import EmailMessage

import pytest

from tests.ai.conftest import free_port, running
from tests.external.conftest import inbox

USER, PASSWORD, SENDER = "lulab", "p" * 20, "noreply@lulab.dev"


def env(port: int, usual: int = 0) -> dict[str, str]:
    return {"EXTERNAL_PROVIDER": "smtp", "EXTERNAL_USER": USER, "EXTERNAL_PASSWORD": PASSWORD,
            "EXTERNAL_SENDER": SENDER, "SMTP_PORT": str(port),
            "EXTERNAL_USUAL_PORT": str(usual)}  # fmt: skip


@pytest.fixture
async def mail():
    port = free_port()
    async with running("seaway.external", env(port)) as program:
        yield program, port


def letter(**changed: str) -> EmailMessage:
    made = EmailMessage()
    told = {
        "From": f"LuLab <{SENDER}>",
        "To": "ann@example.com",
        "Subject": "周会的纪要",
        **changed,
    }
    for name, value in {**told, **changed}.items():
        made[name] = value
    made.set_content("要点：\n- 三点发布\n")
    made.add_alternative("<p>要点</p>", subtype="html")
    return made


def send(port: int, made: EmailMessage, password: str = PASSWORD) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        if password:
            client.login(USER, password)
        client.send_message(made)


async def test_mail_is_caught_as_people_would_read_it(mail):
    program, port = mail
    await asyncio.to_thread(send, port, letter(To="ann@example.com, bob@example.com"))

    found = (await inbox(program))["messages"]
    assert [each["to"] for each in found] == ["bob@example.com", "ann@example.com"]
    assert found[0]["subject"] == "周会的纪要"
    assert "三点发布" in found[0]["text"]
    page = await program.http.get("/inbox", headers={"accept": "text/html"})
    assert "周会的纪要" in page.text


async def test_who_does_not_prove_to_be_the_account_sends_nothing(mail):
    program, port = mail
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(send, port, letter(), "wrong")
    with pytest.raises(smtplib.SMTPException):
        await asyncio.to_thread(send, port, letter(), "")
    with pytest.raises(smtplib.SMTPException):
        await asyncio.to_thread(send, port, letter(From="ceo@example.com"))

    assert (await inbox(program))["messages"] == []


async def test_a_server_that_refuses_now_takes_it_later(mail):
    program, port = mail
    await program.http.post("/inbox/faults", json={"fault": "refuse"})
    with pytest.raises(smtplib.SMTPSenderRefused):
        await asyncio.to_thread(send, port, letter())
    await asyncio.to_thread(send, port, letter())

    assert len((await inbox(program))["messages"]) == 1


async def test_the_usual_port_is_taken_where_it_is_free():
    """Two stacks on one machine must not fight for it: each has a port of its own besides."""
    first, second, usual = free_port(), free_port(), free_port()
    async with running("seaway.external", env(first, usual)) as one:
        await asyncio.to_thread(send, usual, letter())
        async with running("seaway.external", env(second, usual)) as two:
            await asyncio.to_thread(send, second, letter())
            assert len((await inbox(two))["messages"]) == 1
        assert len((await inbox(one))["messages"]) == 1


async def test_one_page_shows_what_all_have_sent(mail):
    program, port = mail
    await asyncio.to_thread(send, port, letter())
    told = {"EXTERNAL_PROVIDER": "inbox", "EXTERNAL_INBOX_OF_MAIL": f"{program.url}/inbox",
            "EXTERNAL_INBOX_OF_SMS": f"http://127.0.0.1:{free_port()}/inbox"}  # fmt: skip
    async with running("seaway.external", told) as whole:
        found = (await whole.http.get("/inbox")).json()
        page = await whole.http.get("/inbox", headers={"accept": "text/html"})

    assert [(each["by"], each["to"]) for each in found["messages"]] == [("mail", "ann@example.com")]
    assert found["inboxes"]["sms"]["away"] is True
    assert "周会的纪要" in page.text
    with contextlib.closing(socket.socket()) as probe:
        assert probe.connect_ex(("127.0.0.1", whole.port)) != 0, "it has ended"
