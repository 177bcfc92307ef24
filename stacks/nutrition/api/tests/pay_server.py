"""Plays the payment and message services for the tests of the API alone, with keys of its own."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nutrition.clients.alipay import joined
from nutrition.clients.keys import Checker, Signer

API_KEY = "0123456789abcdef0123456789abcdef"
APP, MERCHANT, ALIPAY_APP = "wx0001", "1900000001", "2021000000000001"


def key_pair() -> tuple[str, str]:
    """Return a private and a public key, each as base64 of DER."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(private).decode(), base64.b64encode(public).decode()


@dataclass(slots=True)
class PayServer:
    """Both payment services and the messages; what they were asked."""

    url: str = ""
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    messages: list[dict[str, str]] = field(default_factory=list)
    ours: tuple[str, str] = field(default_factory=key_pair)
    theirs: tuple[str, str] = field(default_factory=key_pair)

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of the API for it."""
        return {
            "WECHAT_PAY_BASE_URL": self.url,
            "WECHAT_PAY_APP_ID": APP,
            "WECHAT_PAY_MCH_ID": MERCHANT,
            "WECHAT_PAY_API_KEY": API_KEY,
            "WECHAT_PAY_PRIVATE_KEY": self.ours[0],
            "WECHAT_PAY_SERIAL_NO": "OURS",
            "WECHAT_PAY_PUBLIC_KEY": self.theirs[1],
            "WECHAT_PAY_PUBLIC_KEY_ID": "THEIRS",
            "ALIPAY_GATEWAY_URL": f"{self.url}/gateway.do",
            "ALIPAY_APP_ID": ALIPAY_APP,
            "ALIPAY_PRIVATE_KEY": self.ours[0],
            "ALIPAY_PUBLIC_KEY": self.theirs[1],
            "SMS_ENDPOINT": self.url,
            "SMS_ACCESS_KEY": "access-key-of-the-tests",
            "SMS_SECRET_KEY": "secret-key-of-the-tests",
            "SMS_SIGNATURE": "营养餐厅",
            "SMS_TEMPLATE_ID": "SMS_465000001",
        }

    def wechat_headers(self, body: bytes) -> dict[str, str]:
        """Return the headers that WeChat Pay signs a text with."""
        moment, nonce = str(int(time.time())), secrets.token_hex(8)
        signed = Signer(self.theirs[0]).sign(f"{moment}\n{nonce}\n{body.decode()}\n")
        return {
            "Wechatpay-Timestamp": moment,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signed,
            "Wechatpay-Serial": "THEIRS",
        }

    def wechat_callback(self, number: str, fen: int, **other: str) -> tuple[bytes, dict[str, str]]:
        """Return a callback and its headers."""
        payment = {
            "mchid": MERCHANT, "appid": APP, "out_trade_no": number, "trade_state": "SUCCESS",
            "transaction_id": f"T{number}", "amount": {"total": fen, "currency": "CNY"}, **other,
        }  # fmt: skip
        nonce, around = secrets.token_hex(6), "transaction"
        sealed = AESGCM(API_KEY.encode()).encrypt(
            nonce.encode(), json.dumps(payment).encode(), around.encode()
        )
        resource = {
            "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(),
            "nonce": nonce, "associated_data": around,
        }  # fmt: skip
        body = json.dumps({"event_type": "TRANSACTION.SUCCESS", "resource": resource}).encode()
        return body, self.wechat_headers(body)

    def alipay_callback(self, number: str, yuan: str, app: str = ALIPAY_APP) -> bytes:
        """Return a callback."""
        fields = {
            "app_id": app, "out_trade_no": number, "trade_no": f"T{number}",
            "trade_status": "TRADE_SUCCESS", "total_amount": yuan,
        }  # fmt: skip
        sign = Signer(self.theirs[0]).sign(joined(fields))
        return urlencode({**fields, "sign": sign, "sign_type": "RSA2"}).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers as the services do; a request that is not signed as it must be is refused."""

    pay: PayServer

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.path.startswith("/gateway.do"):
            self.alipay(dict(parse_qsl(body.decode())))
        elif self.path.startswith("/v3/"):
            self.check_wechat(body)
            asked = json.loads(body)
            self.pay.asked[asked["out_trade_no"]] = asked
            self.wechat({"code_url": f"weixin://wxpay/{asked['out_trade_no']}"})
        else:
            self.message()

    def do_GET(self) -> None:
        self.check_wechat(b"")
        number = urlsplit(self.path).path.rpartition("/")[2]
        state = "SUCCESS" if number in self.pay.paid else "NOTPAY"
        amount = self.pay.asked[number]["amount"]
        self.wechat(
            {"trade_state": state, "mchid": MERCHANT, "appid": APP, "out_trade_no": number,
             "transaction_id": f"T{number}", "amount": amount}
        )  # fmt: skip

    def check_wechat(self, body: bytes) -> None:
        scheme, _, rest = self.headers["authorization"].partition(" ")
        said = dict(part.split("=", 1) for part in rest.split(","))
        given = {key: value.strip('"') for key, value in said.items()}
        text = f"{self.command}\n{self.path}\n{given['timestamp']}\n{given['nonce_str']}\n"
        signed = text.encode() + body + b"\n"
        Checker(self.pay.ours[1]).check(signed, given["signature"])
        assert (scheme, given["mchid"]) == ("WECHATPAY2-SHA256-RSA2048", MERCHANT)

    def wechat(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.say(body, self.pay.wechat_headers(body))

    def alipay(self, fields: dict[str, str]) -> None:
        sign = fields.pop("sign")
        Checker(self.pay.ours[1]).check(joined(fields).encode(), sign)
        asked = json.loads(fields["biz_content"])
        number = asked["out_trade_no"]
        key = fields["method"].replace(".", "_") + "_response"
        if fields["method"] == "alipay.trade.precreate":
            self.pay.asked[number] = {**asked, "notify_url": fields["notify_url"]}
            answer = {"code": "10000", "msg": "Success", "qr_code": f"https://qr.example/{number}"}
        elif number in self.pay.paid:
            answer = {"code": "10000", "msg": "Success", "trade_status": "TRADE_SUCCESS",
                      "out_trade_no": number, "trade_no": f"T{number}",
                      "total_amount": self.pay.asked[number]["total_amount"]}  # fmt: skip
        else:
            answer = {"code": "40004", "msg": "no", "sub_code": "ACQ.TRADE_NOT_EXIST"}
        text = json.dumps(answer)
        signed = Signer(self.pay.theirs[0]).sign(text)
        self.say(f'{{"{key}":{text},"sign":"{signed}"}}'.encode(), {})

    def message(self) -> None:
        assert self.headers["x-acs-action"] == "SendSms"
        assert self.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=")
        self.pay.messages.append(dict(parse_qsl(urlsplit(self.path).query)))
        self.say(json.dumps({"Code": "OK", "BizId": "B1"}).encode(), {})

    def say(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def pay_server() -> Iterator[PayServer]:
    """Run it for the length of the block."""
    pay = PayServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHandler", (Handler,), {"pay": pay}))
    pay.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield pay
    finally:
        server.shutdown()
        thread.join()
