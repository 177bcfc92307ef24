"""A visit to HearTalk: what each line of its acceptance list tries."""

import asyncio
import json
import statistics
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from seaway.journey import (
    Both,
    Evidence,
    Failed,
    Http,
    NoAnswer,
    System,
    expect,
    load,
    recovered,
    until,
)

ASK = "/api/v1/chat/generate"
HEALTH = "/api/v1/health"
LIMIT = 200
"""Requests a minute for each user."""
REQUESTS, TOGETHER = 10_000, 100
"""Seconds (the document: recovery in under five minutes)."""
RATE, MEAN = 245.67, 407.042
"""Requests/s and ms, as the document reports them."""
LONG = timedelta(minutes=5)
SCALED = timedelta(minutes=2)
"""The rules take 30 s to add a copy, and a minute to take one away."""
BUSY = "4%"
"""Of 1.5 processors. With nobody asking a copy uses less than 1 %. Where clients share two
processors with all that they ask, they bring it to about 8 %: as the limit that was a lottery."""
SLOW, FAILING = "[[simulate: slow;for=0.3]]", "[[simulate: 503]]"
"""The stand-in of the provider does what is said in the question."""


class Visit:
    """A user of HearTalk, and the operator who looks after it."""

    def __init__(self, system: System) -> None:
        self.system, self.client = system, system.http()

    async def deployed(self) -> Evidence:
        serving = [each.id for each in await self.system.instances("api") if each.serving]
        expect(len(serving) == 3, Both("there are not three", "实例不是三个"), serving=len(serving))
        health = await self.client.get(HEALTH)
        said = fields(health.json())
        parts = {name: part["state"] for name, part in said["parts"].items()}
        expect(
            health.status == 200 and set(parts) == {"router", "cache", "reasoning", "providers"},
            Both("health is not whole", "健康信息不完整"),
            status=health.status, **parts,
        )  # fmt: skip
        return Evidence(
            Both("three serve; health names its parts", "三个实例就绪；健康信息完整"), parts
        )

    async def tokens(self) -> Evidence:
        stranger = await self.client.post(ASK, {"message": "hello"})
        await self._enter(self.client)
        known = await self.client.post(ASK, {"message": "hello"})
        expect(
            (stranger.status, known.status) == (401, 200),
            Both("the token does not decide", "令牌校验不正确"),
            without=stranger.status, with_token=known.status,
        )  # fmt: skip
        return Evidence(Both("401 without a token, 200 with one", "无令牌 401，有令牌 200"))

    async def cached(self) -> Evidence:
        """The model takes its time; the second answer does not."""
        question = {"message": f"tell me about {self.system.run} {SLOW}"}
        before = await self._metric('ai_cache_lookups_total{outcome="hit"}')
        begun = time.monotonic()
        first = fields((await self.client.post(ASK, question)).json())
        between = time.monotonic()
        second = fields((await self.client.post(ASK, question)).json())
        took = (between - begun) * 1000, (time.monotonic() - between) * 1000
        hits = await self._metric('ai_cache_lookups_total{outcome="hit"}') - before
        expect(
            not first["cached"] and second["cached"] and took[1] < took[0] and hits >= 1,
            Both("the second was no quicker hit", "第二次没有命中缓存或没有更快"),
            first_ms=round(took[0]), second_ms=round(took[1]), hits=hits,
        )  # fmt: skip
        figures = {"first_ms": round(took[0]), "second_ms": round(took[1]), "hits": hits}
        return Evidence(Both("a hit, quicker, and counted", "命中缓存，更快，且已计数"), figures)

    async def reasoning(self) -> Evidence:
        """Hidden, then shown after a change of the setting, without a failed request, then back."""
        question = {"message": f"why {self.system.run}?"}
        hidden = fields((await self.client.post(ASK, question)).json())
        async with load(self.system.http(), HEALTH) as seen:
            await self._up("services.api.env.SHOW_REASONING_PROCESS=true")
        try:
            shown = fields((await self.client.post(ASK, question)).json())
        finally:
            await self._up()
        expect(not seen.failures, Both("requests failed", "有请求失败"), failed=str(seen.failures))
        expect(
            hidden["route"] == "reasoning" and "reasoning" not in hidden and shown.get("reasoning"),
            Both("the setting does not decide", "设置没有生效"),
            hidden=str(hidden)[:100], shown=str(shown)[:100],
        )  # fmt: skip
        figures = {"requests": seen.count, "slowest_s": round(seen.slowest, 2)}
        return Evidence(
            Both("hidden, then shown; no request failed", "先隐藏后显示；没有请求失败"), figures
        )

    async def limited(self) -> Evidence:
        """Over all instances: the requests go round."""
        client = self.system.http()
        await self._enter(client)
        statuses = [(await client.post(ASK, {"message": "hello"})).status for _ in range(LIMIT + 1)]
        refused = await client.post(ASK, {"message": "hello"})
        expect(
            statuses == [200] * LIMIT + [429] and int(refused.headers["retry-after"]) <= 60,
            Both("the limit is not exact", "限流不准确"),
            answers=str(Counter(statuses)),
        )
        other = self.system.http()
        await self._enter(other)
        free = await other.post(ASK, {"message": "hello"})
        expect(
            free.status == 200, Both("it limits others too", "影响了其他用户"), status=free.status
        )
        return Evidence(
            Both("the 201st was refused, others were not", "第 201 次被拒绝，不影响他人"),
            {"allowed": LIMIT, "retry_after_s": int(refused.headers["retry-after"])},
        )

    async def provider(self) -> Evidence:
        """The provider fails: health says so, and nobody is restarted or taken out."""
        before = {each.id for each in await self.system.instances("api")}
        asked = [
            await self.client.post(ASK, {"message": f"{number} {self.system.run} {FAILING}"})
            for number in range(20)
        ]
        statuses = Counter(each.status for each in asked)
        told = await self._healths()
        serving = {each.id for each in await self.system.instances("api") if each.serving}
        expect(
            set(statuses) <= {502, 503} and all("retry-after" in each.headers for each in asked),
            Both("it was not told", "没有正确告知"),
            answers=str(statuses),
        )
        expect(
            503 in told and serving == before,
            Both("health stayed good, or an instance was lost", "健康状态没有变化，或影响了实例"),
            health=str(told), serving=len(serving),
        )  # fmt: skip

        async def mended() -> bool:
            await self.client.post(ASK, {"message": f"well? {time.monotonic()}"})
            return set(await self._healths()) == {200}

        await until(mended, Both("health does not mend", "健康状态没有恢复"))
        return Evidence(
            Both("degraded and back; no instance was touched", "先降级后恢复；实例未受影响"),
            {"failing": str(dict(statuses)), "health": str(dict(told))},
        )

    async def loaded(self) -> Evidence:
        """As in the document: 10,000 requests, 100 at a time, here over the ingress."""
        clients = [self.system.http() for _ in range(TOGETHER)]
        for client in clients:
            await self._enter(client)
        left, took, answers = list(range(REQUESTS)), list[float](), Counter[int | str]()
        begun = time.monotonic()
        await asyncio.gather(*(ask_on(client, left, took, answers) for client in clients))
        seconds = time.monotonic() - begun
        took.sort()
        figures = {
            "requests_per_s": round(REQUESTS / seconds, 1),
            "mean_ms": round(statistics.mean(took) * 1000, 1),
            **{f"p{n}_ms": round(took[REQUESTS * n // 100 - 1] * 1000) for n in (50, 95, 99)},
            "success_percent": round(100 * answers[200] / REQUESTS, 3),
            "document_requests_per_s": RATE,
            "document_mean_ms": MEAN,
        }  # fmt: skip
        expect(
            answers[200] >= REQUESTS * 0.9999,
            Both("requests failed", "有请求失败"),
            **figures, answers=str(answers),
        )  # fmt: skip
        return Evidence(Both("10,000 requests, 100 at a time", "一万次请求，一百并发"), figures)

    async def killed(self) -> Evidence:
        victim = next(each for each in await self.system.instances("api") if each.serving)

        async def back() -> bool:
            serving = [each.id for each in await self.system.instances("api") if each.serving]
            return len(serving) == 3 and victim.id not in serving

        async with load(self.system.http(), HEALTH) as seen:
            await self.system.kill(victim)
            seconds = await until(back, Both("nobody took its place", "没有新的实例"), LONG)
        expect(not seen.failures, Both("requests failed", "有请求失败"), failed=str(seen.failures))
        figures = {"requests": seen.count, "back_s": round(seconds, 1)}
        return Evidence(Both("replaced; no request failed", "已接替；没有请求失败"), figures)

    async def rolled(self) -> Evidence:
        """A good version takes over and a broken one does not; nobody who asks notices either."""
        figures: dict[str, str | int | float] = {}
        async with load(self.system.http(), HEALTH) as seen:
            figures |= await self._deploy("good", 0, "services.api.env.LOG_LEVEL=debug")
            broken = 'services.api.run=[python, -c, "raise SystemExit(3)"]'
            figures |= await self._deploy("broken", 5, broken)
        expect(not seen.failures, Both("requests failed", "有请求失败"), failed=str(seen.failures))
        told = await self.system.seaway("releases", "--format", "json")
        newest = json.loads(told.stdout)[0]
        expect(
            newest["by"].startswith("restores") and newest["state"] == "serving",
            Both("it was not rolled back", "没有回滚"),
            **newest,
        )
        await self._deploy("as before", 0)
        return Evidence(
            Both("the broken one went back; no request failed", "损坏的版本已回滚；没有请求失败"),
            {**figures, "requests": seen.count},
        )

    async def saved(self) -> Evidence:
        """With everything removed but the backups, it is back as it was."""
        evidence = await recovered(self.system)
        expect(
            set(await self._healths()) == {200}, Both("it is not well again", "没有恢复健康")
        )  # fmt: skip
        return evidence

    async def scales(self) -> Evidence:
        """Within 2 and 3 copies, for a small machine: the rules are the same up to 10."""
        rules = ("replicas=2..3", f"scale.cpu={BUSY}", "scale.rps=1000", "scale.down_after=1m")
        await self._up(*(f"services.api.{each}" for each in rules))
        try:
            least = await self._until(2, Both("not down to 2", "没有缩到 2"))
            async with load(self.system.http(), HEALTH, clients=8) as seen:
                more = await self._until(3, Both("no third came", "没有扩展"))
            fewer = await self._until(2, Both("none left", "没有缩回"))
        finally:
            await self._up()
        expect(not seen.failures, Both("requests failed", "有请求失败"), failed=str(seen.failures))
        figures = {"to_2_s": round(least), "out_s": round(more), "in_s": round(fewer),
                   "requests": seen.count}  # fmt: skip
        return Evidence(
            Both("2, 3 and 2 again; no request failed", "2、3、再到 2；没有请求失败"), figures
        )

    async def _until(self, number: int, why: Both) -> float:
        """How long it took until so many copies were there, and all of them served."""

        async def there() -> bool:
            copies = await self.system.instances("api")
            return len(copies) == number and all(each.serving for each in copies)

        return await until(there, why, SCALED)

    async def soak(self) -> Evidence:
        """Memory of the instances after 1,000 requests, and after 2,000 more."""
        clients = [self.system.http() for _ in range(20)]
        for client in clients:
            await self._enter(client)
        figures: dict[str, int] = {}
        for name, count in (("after_1000_mb", 1000), ("after_3000_mb", 2000)):
            left, took, answers = list(range(count)), list[float](), Counter[int | str]()
            await asyncio.gather(*(ask_on(client, left, took, answers) for client in clients))
            expect(
                answers[200] == count, Both("requests failed", "有请求失败"), answers=str(answers)
            )
            figures[name] = round(await self._memory() / 1e6)
        grown = figures["after_3000_mb"] / figures["after_1000_mb"]
        expect(grown < 1.1, Both("memory grows", "内存持续增长"), **figures)
        return Evidence(Both("memory stays", "内存稳定"), figures)

    # ------------------------------------------------------------------------------ how

    async def _enter(self, client: Http) -> None:
        token = fields((await client.post("/api/v1/auth/guest")).json()).get("token", "")
        expect(token, Both("no token was given", "没有得到令牌"))
        client.headers["Authorization"] = f"Bearer {token}"

    async def _healths(self) -> Counter[int]:
        """What health answers, asked often enough to reach all instances."""
        return Counter([(await self.client.get(HEALTH)).status for _ in range(9)])

    async def _memory(self) -> float:
        """Bytes: the largest of what several answers of health say of their process."""
        said = [fields((await self.client.get(HEALTH)).json()) for _ in range(9)]
        return max(float(each["memory"]["used"]) for each in said)

    async def _metric(self, name: str) -> float:
        """Its sum over all instances, each asked where it is."""
        total = 0.0
        for instance in await self.system.instances("api"):
            ask = (
                "import os, urllib.request as web; port = os.environ['PORT']; "
                "print(web.urlopen(f'http://127.0.0.1:{port}/metrics').read().decode())"
            )
            place = f"api.{instance.slot}"
            done = await self.system.execute(place, "python", "-c", ask)
            expect(done.status == 0, Both("no metrics", "没有指标"), said=done.stderr[-300:])
            values = [
                line.split()[-1] for line in done.stdout.splitlines() if line.startswith(name)
            ]
            total += sum(float(each) for each in values)
        return total

    async def _deploy(self, name: str, status: int, *sets: str) -> dict[str, float]:
        """How long it took, in seconds; `status` is what it must end with."""
        words = [word for each in sets for word in ("--set", each)]
        done = await self.system.seaway("deploy", *words, "--format", "json", limit=LONG)
        expect(
            done.status == status,
            Both("a deploy did not end as it should", "部署结果不符合预期"),
            deploy=name, status=done.status, said=done.stderr[-500:],
        )  # fmt: skip
        return {f"{name}_s": json.loads(done.stdout)["took"]} if done.stdout.strip() else {}

    async def _up(self, *sets: str) -> None:
        words = [word for each in sets for word in ("--set", each)]
        done = await self.system.seaway("up", "-d", *words, limit=LONG)
        if done.status:
            raise Failed(Both("no release was made", "发布失败"), said=done.stderr[-500:])


async def ask_on(
    client: Http, left: list[int], took: list[float], answers: Counter[int | str]
) -> None:
    """Ask until none is left; every question is one that nobody asked before."""
    while left:
        question = {"message": f"hello, number {left.pop()} of {id(took)}"}
        begun = time.monotonic()
        try:
            answers[(await client.post(ASK, question)).status] += 1
        except NoAnswer as problem:
            answers[type(problem).__name__] += 1
        took.append(time.monotonic() - begun)


def fields(value: object) -> dict[str, Any]:
    """The fields of a JSON object; none of anything else."""
    return value if isinstance(value, dict) else {}
