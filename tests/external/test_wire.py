"""What is no request that could be answered is refused, and the program lives on."""

import asyncio

import pytest

from tests.external.conftest import playing


@pytest.fixture
async def sms():
    account = {"ACCESS_KEY": "k", "SECRET_KEY": "s", "SIGNATURE": "x", "TEMPLATE": "SMS_1"}
    async with playing("aliyun", account) as program:
        yield program


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"HELLO\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 9999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"411"),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /\xff%ff?%ff=%00 HTTP/1.1\r\ncontent-length: 2\r\n\r\n\xff\xfe", b"404"),
    ],
)
async def test_what_cannot_be_read_is_refused(sms, sent, status):
    reader, writer = await asyncio.open_connection("127.0.0.1", sms.port)
    writer.write(sent)
    async with asyncio.timeout(5):
        line = await reader.readline()
    writer.close()

    assert line.split()[1] == status
    assert (await sms.http.get("/livez")).status_code == 200
