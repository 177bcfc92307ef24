"""Visit: what each line of the journey tries."""

import asyncio
import base64
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from journey.means import CREATED, LONG, OK, TOO_MANY, Means, fields, form, must, saw
from journey.websocket import Socket, listening
from seaway.journey import Both, Evidence, Http, System, load, recovered, until

BURST, AI_BURST = 40, 10
LIMIT = 100
"""Requests a minute of one user, over all copies of the API."""
TOO_LARGE = 11_000_000
LARGEST_SIDE = 1024
PHONE = "13800138000"
TRIED = "试菜"
"""Category of the dishes of a visit."""
NAMES = (
    "NODE_ENV APP_PORT APP_HOST APP_NAME APP_VERSION DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD"
    " DB_MAX_CONNECTIONS DB_SSL_MODE REDIS_HOST REDIS_PORT REDIS_PASSWORD REDIS_DB"
    " REDIS_MAX_RETRIES REDIS_URL JWT_SECRET JWT_EXPIRES_IN JWT_REFRESH_EXPIRES_IN"
    " DEEPSEEK_API_KEY DEEPSEEK_API_BASE OPENAI_COMPATIBLE_ENDPOINT OPENAI_API_BASE"
    " AI_SERVICE_URL AI_TIMEOUT AI_MAX_RETRIES LANGCHAIN_API_KEY LANGCHAIN_TRACING_V2"
    " LANGCHAIN_PROJECT MINIO_ENDPOINT MINIO_ACCESS_KEY MINIO_SECRET_KEY MINIO_BUCKET_NAME"
    " MINIO_USE_SSL MINIO_REGION SMS_PROVIDER SMS_ACCESS_KEY SMS_SECRET_KEY SMS_SIGNATURE"
    " SMS_TEMPLATE_ID WECHAT_PAY_APP_ID WECHAT_PAY_MCH_ID WECHAT_PAY_API_KEY ALIPAY_APP_ID"
    " ALIPAY_PRIVATE_KEY PROMETHEUS_METRICS_PORT HEALTH_CHECK_TIMEOUT LOG_LEVEL LOG_MAX_FILES"
    " LOG_MAX_SIZE RATE_LIMIT_WINDOW_MS RATE_LIMIT_MAX_REQUESTS BCRYPT_SALT_ROUNDS SESSION_SECRET"
    " CORS_ORIGIN CORS_CREDENTIALS GAODE_API_KEY BAIDU_API_KEY TENCENT_CLOUD_SECRET_ID"
    " TENCENT_CLOUD_SECRET_KEY ENVIRONMENT DEPLOYMENT_DATE GIT_COMMIT_HASH TZ"
)
"""Of the environment of the API, as the document has them."""


class Visit:
    """Guests of the restaurant, and whoever looks after it."""

    def __init__(self, system: System) -> None:
        self.system, self.means = system, Means(system)
        self.ann = system.http()
        self.dishes: list[str] = []
        self.photos: list[str] = []
        self.order: dict[str, Any] = {}

    async def deployed(self) -> Evidence:
        serving = [each for each in await self.system.instances("api") if each.serving]
        ready = await self.ann.get("/health/ready")
        must(
            len(serving) == 3 and ready.status == OK, "not three, or not ready", "没有三个就绪实例",
            serving=len(serving), ready=ready.status,
        )  # fmt: skip
        told = await self.means.beside("api", "env")
        given = {line.partition("=")[0] for line in told.splitlines()}
        missing = sorted(set(NAMES.split()) - given)
        must(not missing, "settings are missing", "缺少环境变量", missing=" ".join(missing))
        figures = {"instances": len(serving), "settings": len(NAMES.split())}
        return saw("three serve, with every setting", "三个实例就绪，环境变量齐全", figures)

    async def front(self) -> Evidence:
        """By TLS, signed by the authority of this stack; both pages, and what they are made of."""
        address = self.system.addresses[0]
        must(address.startswith("https://"), "there is no TLS", "没有 TLS", address=address)
        pages = [await self.ann.get(path) for path in ("/", "/app/")]
        titles = [each.text.partition("<title>")[2].partition("<")[0] for each in pages]
        must(
            [each.status for each in pages] == [OK, OK] and "Console" in titles[0]
            and "Restaurant" in titles[1],
            "a page is missing", "页面缺失", titles=" / ".join(titles),
        )  # fmt: skip
        script = pages[0].text.partition('src="/assets/')[2].partition('"')[0]
        asset = await self.ann.get(f"/assets/{script}")
        kept = asset.headers.get("cache-control", "")
        must(
            asset.status == OK and "immutable" in kept, "no cache rule", "没有缓存规则", kept=kept
        )  # fmt: skip
        return saw("both pages by TLS", "两个页面均通过 TLS 提供", {"address": address})

    async def accounts(self) -> Evidence:
        self.ann = await self.means.guest("ann")
        first = dict(self.ann.cookies)
        account = {"email": f"ann-{self.system.run}@example.com", "password": "not the password"}
        wrong = await self.means.asked(self.system.http(), "POST", "/api/auth/login", account)
        again = await self.means.asked(self.ann, "POST", "/api/auth/refresh")
        must(
            (wrong.status, again.status) == (401, OK) and self.ann.cookies != first,
            "log-in or refresh is wrong", "登录或刷新不正确",
            wrong=wrong.status, refresh=again.status,
        )  # fmt: skip
        hours = round(fields(again.json())["expiresIn"] / 3600)
        self.ann.headers["Authorization"] = f"Bearer {fields(again.json())['accessToken']}"
        me = await self.means.asked(self.ann, "GET", "/api/me")
        must(me.status == OK and hours == 24, "the token is wrong", "令牌不正确", hours=hours)
        return saw(
            "registered, logged in, refreshed", "注册、登录、刷新成功", {"token_hours": hours}
        )

    async def similar(self) -> Evidence:
        """Three dishes, of which two are alike; the third is not near enough."""
        chef = await self.means.chef()
        await self._cleared(chef)
        for name, english, what in (
            ("虾仁蒸蛋", "Steamed egg with shrimp", "鸡蛋羹蒸得嫩滑，配新鲜虾仁，清淡易消化。"),
            ("蛤蜊蒸蛋", "Steamed egg with clams", "鸡蛋羹蒸得嫩滑，配新鲜蛤蜊，清淡鲜美。"),
            ("冰镇酸梅汤", "Iced plum juice", "乌梅、山楂和桂花熬制的冷饮，酸甜解暑。"),
        ):
            facts = {
                "name": f"{name}{self.system.run}", "nameEn": english, "description": what,
                "category": TRIED, "priceFen": 3200, "kcal": 210, "proteinG": 18, "fatG": 12,
                "carbsG": 6, "sodiumMg": 480,
            }  # fmt: skip
            made = await self.means.asked(chef, "POST", "/api/admin/dishes", facts)
            must(made.status == CREATED, "no dish was made", "无法新增菜品", said=made.text[:200])
            self.dishes.append(fields(made.json())["dish"]["id"])
        for dish in self.dishes:
            await self.means.embedded(chef, dish)
        one, other, third = self.dishes
        usual = await self._alike(one, "")
        every = await self._alike(one, "?threshold=0&limit=50")
        must(
            usual and usual[0][0] == other and all(near > 0.7 for _, near in usual)
            and third not in dict(usual),
            "not as expected at 0.7", "阈值 0.7 的结果不符", found=str(usual)[:200],
        )  # fmt: skip
        order = [near for _, near in every]
        must(
            order == sorted(order, reverse=True) and len(every) > len(usual),
            "not nearest first", "没有按相似度排序", found=str(order)[:200],
        )  # fmt: skip
        near = {"nearest": usual[0][1], "third": dict(every).get(third, 0.0)}
        return saw("in order, above the threshold", "顺序正确，均高于阈值", near)

    async def pictures(self) -> Evidence:
        """Three kinds are taken and made smaller; what is too large or no picture is not."""
        figures: dict[str, str | int | float] = {}
        async with listening(self.ann, "/ws/events", self._token(self.ann)) as socket:
            for kind, (wide, high) in (
                ("JPEG", (1600, 1200)), ("PNG", (900, 1500)), ("WEBP", (2000, 700)),
            ):  # fmt: skip
                content = base64.b64decode(await self.means.picture(wide, high, kind))
                photo = await self._taken(content, f"a.{kind.lower()}")
                foods = photo["recognition"]["foods"]
                must(
                    max(photo["width"], photo["height"]) == LARGEST_SIDE and len(foods) == 3,
                    "not scaled, or not analysed", "没有缩放或识别", kind=kind,
                    photo=str(photo)[:300],
                )  # fmt: skip
                figures[kind.lower()] = f"{photo['width']}x{photo['height']}"
                self.photos.append(photo["id"])
            heard = {(await socket.until("photo.recognised"))["id"] for _ in self.photos}
        must(heard == set(self.photos), "not told", "没有收到推送", heard=len(heard))
        kept = await self._content(self.photos[0])
        must(kept == OK, "the picture is not kept", "图片没有保存", status=kept)
        before = await self._count()
        large = await self._photo(bytes(TOO_LARGE), "large.jpg")
        text = await self._photo(b"this is a text and no picture\n" * 40, "text.jpg")
        must(
            large == 413 and text in {415, 422} and await self._count() == before,
            "not refused, or kept all the same", "没有拒绝，或仍被保存", large=large, text=text,
        )  # fmt: skip
        return saw(
            "three kinds taken, two refused", "三种格式可用，两种被拒绝",
            {**figures, "11_mb": large, "text_as_jpg": text},
        )  # fmt: skip

    async def question(self) -> Evidence:
        """What only this dish can answer; then again."""
        asked = {"question": f"虾仁蒸蛋{self.system.run}每份有多少蛋白质？"}
        stranger = await self.means.asked(
            self.system.http(), "POST", "/ai/chat/questions", asked
        )  # fmt: skip
        must(stranger.status == 401, "strangers are answered", "未登录可用", got=stranger.status)
        answers, took = [], []
        for _ in range(2):
            begun = time.monotonic()
            said = await self.means.asked(self.ann, "POST", "/ai/chat/questions", asked)
            took.append(round((time.monotonic() - begun) * 1000))
            must(said.status == OK, "no answer", "没有回答", said=said.text[:200])
            answers.append(fields(said.json()))
        must(
            [each["cached"] for each in answers] == [False, True] and answers[0]["found"]
            and "18" in answers[0]["answer"] and answers[0]["answer"] == answers[1]["answer"],
            "not answered, or not from the cache", "没有回答，或第二次未用缓存",
            said=str(answers)[:300],
        )  # fmt: skip
        figures = {"first_ms": took[0], "second_ms": took[1], "answer": answers[0]["answer"][:80]}
        return saw("answered, then from the cache", "已回答，第二次来自缓存", figures)

    async def paid(self) -> Evidence:
        """The simulator tells twice; the order is paid once, and one message is sent."""
        wanted = {"items": [{"dish": self.dishes[0], "quantity": 2}], "phone": PHONE}
        async with listening(self.ann, "/ws/events", self._token(self.ann)) as socket:
            for provider in ("wechat", "alipay"):
                made = await self.means.asked(self.ann, "POST", "/api/orders", wanted)
                must(made.status == CREATED, "no order", "无法下单", said=made.text[:200])
                self.order = fields(made.json())["order"]
                await self._paid_by(provider, socket)
        await until(self._confirmed, Both("no message was sent", "没有发送短信"))
        [sent] = await self._messages()
        must("64" in str(sent), "the message is wrong", "短信内容不正确", said=str(sent)[:200])
        return saw(
            "paid by both, told twice, counted once", "两种支付均成功，重复回调只生效一次",
            {"message": str(sent.get("text", sent))[:80]},
        )  # fmt: skip

    async def limits(self) -> Evidence:
        """At the ingress, by address: 10/s with a burst of 20, and 2/s with a burst of 5."""
        await asyncio.sleep(4)  # so that what came before is forgotten
        client = await self.means.guest("burst")
        await asyncio.sleep(4)
        api = await asyncio.gather(*(client.get("/api/version") for _ in range(BURST)))
        sought: dict[str, Any] = {"text": "鱼", "limit": 1}
        ai = await asyncio.gather(
            *(client.post("/ai/vector/search", sought) for _ in range(AI_BURST))
        )
        counts = [Counter(each.status for each in answers) for answers in (api, ai)]
        refused = [each for each in (*api, *ai) if each.status == TOO_MANY]
        must(
            set(counts[0]) == {OK, TOO_MANY} and set(counts[1]) == {OK, TOO_MANY}
            and 20 <= counts[0][OK] < BURST and 5 <= counts[1][OK] < AI_BURST
            and all(int(each.headers["retry-after"]) >= 1 for each in refused),
            "the limits are not those", "限流不符", api=str(counts[0]), ai=str(counts[1]),
        )  # fmt: skip
        return saw(
            "429 beyond both limits", "超过两种限流时返回 429",
            {"api_passed": counts[0][OK], "ai_passed": counts[1][OK]},
        )  # fmt: skip

    async def quota(self) -> Evidence:
        """One user, over three copies: the 101st request of a minute is refused."""
        client, stranger = await self.means.guest("often"), await self.means.guest("other")
        begun, statuses, instances = time.monotonic(), list[int](), set[str]()
        while len(statuses) < LIMIT + 1:
            answer = await client.get("/api/version")
            if "x-ratelimit-limit" in answer.headers:  # else it was the ingress that refused
                statuses.append(answer.status)
                instances.add(fields(answer.json()).get("instance", ""))
            await asyncio.sleep(0.08)
        others = (await self.means.asked(stranger, "GET", "/api/me")).status
        must(
            statuses == [OK] * LIMIT + [TOO_MANY] and others == OK and len(instances - {""}) == 3,
            "not exact", "计数不准确", said=str(Counter(statuses)), other=others,
        )  # fmt: skip
        took = round(time.monotonic() - begun, 1)
        return saw("the 101st was refused", "第 101 次被拒绝", {"allowed": LIMIT, "seconds": took})

    async def killed(self) -> Evidence:
        victim = next(each for each in await self.system.instances("api") if each.serving)

        async def back() -> bool:
            serving = [each.id for each in await self.system.instances("api") if each.serving]
            return len(serving) == 3 and victim.id not in serving

        async with load(self.system.http(), "/health") as seen:
            await self.system.kill(victim)
            seconds = await until(back, Both("nobody took its place", "没有新的实例"), LONG)
        must(not seen.failures, "requests failed", "有请求失败", failed=str(seen.failures))
        figures = {"requests": seen.count, "back_s": round(seconds, 1)}
        return saw("replaced; no request failed", "已接替；没有请求失败", figures)

    async def retention(self) -> Evidence:
        """Yesterday nothing goes; in a month all of it does, pictures and what is known of them."""
        counts = [await self._count()]
        for days in (29, 31):
            then = (datetime.now(UTC) + timedelta(days=days)).isoformat()
            await self.means.beside("worker", "python", "-m", "nutrition.tidy", "--now", then)
            counts.append(await self._count())
        status = await self._content(self.photos[0])
        must(
            counts[0] == counts[1] >= len(self.photos) and counts[2] == 0 and status == 404,
            "not on their day", "没有按期删除", photos=str(counts), content=status,
        )  # fmt: skip
        return saw(
            "kept for 29 days, gone after 31", "29 天后仍在，31 天后删除", {"deleted": counts[1]}
        )

    async def restarted(self) -> Evidence:
        """Everything, the stores too."""
        begun = time.monotonic()
        await self.means.operate("down")
        await self.means.operate("up", "-d")
        seconds = round(time.monotonic() - begun, 1)
        await self._all_there()
        return saw(
            "the session, orders, dishes and vectors are there", "会话、订单、菜品和向量都在",
            {"seconds": seconds},
        )  # fmt: skip

    async def recovered(self) -> Evidence:
        """With all data removed but the backups."""
        evidence = await recovered(self.system)
        await self._all_there()
        return evidence

    # ------------------------------------------------------------------------------ how

    async def _all_there(self) -> None:
        order = await self.means.asked(self.ann, "GET", f"/api/orders/{self.order['id']}")
        dish = await self.means.asked(self.ann, "GET", f"/api/dishes/{self.dishes[0]}")
        near = await self._alike(self.dishes[0], "")
        must(
            order.status == dish.status == OK and fields(order.json())["order"]["state"] == "paid"
            and near and near[0][0] == self.dishes[1],
            "data is missing", "数据丢失", order=order.status, dish=dish.status,
        )  # fmt: skip

    async def _alike(self, dish: str, query: str) -> list[tuple[str, float]]:
        answer = await self.means.asked(self.ann, "GET", f"/api/dishes/{dish}/similar{query}")
        found = fields(answer.json()).get("dishes", [])
        return [(each["dish"]["id"], each["similarity"]) for each in found]

    async def _cleared(self, chef: Http) -> None:
        """What an earlier visit left would be more like it than anything else."""
        known = await self.means.asked(chef, "GET", "/api/admin/dishes")
        for dish in fields(known.json())["dishes"]:
            if dish["category"] == TRIED:
                await self.means.asked(chef, "DELETE", f"/api/admin/dishes/{dish['id']}")

    async def _taken(self, content: bytes, name: str) -> dict[str, Any]:
        body, headers = form(content, name)
        answer = await self.means.sent(self.ann, "POST", "/ai/image/photos", body, headers)
        must(answer.status == CREATED, "not taken", "未被接受", name=name, said=answer.text[:200])
        return dict(fields(answer.json())["photo"])

    async def _photo(self, content: bytes, name: str) -> int:
        body, headers = form(content, name)
        return (await self.means.sent(self.ann, "POST", "/ai/image/photos", body, headers)).status

    async def _content(self, photo: str) -> int:
        path = f"/api/photos/{photo}/content"
        return (await self.means.asked(self.ann, "GET", path)).status

    async def _count(self) -> int:
        answer = await self.means.asked(self.ann, "GET", "/api/photos")
        return len(fields(answer.json())["photos"])

    async def _paid_by(self, provider: str, socket: Socket) -> None:
        path = f"/api/orders/{self.order['id']}"
        begun = await self.means.asked(self.ann, "POST", f"{path}/pay", {"provider": provider})
        must(begun.status == OK, "no payment", "无法支付", provider=provider, said=begun.text[:200])
        number = fields(begun.json())["payment"]["number"]
        twice = '{"fault": "callback-twice", "times": 1}'
        await self.means.inbox(provider, "POST", "/inbox/faults", twice)
        await self.means.inbox(provider, "POST", f"/inbox/payments/{number}/pay", "{}")
        while (news := await socket.until("order.changed"))["state"] == "new":
            pass
        must(
            news["state"] == "paid" and news["id"] == self.order["id"],
            "the push is wrong", "推送不正确", news=str(news),
        )  # fmt: skip

        async def told_twice() -> bool:
            known = (await self.means.inbox(provider, "GET", "/inbox"))["payments"]
            [one] = [each for each in known if each["id"] == number]
            tries = [each for callback in one["callbacks"] for each in callback["tries"]]
            return len([each for each in tries if each["status"] in {200, 204}]) == 2

        await until(told_twice, Both("not called back twice", "没有回调两次"))
        shown = fields((await self.means.asked(self.ann, "GET", path)).json())["order"]
        must(shown["state"] == "paid", "it is not paid", "订单未支付", state=shown["state"])

    async def _messages(self) -> list[dict[str, Any]]:
        known = (await self.means.inbox("sms", "GET", "/inbox"))["messages"]
        return [each for each in known if self.order["number"] in str(each)]

    async def _confirmed(self) -> bool:
        return bool(await self._messages())

    def _token(self, client: Http) -> str:
        return client.headers["Authorization"].partition(" ")[2]
