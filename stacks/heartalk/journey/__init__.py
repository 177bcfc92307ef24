"""The journey of HearTalk: everything that it promises, tried on the running system.

It hurts what it visits: it kills an instance, makes the stand-in of the provider fail, and makes
some releases, a broken one too.
"""

from journey.visit import LONG, SCALED, Visit
from seaway.journey import Both, Journey, Line

NO_ALERTS = Both("there are no alerts yet", "告警尚未实现")

JOURNEY = Journey(
    begin=Visit,
    lines=(
        Line(
            id="deployed",
            says=Both("Three instances serve", "三个实例提供服务"),
            check=Visit.deployed,
        ),
        Line(
            id="tokens",
            says=Both("401 without a token, 200 with one", "无令牌 401，有令牌 200"),
            check=Visit.tokens,
            drilled=True,
        ),
        Line(
            id="cached",
            says=Both(
                "The second identical request is a cache hit, counted and faster",
                "相同的第二次请求命中缓存，有计数且更快",
            ),
            check=Visit.cached,
            after=("tokens",),
            drilled=True,
        ),
        Line(
            id="limited",
            says=Both("The 201st call in a minute gets 429", "一分钟内第 201 次请求得到 429"),
            check=Visit.limited,
        ),
        Line(
            id="reasoning",
            says=Both(
                "Reasoning is hidden, then shown after a setting change, with no failed request",
                "推理过程先隐藏，改设置后显示，没有请求失败",
            ),
            check=Visit.reasoning,
            after=("tokens",),
            limit=LONG,
        ),
        Line(
            id="provider",
            says=Both(
                "A failing provider degrades detailed health while instances stay up",
                "服务商故障时详细健康降级，实例不受影响",
            ),
            check=Visit.provider,
            after=("tokens",),
        ),
        Line(
            id="alert",
            says=Both(
                "HighResponseTime fires after two minutes and is delivered",
                "HighResponseTime 两分钟后告警并送达",
            ),
            not_yet=NO_ALERTS,
        ),
        Line(
            id="load",
            says=Both(
                "Load of 10,000 at 100: success, rate, mean, percentiles",
                "一万次请求、一百并发：成功率、速率、均值与分位数",
            ),
            check=Visit.loaded,
            limit=LONG,
        ),
        Line(
            id="scaling",
            says=Both(
                "CPU load makes it scale out, to no more than allowed, and back",
                "CPU 负载使其扩展但不超过上限，之后缩回",
            ),
            check=Visit.scales,
            limit=3 * SCALED,
        ),
        Line(
            id="killed",
            says=Both(
                "An instance killed under load is replaced without failed requests",
                "负载下杀死实例，自动接替且没有请求失败",
            ),
            check=Visit.killed,
            limit=LONG,
        ),
        Line(
            id="rollback",
            says=Both("A broken version is rolled back by itself", "损坏的版本自动回滚"),
            check=Visit.rolled,
            limit=LONG,
        ),
        Line(
            id="backup",
            says=Both(
                "Backup, destroy, restore in 5 minutes with less than an hour lost",
                "备份、销毁、五分钟内恢复，丢失少于一小时",
            ),
            check=Visit.saved,
            limit=LONG,
        ),
        Line(
            id="soak",
            says=Both("A short soak without growth of memory", "短时稳定性测试，内存不增长"),
            check=Visit.soak,
            limit=LONG,
        ),
    ),
)
