"""The journey of AIXSSS: everything that it promises, tried on the running system.

It hurts what it visits: it kills workers, rotates keys, and makes two releases that are wrong on
purpose and one that is right again.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from journey.authority import stand_in
from journey.means import LONG, Means, fields, must, now, saw, wav
from seaway.journey import Both, Evidence, Journey, Line, System, recovered, until

PASSWORD = "correct horse battery"  # noqa: S105 -- of an account made for the visit
OWN_KEY = "sk-of-a-user-4b1d7c9e2f6a8035"
SLOW = 5.0
"""Seconds: on a machine that is busy with other things an answer may take its time."""
TWENTY = 20
ATTEMPTS = 3
PART = 5 * 1024 * 1024
EX_CONFIG = 78  # sysexits.h
NEEDED = ("API_KEY_ENCRYPTION_KEY", "DATABASE_URL", "JWT_SECRET", "REDIS_URL")
WEAK = {
    "DATABASE_URL": "postgresql://app:changeme@127.0.0.1:5432/app",
    "JWT_SECRET": "your_jwt_secret_of_32_characters_",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}
REFUSED = (
    ([word for name in NEEDED for word in ("-u", name)], NEEDED),
    ([f"API_KEY_ENCRYPTION_KEY={'00' * 32}"], ("API_KEY_ENCRYPTION_KEY",)),
    (["APP_ENV=production", *(f"{name}={value}" for name, value in WEAK.items())], tuple(WEAK)),
)
"""What is changed in the environment of the API, and which settings it must then name."""
WRONG_QUEUE = "ai-jobs-of-somebody-else"


class Visit:
    """One user of AIXSSS, and the operator who looks after it."""

    def __init__(self, system: System) -> None:
        self.system, self.client = system, system.http()
        self.means = Means(system, self.client)
        self.email = f"{system.run}@example.com"

    # ------------------------------------------------------------------ before anybody comes

    async def preflight(self) -> Evidence:
        """Started beside the API with settings that are missing or weak, it refuses."""
        for words, refused in REFUSED:
            done = await self.system.execute("api", "env", *words, "python", "-m", "aixsss")
            said = done.stdout + done.stderr
            unsaid = [name for name in refused if f"{name}: " not in said]
            must(
                done.status == EX_CONFIG and not unsaid,
                "it started, or did not name all faults",
                "它启动了，或没有指出全部问题",
                status=done.status,
                unsaid=", ".join(unsaid),
                said=said[-300:],
            )
        errors = [each for each in await self.system.doctor() if each.severity == "error"]
        must(not errors, "the doctor finds errors", "doctor 发现错误", found=str(errors))
        return saw(
            "refused, with every setting named; the doctor finds nothing",
            "拒绝启动并逐项指出；doctor 未发现问题",
            {"settings": ", ".join(NEEDED)},
        )

    async def order(self) -> Evidence:
        """By the first line that each of them ever wrote."""
        first: dict[str, str] = {}
        for part in ("db", "api", "worker"):
            done = await self.system.seaway("logs", part, "--format", "ndjson")
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            own = [each["at"] for each in lines if each["stream"] != "seaway"]
            must(own, f"{part} wrote nothing", f"{part} 没有日志")
            first[part] = min(own)
        must(
            first["db"] < first["api"] < first["worker"],
            "they did not start in order",
            "启动顺序不对",
            **first,
        )
        migrated = await self.system.execute("api", "alembic", "current")
        must(
            "(head)" in migrated.stdout,
            "the schema is not the newest",
            "数据库结构不是最新",
            said=(migrated.stdout + migrated.stderr)[-200:],
        )
        return saw("in order, on the newest schema", "按顺序启动，数据库结构为最新", first)

    # ----------------------------------------------------------------------------- a user

    async def login(self) -> Evidence:
        account: dict[str, Any] = {"email": self.email, "password": PASSWORD}
        signed_up = await self.client.post("/api/auth/signup", account)
        must(signed_up.status == 201, "no sign-up", "无法注册", status=signed_up.status)
        wrong = await self.client.post("/api/auth/login", {**account, "password": "wrong password"})
        right = await self.client.post("/api/auth/login", account)
        must(
            (wrong.status, right.status) == (401, 200),
            "the password does not decide", "密码校验不正确",
            wrong=wrong.status, right=right.status,
        )  # fmt: skip
        self.client.headers["Authorization"] = f"Bearer {fields(right.json())['accessToken']}"
        me = await self.client.get("/api/me")
        must(me.status == 200, "the token is not taken", "令牌无效", status=me.status)
        return saw("signed up, logged in", "注册并登录成功", {"email": self.email})

    async def job(self) -> Evidence:
        """Progress is heard while it is written, and the API answers others meanwhile."""
        heard: list[str] = []
        answers: list[float] = []
        meanwhile = [
            asyncio.create_task(self.means.listen(heard)),
            asyncio.create_task(self.means.ask(answers)),
        ]
        try:
            await until(lambda: now("hello" in heard), Both("no events", "没有事件"))
            ids = [await self.means.wanted("storyboard", f"Harbour {n}") for n in range(3)]
            done = [await self.means.reached(each, "done") for each in ids]
        finally:
            for each in meanwhile:
                each.cancel()
            ended = await asyncio.gather(*meanwhile, return_exceptions=True)
        failed = [each for each in ended if isinstance(each, Exception)]
        slowest = round(max(answers, default=0), 2)
        must(
            not failed and answers and slowest < SLOW,
            "the API did not answer meanwhile",
            "API 在此期间没有正常响应",
            failed=str(failed),
            slowest_s=slowest,
        )
        must(
            {"job.draft", "job.changed"} <= set(heard),
            "progress was not shown",
            "没有显示进度",
            heard=", ".join(sorted(set(heard))),
        )
        must(
            all(len(each["texts"]) == each["pieces"] for each in done),
            "results are not whole",
            "结果不完整",
        )
        figures = {"requests": len(answers), "slowest_s": slowest, "events": len(heard)}
        return saw("done, shown while it was written", "已完成，过程实时可见", figures)

    async def shared(self) -> Evidence:
        """Twenty at once: every one done once, and each worker has done some."""
        ids = [await self.means.wanted("text", f"Ferry {n}") for n in range(TWENTY)]
        done = [await self.means.reached(each, "done") for each in ids]
        by = Counter(str(each["worker"]) for each in done)
        must(len(by) > 1, "one worker did all", "只有一个 worker 在工作", by=str(dict(by)))
        return saw("shared", "由多个 worker 分担", dict(by))

    async def killed(self) -> Evidence:
        """The worker that is in the middle of a storyboard is killed."""
        ids = [await self.means.wanted("storyboard", f"Lighthouse {n}") for n in range(6)]

        async def begun() -> bool:
            now = await self.means.job(ids[0])
            self.victim = now["worker"]
            return bool(now["done"] > 0)

        await until(begun, Both("no scene was written", "没有写出任何镜头"))
        [victim] = [
            each for each in await self.system.instances("worker") if each.id == self.victim
        ]
        await self.system.kill(victim)
        done = [await self.means.reached(each, "done") for each in ids]
        lost = [each["id"] for each in done if len(each["texts"]) != each["pieces"]]
        must(not lost, "scenes are missing or doubled", "镜头缺失或重复", jobs=str(lost))

        async def back() -> bool:
            serving = [each.id for each in await self.system.instances("worker") if each.serving]
            return len(serving) > 1 and victim.id not in serving

        seconds = await until(back, Both("no new worker came", "没有新的 worker"), LONG)
        by = Counter(str(each["worker"]) for each in done)
        return saw(
            "none lost, none twice",
            "没有丢失，也没有重复",
            {"jobs": len(done), "killed": victim.id, "new_worker_s": round(seconds, 1), **by},
        )

    async def dead(self) -> Evidence:
        rule = {"fault": "503", "times": ATTEMPTS, "path": "/v1/"}
        await self.means.model("POST", "/-/faults", json.dumps(rule))
        job = await self.means.wanted("text", "A gale")
        dead = await self.means.reached(job, "dead")
        listed = fields((await self.client.get("/api/jobs?state=dead")).json())["jobs"]
        must(
            dead["attempt"] == ATTEMPTS and dead["reason"]["code"] == "busy" and len(listed) == 1,
            "not dead with its reason after its attempts", "没有在重试后进入死信并带原因",
            attempt=dead["attempt"], reason=str(dead["reason"]), listed=len(listed),
        )  # fmt: skip
        replayed = await self.client.post(f"/api/jobs/{job}/replay")
        must(replayed.status == 202, "not replayed", "无法重放", status=replayed.status)
        await self.means.reached(job, "done")
        why = f"{dead['reason']['code']}: {dead['reason']['detail']}"
        return saw(
            "dead with its reason, done after a replay",
            "进入死信并带原因，重放后完成",
            {"attempts": ATTEMPTS, "reason": why},
        )

    async def playback(self) -> Evidence:
        """Two parts up, then the end of the first and the beginning of the second in one range."""
        song = wav(PART + 1000)
        new: dict[str, Any] = {"name": "tone.wav", "type": "audio/wav", "size": len(song)}
        file = fields((await self.client.post("/api/files", new)).json())["file"]["id"]
        octets = {"Content-Type": "application/octet-stream"}
        for number, start in enumerate(range(0, len(song), PART), start=1):
            part = song[start : start + PART]
            path = f"/api/files/{file}/parts/{number}"
            put = await self.client.request("PUT", path, part, octets)
            must(put.status == 200, "a part was refused", "分片被拒绝", said=put.text[:200])
        await self.client.post(f"/api/files/{file}/complete")
        wanted = {"Range": f"bytes={PART - 500}-{PART + 499}"}
        played = await self.client.get(f"/api/files/{file}/content", wanted)
        must(
            played.status == 206 and played.body == song[PART - 500 : PART + 500],
            "the range is not what was uploaded", "返回的区间与上传内容不符",
            status=played.status, bytes=len(played.body),
        )  # fmt: skip
        whole = await self.client.get(f"/api/files/{file}/content")
        must(
            hashlib.sha256(whole.body).digest() == hashlib.sha256(song).digest(),
            "the file is not what was uploaded",
            "文件与上传内容不符",
        )
        self.file, self.song = file, song
        return saw(
            "uploaded in parts, played by range",
            "分片上传，按区间播放",
            {"range": played.headers["content-range"], "bytes": len(song)},
        )

    # --------------------------------------------------------------------------- an operator

    async def recovered(self) -> Evidence:
        """With all data removed but the backups: who is logged in stays so, and files play."""
        evidence = await recovered(self.system)
        whole = await self.client.get(f"/api/files/{self.file}/content")
        must(whole.body == self.song, "the file is not there", "文件不在", status=whole.status)
        return evidence

    async def rotation(self) -> Evidence:
        """The key of a user, encrypted before, is used after; tokens signed before are taken."""
        await self.client.put("/api/keys/deepseek", {"key": OWN_KEY, "label": "mine"})
        rotated = await self.means.operate(
            "secrets", "rotate", "API_KEY_ENCRYPTION_KEY", "JWT_SECRET"
        )
        must(rotated.status == 0, "not rotated", "无法轮换", said=rotated.stderr[-300:])
        await self.means.operate("up", "-d")
        me = await self.client.get("/api/me")
        must(me.status == 200, "old tokens are void", "旧令牌失效", status=me.status)
        job = await self.means.wanted("text", "After the rotation", provider="deepseek")
        await self.means.reached(job, "done")
        used = json.loads(await self.means.model("GET", "/-/state"))["last"][-1]["key"]
        must(used == OWN_KEY[-4:], "another key was used", "使用了其他密钥", ends=used)
        told = (await self.system.seaway("logs", "rekey", "--format", "ndjson")).stdout
        last = json.loads(json.loads(told.splitlines()[-1])["text"])
        must(
            last["done"] > 0 and last["unreadable"] == 0,
            "not encrypted anew", "没有重新加密",
            done=last["done"], unreadable=last["unreadable"],
        )  # fmt: skip
        figures = {"encrypted_anew": last["done"], "under": last["key"]}
        return saw("rotated; the old key of a user works", "已轮换；用户的旧密钥可用", figures)

    async def wrong_queue(self) -> Evidence:
        """Workers that listen to another queue: the doctor names both queues."""
        change = f"services.worker.env.AI_QUEUE_NAME={WRONG_QUEUE}"
        try:
            await self.means.operate("up", "-d", "--set", change)
            job = await self.means.wanted("text", "Nobody takes this")
            found = [each for each in await self.system.doctor() if WRONG_QUEUE in each.message]
            must(found, "the doctor does not see it", "doctor 没有发现")
        finally:
            await self.means.operate("up", "-d")
        await self.means.reached(job, "done")
        said = {"code": found[0].code, "cause": found[0].message, "fix": found[0].fix}
        return saw("found with its cause; done once mended", "找到原因；修正后任务完成", said)

    async def certificate(self) -> Evidence:
        """Signed by the stand-in of an authority for a minute, so renewed within one."""
        async with stand_in(self.system) as form:
            change = f"ingress.aixsss.example.com.tls={{acme: {form}}}"
            try:
                await self.means.operate("up", "-d", "--set", change)
                first = await self.means.signed()
                seconds = await until(
                    lambda: self.means.another(first["fingerprint"]),
                    Both("it was not renewed", "证书没有续期"),
                    timedelta(seconds=120),
                )
                second = await self.means.signed()
            finally:
                await self.means.operate("up", "-d")
        figures = {"by": second["issuer"], "first_until": first["until"], "until": second["until"]}
        return saw(
            "issued, and renewed while it served",
            "已签发，并在服务期间续期",
            {**figures, "renewed_after_s": round(seconds, 1)},
        )


def line(
    check: Callable[[Visit], Awaitable[Evidence]], en: str, zh: str, after: str = ""
) -> Line[Visit]:
    """A line that is called as its check is."""
    needs = (after,) if after else ()
    name = check.__name__.replace("_", "-")
    return Line(id=name, says=Both(en, zh), check=check, after=needs, limit=LONG)


JOURNEY = Journey(
    begin=Visit,
    lines=(
        line(
            Visit.preflight,
            "Nothing starts without its four secrets, or with weak ones",
            "缺少四项机密或机密过弱时拒绝启动",
        ),
        line(
            Visit.order,
            "Stores start, then migrations, API, and the worker last",
            "先启动存储，再迁移、API，最后是 worker",
        ),
        line(Visit.login, "People sign up and log in", "注册与登录"),
        line(
            Visit.job,
            "The worker does a job while the API stays responsive",
            "worker 执行任务，API 保持响应",
            after="login",
        ),
        line(
            Visit.shared, "Two workers share twenty jobs", "两个 worker 分担二十个任务", after="job"
        ),
        line(
            Visit.killed,
            "A worker killed in mid-job loses none and doubles none",
            "任务中途杀死 worker，不丢失也不重复",
            after="job",
        ),
        line(
            Visit.dead,
            "A job that keeps failing becomes a dead letter and is replayed",
            "反复失败的任务进入死信，并可重放",
            after="job",
        ),
        line(
            Visit.playback,
            "Media go up in parts and play by range (206)",
            "媒体分片上传，按区间播放（206）",
            after="login",
        ),
        line(
            Visit.rotation,
            "The encryption key is rotated and old provider keys still work",
            "轮换加密密钥后，旧的服务商密钥仍可用",
            after="job",
        ),
        line(
            Visit.wrong_queue,
            "A wrong AI_QUEUE_NAME is found by the doctor, with that cause",
            "错误的 AI_QUEUE_NAME 由 doctor 指出原因",
            after="job",
        ),
        line(
            Visit.certificate,
            "A certificate is issued and renewed by the ACME stand-in",
            "由 ACME 替身签发并续期证书",
        ),
        line(
            Visit.recovered,
            "Saved, destroyed with all data, restored within 5 minutes",
            "备份、连同数据全部销毁、五分钟内恢复",
            after="playback",
        ),
        Line(
            id="panels",
            says=Both(
                "Panels show CPU, memory, disk, queue length and error rate",
                "面板显示 CPU、内存、磁盘、队列长度与错误率",
            ),
            not_yet=Both("Seaway has no monitoring yet", "Seaway 尚未提供监控"),
        ),
    ),
)
