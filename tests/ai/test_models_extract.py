"""Answers that quote: 26 questions that the material answers, and 24 that it does not.

Made by hand before the figures in `extracting.py` were set by them; a larger set over real texts is
in tests/evaluation.
"""

import pytest

from seaway.ai.models.extracting import quotes
from seaway.ai.models.sentences import Sentences
from seaway.model.settings.weights import WEIGHTS
from tests.ai.services import weights

pytestmark = pytest.mark.local
MEETING = """会议决定周五之前由李伟完成预算。安娜联系供应商，说明钢材延迟交付。
请李娜周三之前把邀请函发出去，名单一共八十人。

活动在城东的海洋馆举行。摄影师由王强联系。

The event takes place at the Ocean Hall in the east of the city.
Doors open at 18:30. Parking costs 5 dollars per hour.

The kitchen closes at ten in the evening. Vegetarian dishes are marked with a green leaf.
"""
SHOP = """退款政策：顾客在收货后七天内可以无理由退货。退款会在三个工作日内退回原支付方式。
生鲜食品不支持退货。

会员每消费一元积一分，积分满一千分可以兑换二十元代金券。积分有效期为两年，过期作废。

门店营业时间为上午九点到晚上十点，节假日延长到十一点。
地铁二号线人民广场站三号口出来步行五分钟即到。

The warranty covers manufacturing defects for 24 months. Damage caused by water is not covered.
To claim, send a photo and the receipt to the service desk.

Seaway keeps the logs of each instance for three files of ten megabytes.
Older files are deleted. Logs are shown by seaway logs.
"""
ANSWERED = (
    (MEETING, "邀请函什么时候发", "请李娜"),
    (MEETING, "谁联系摄影师", "摄影师由"),
    (MEETING, "Where is the event held?", "takes place"),
    (MEETING, "预算谁负责？", "李伟"),
    (MEETING, "When do the doors open?", "Doors"),
    (MEETING, "How much is parking?", "Parking"),
    (MEETING, "素食怎么标记？", "Vegetarian"),
    (MEETING, "厨房几点关门", "kitchen"),
    (MEETING, "停车费多少钱", "Parking"),
    (MEETING, "名单有多少人", "八十"),
    (MEETING, "Who contacts the supplier?", "安娜"),
    (SHOP, "多久可以退货？", "七天"),
    (SHOP, "退款多久到账", "三个工作日"),
    (SHOP, "买的水果能退吗", "生鲜"),
    (SHOP, "积分怎么换代金券", "一千分"),
    (SHOP, "积分多久过期", "两年"),
    (SHOP, "你们几点开门", "营业时间"),
    (SHOP, "怎么坐地铁去", "地铁"),
    (SHOP, "How long is the warranty?", "24 months"),
    (SHOP, "Is water damage covered?", "water"),
    (SHOP, "What do I need to send to make a claim?", "photo"),
    (SHOP, "日志保留多少", "logs"),
    (SHOP, "How many log files are kept?", "three files"),
    (SHOP, "What happens with old log files?", "Older"),
    (SHOP, "周末营业到几点", "节假日"),
    (SHOP, "怎么办理退款", "退款"),
)
UNANSWERED = (
    (MEETING, "公司去年的利润是多少"),
    (MEETING, "What was the profit last year?"),
    (MEETING, "谁是总统"),
    (MEETING, "Who is the mayor?"),
    (MEETING, "How do I reset my password?"),
    (MEETING, "今天天气怎么样"),
    (MEETING, "What is the capital of France?"),
    (MEETING, "活动有多少赞助商？"),
    (MEETING, "会议室在几楼"),
    (MEETING, "Is there a swimming pool?"),
    (SHOP, "你们招聘厨师吗"),
    (SHOP, "CEO 是谁"),
    (SHOP, "What colors are available?"),
    (SHOP, "可以带宠物吗"),
    (SHOP, "怎么修改密码"),
    (SHOP, "Do you ship to Canada?"),
    (SHOP, "有没有 WiFi"),
    (SHOP, "什么是光合作用"),
    (SHOP, "How tall is Mount Everest?"),
    (SHOP, "会员卡丢了怎么办"),
    (SHOP, "停车场在哪里"),
    (SHOP, "发票怎么开"),
    (SHOP, "Who founded the company?"),
    (SHOP, "附近有酒店吗"),
)


@pytest.fixture
async def network() -> Sentences:
    folder = await weights("sentences")
    return Sentences(folder / WEIGHTS["sentences"].file.name)


def quoted(network: Sentences, material: str, question: str) -> list[str]:
    passages = dict(enumerate(material.split("\n\n"), start=1))
    found = quotes(question, passages, network.rows)
    assert all(each.sentence.text in passages[each.sentence.passage] for each in found)
    return [each.sentence.text for each in found]


async def test_what_the_material_says_is_found_and_what_it_does_not_say_is_not(network):
    answered = [
        question for material, question, words in ANSWERED
        if any(words in text for text in quoted(network, material, question))
    ]  # fmt: skip
    made_up = [question for material, question in UNANSWERED if quoted(network, material, question)]

    assert len(answered) >= 15, {question for _, question, _ in ANSWERED} - set(answered)
    assert made_up == []
