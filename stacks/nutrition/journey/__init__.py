"""The journey of the nutrition restaurant: its acceptance list, tried on the running system.

It hurts what it visits: it kills an instance, deletes photos before their time, and restarts all.
"""

from journey.means import LONG
from journey.visit import Visit
from seaway.journey import Both, Journey, Line

JOURNEY = Journey(
    begin=Visit,
    lines=(
        Line(
            id="deployed",
            says=Both(
                "Three copies of the API serve, with every setting of the document",
                "三个 API 实例提供服务，环境变量齐全",
            ),
            check=Visit.deployed,
        ),
        Line(
            id="front",
            says=Both("The front page of the admin by TLS", "管理后台首页通过 TLS 访问"),
            check=Visit.front,
            drilled=True,
        ),
        Line(
            id="accounts",
            says=Both("Register, log in, refresh", "注册、登录、刷新令牌"),
            check=Visit.accounts,
            drilled=True,
        ),
        Line(
            id="similar",
            says=Both(
                "Three dishes; those similar to one, in order and above the threshold",
                "新增三个菜品，按顺序给出相似菜品且高于阈值",
            ),
            check=Visit.similar,
            after=("accounts",),
        ),
        Line(
            id="pictures",
            says=Both(
                "JPEG, PNG and WebP are scaled, stored and analysed; 11 MB and a text are refused",
                "JPEG、PNG、WebP 缩放、保存并识别；11 MB 与文本文件被拒绝",
            ),
            check=Visit.pictures,
            after=("accounts",),
        ),
        Line(
            id="question",
            says=Both(
                "A question is answered, the second time from the cache",
                "提问得到回答，第二次来自缓存",
            ),
            check=Visit.question,
            after=("similar",),
            drilled=True,
        ),
        Line(
            id="paid",
            says=Both(
                "An order is paid by WeChat and by Alipay, told by websocket and confirmed by SMS",
                "订单可用微信与支付宝支付，经 WebSocket 推送并短信确认",
            ),
            check=Visit.paid,
            after=("similar",),
        ),
        Line(
            id="limits",
            says=Both(
                "40 calls at once on /api/ and 10 on /ai/: 429 beyond the limits",
                "/api/ 并发 40 次、/ai/ 并发 10 次：超限返回 429",
            ),
            check=Visit.limits,
            after=("similar",),
        ),
        Line(
            id="quota",
            says=Both(
                "100 requests a minute for each user, over all copies",
                "每个用户每分钟 100 次，所有实例合计",
            ),
            check=Visit.quota,
        ),
        Line(
            id="killed",
            says=Both(
                "A killed copy of the API costs no request", "杀死一个 API 实例，没有请求失败"
            ),
            check=Visit.killed,
            limit=LONG,
        ),
        Line(
            id="retention",
            says=Both(
                "Photos older than 30 days are removed, by a moved clock",
                "拨快时钟后，超过 30 天的照片被删除",
            ),
            check=Visit.retention,
            after=("pictures",),
        ),
        Line(
            id="restarted",
            says=Both("After a restart of everything the data is there", "全部重启后数据仍在"),
            check=Visit.restarted,
            after=("paid",),
            limit=LONG,
        ),
        Line(
            id="recovered",
            says=Both(
                "Saved, destroyed with all data, restored within 5 minutes",
                "备份、连同数据全部销毁、五分钟内恢复",
            ),
            check=Visit.recovered,
            after=("paid",),
            limit=3 * LONG,  # all of it; the restore alone has five minutes
        ),
    ),
)
