"""The components of services of others: what follows from what is written, in each mode."""

from dataclasses import replace

import pytest

from seaway.components.bot import Bot
from seaway.components.inbox import Inbox
from seaway.components.meeting import Meeting
from seaway.components.pay import Pay
from seaway.components.sms import Sms
from seaway.components.smtp import Smtp
from seaway.external.settings import settings
from seaway.messages import words_of
from seaway.model.finding import Severity
from seaway.model.names import SECRET_NAME, Name
from seaway.model.text import Secret, Text
from seaway.ports.component import Component, Expansion, Surroundings

REAL = {"app": "wx1", "merchant": "env:MERCHANT", "key": "secret:WECHAT_PAY_API_KEY",
        "private_key": "secret:WECHAT_PAY_PRIVATE_KEY", "serial": "AB12",
        "public_key": "secret:WECHAT_PAY_PUBLIC_KEY", "public_key_id": "PUB_KEY_ID_1"}  # fmt: skip


def expand(component: Component, environment: str = "local") -> Expansion:
    around = Surroundings(
        stack=Name("nutrition"), environment=environment, folder="/srv", env={"MERCHANT": "19001"}
    )
    return component.expand(Name("money"), around)


def pay(environment: str = "local", **written: object) -> Expansion:
    return expand(Pay.model_validate({"provider": "wechat", **written}), environment)


def sms(environment: str = "local", **written: object) -> Expansion:
    return expand(Sms.model_validate(written), environment)


def plain(text: Text) -> str:
    return "".join(part if isinstance(part, str) else "x" for part in text.parts)


def secret(text: Text) -> str:
    [hole] = text.holes
    assert isinstance(hole, Secret)
    return hole.name


@pytest.mark.parametrize("found", [pay(), pay(provider="alipay"), sms()])
def test_a_simulated_one_runs_with_keys_of_its_own(found):
    [workload] = found.workloads
    told = settings({name: plain(text) for name, text in workload.env.items() if name != "PORT"})
    needed = {each.name for each in found.secrets} | {each.public for each in found.secrets} - {""}
    used = {hole.name for text in workload.env.values() for hole in text.holes
            if isinstance(hole, Secret)}  # fmt: skip

    assert told.provider in {"wechat", "alipay", "aliyun"}
    assert used <= needed
    assert all(SECRET_NAME.fullmatch(each) for each in needed)
    assert found.exports.workloads == {"money"}
    assert not found.findings


def test_each_side_holds_its_own_private_key_only():
    """A shop that could sign for the payment service could pay itself."""
    found = pay()
    held = {hole.name for text in found.workloads[0].env.values() for hole in text.holes
            if isinstance(hole, Secret)}  # fmt: skip
    given = {secret(text) for key, text in found.exports.values.items() if key.endswith("key")}

    assert held == {"money.own-key", "money.merchant-public", "money.api-key"}
    assert given == {"money.merchant-key", "money.own-public", "money.api-key"}


def test_the_names_of_the_nutrition_documents_are_given():
    wechat, alipay = pay().exports.variables, pay(provider="alipay").exports.variables

    assert {"WECHAT_PAY_APP_ID", "WECHAT_PAY_MCH_ID", "WECHAT_PAY_API_KEY"} <= set(wechat)
    assert {"ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY"} <= set(alipay)
    assert {"SMS_PROVIDER", "SMS_ACCESS_KEY", "SMS_SECRET_KEY", "SMS_SIGNATURE",
            "SMS_TEMPLATE_ID"} <= set(sms().exports.variables)  # fmt: skip


def test_an_account_that_is_made_up_is_always_the_same_and_each_has_another():
    one, again, other = pay(), pay(), pay(provider="alipay")

    assert one.exports == again.exports
    assert one.exports.values["app"] != other.exports.values["app"]
    assert plain(pay(app="wx-mine").exports.values["app"]) == "wx-mine"
    assert plain(pay(app="secret:APP").exports.values["app"]).startswith("wx")


@pytest.mark.parametrize("written", [{"mode": "real"}, {}])
def test_a_real_one_runs_nothing_and_has_the_real_address(written):
    found = pay("production", **REAL, **written)

    assert not found.workloads
    assert not found.secrets
    assert not found.findings
    variables = found.exports.variables
    assert plain(variables["WECHAT_PAY_BASE_URL"]) == "https://api.mch.weixin.qq.com"
    assert plain(variables["WECHAT_PAY_MCH_ID"]) == "19001"
    assert secret(variables["WECHAT_PAY_API_KEY"]) == "WECHAT_PAY_API_KEY"


def test_what_is_missing_of_a_real_one_is_told_and_stops_nothing():
    found = pay("production", **{**REAL, "merchant": "env:NOWHERE", "key": None})

    assert {each.code for each in found.findings} == {"SW380"}
    assert {each.severity for each in found.findings} == {Severity.WARNING}
    assert {str(each.facts["setting"]) for each in found.findings} == {"merchant", "key"}
    assert "WECHAT_PAY_MCH_ID" not in found.exports.variables


def test_modes_that_there_are_not_are_an_error():
    wrong = (pay(mode="sandbox", **REAL), sms(provider="tencent"))

    assert [each.findings[-1].code for each in wrong] == ["SW381", "SW382"]
    assert all(words_of(each.findings[-1].code).fix_zh for each in wrong)
    sandbox = pay(provider="alipay", mode="sandbox", app="1", key="secret:K", public_key="x")
    assert "sandbox" in plain(sandbox.exports.variables["ALIPAY_GATEWAY_URL"])
    assert not sandbox.findings


def meeting(environment: str = "local", **written: object) -> Expansion:
    return expand(Meeting.model_validate(written), environment)


def bot(environment: str = "local", **written: object) -> Expansion:
    return expand(Bot.model_validate(written), environment)


def mail(environment: str = "local", **written: object) -> Expansion:
    return expand(Smtp.model_validate({"from": "noreply@lulab.dev", **written}), environment)


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (meeting(), {"TENCENT_MEETING_APP_ID", "TENCENT_MEETING_SDK_ID", "TENCENT_MEETING_SECRET",
                     "TENCENT_MEETING_TOKEN", "TENCENT_MEETING_URL"}),
        (bot(), {"FEISHU_URL", "FEISHU_BOT_HOOK", "FEISHU_BOT_SECRET"}),
        (mail(), {"SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASS", "SMTP_FROM"}),
    ],
)  # fmt: skip
def test_the_parties_of_lulab_are_played_and_give_the_names_of_its_documents(found, names):
    [workload] = found.workloads
    needed = {each.name for each in found.secrets}
    used = {hole.name for text in workload.env.values() for hole in text.holes
            if isinstance(hole, Secret)}  # fmt: skip

    assert used == needed
    assert names <= set(found.exports.variables)
    assert plain(found.exports.values["mode"]) == "simulated"


def test_events_go_to_the_service_that_is_named():
    [workload] = meeting(webhook="api/webhooks/tencent-meeting").workloads
    where = workload.env["EXTERNAL_WEBHOOK"]

    assert plain(where) == "http://x:x/webhooks/tencent-meeting"
    assert {getattr(hole, "workload", None) for hole in where.holes} == {"api"}
    assert "EXTERNAL_WEBHOOK" not in meeting().workloads[0].env


def test_mail_is_caught_on_1025_in_development():
    [workload] = mail().workloads

    assert workload.ports["smtp"] == 1025
    assert plain(workload.env["EXTERNAL_USUAL_PORT"]) == "1025"


def test_in_production_all_of_them_are_of_the_world_and_what_is_missing_is_told():
    real = meeting("production", app="2", sdk="3", key="k", secret="secret:S", token="secret:T")
    there = mail("production", host="smtp.production.com", user="u", password="secret:P")

    assert not real.workloads
    assert not real.findings
    assert plain(real.exports.variables["TENCENT_MEETING_URL"]) == "https://api.meeting.qq.com"
    assert plain(there.exports.variables["SMTP_PORT"]) == "587"
    assert plain(there.exports.variables["SMTP_HOST"]) == "smtp.production.com"
    assert {each.facts["setting"] for each in bot("production").findings} == {"hook", "secret"}


def test_one_inbox_knows_those_that_are_simulated():
    around = Surroundings(
        stack=Name("lulab"), environment="local", folder="/srv",
        exports={Name("mail"): mail().exports, Name("bot"): bot("production").exports},
    )  # fmt: skip
    found = Inbox.model_validate({"uses": ["mail", "bot"]}).expand(Name("inbox"), around)

    [workload] = found.workloads
    assert {"EXTERNAL_INBOX_OF_MAIL"} == {
        name for name in workload.env if name.startswith("EXTERNAL_INBOX")
    }
    nothing = replace(around, exports={Name("bot"): bot("production").exports})
    assert Inbox().expand(Name("inbox"), nothing) == Expansion()
