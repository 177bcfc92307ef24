"""Visit: what each line of the journey tries."""

import base64
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from journey.means import ADMIN, CREATED, FORBIDDEN, LONG, OK, PASSWORD, Means, fields, must, saw
from seaway.journey import Both, Evidence, Http, System, until

NAMES = (
    "DATABASE_URL READ_DATABASE_URL REDIS_HOST REDIS_PORT REDIS_PASSWORD JWT_SECRET JWT_EXPIRES_IN"
    " PORT NODE_ENV LOG_LEVEL TENCENT_MEETING_APP_ID TENCENT_MEETING_SDK_ID TENCENT_MEETING_SECRET"
    " SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASS SMTP_FROM SMS_ACCESS_KEY SMS_SECRET SMS_SIGN_NAME"
    " OPENAI_API_KEY OPENAI_ORG_ID FEISHU_BOT_HOOK FEISHU_BOT_SECRET S3_ENDPOINT"
)
"""Of the environment of the API, as the document has them, and what its pictures need."""
VALUES = {
    "services.api.env.JWT_EXPIRES_IN": ("7d", "24h", "24h"),
    "services.api.env.LOG_LEVEL": ("debug", "info", "warn"),
    "services.api.env.NODE_ENV": ("development", "test", "production"),
    "data.db.database": ("lulab_dev", "lulab_test", "lulab_prod"),
    "external.mail.from": ("noreply@lulab.dev", "noreply@lulab.test", "noreply@lulab.com"),
}
"""In development, test and production, as the document has them."""
WORKERS, COPIES, MANY, SESSIONS = 2, 3, 6, 8
LINE = {"timestamp", "level", "message", "context", "service", "version"}
CONTEXT = {"userId", "ip", "userAgent", "requestId"}
GREETING = """
import os, socket
for port in (int(os.environ["SMTP_PORT"]), 1025):
    with socket.create_connection((os.environ["SMTP_HOST"], port), timeout=5) as server:
        print(port, server.recv(200).decode().strip())
"""
SAID = "李伟：三点发布新版。王芳：我写公告。"


class Visit:
    """Somebody of LuLab, and the meeting service."""

    def __init__(self, system: System) -> None:
        self.system, self.means = system, Means(system)
        self.ann: Http = system.http()
        self.subject = f"weekly-{system.run}"
        self.recording: dict[str, Any] = {}

    async def environments(self) -> Evidence:
        for number, environment in enumerate(("local", "test", "production")):
            done = await self.means.operate("explain", "-e", environment, "--format", "json")
            found = {each["path"]: each["value"] for each in json.loads(done.stdout)}
            wrong = [path for path, values in VALUES.items() if found.get(path) != values[number]]
            must(not wrong, "another value", "取值不同", where=environment, paths=" ".join(wrong))
        return saw("each has its values", "各环境取值正确", {"settings": len(VALUES)})

    async def deployed(self) -> Evidence:
        counts = {
            part: len([each for each in await self.system.instances(part) if each.phase == "ready"])
            for part in ("api", "worker")
        }
        must(counts == {"api": COPIES, "worker": WORKERS}, "not as many", "数量不符", **counts)
        missing = [each for each in NAMES.split() if each not in await self._names()]
        must(not missing, "settings are missing", "缺少环境变量", missing=" ".join(missing))
        return saw("API on three, worker on two", "API 三个、worker 两个", counts)

    async def _names(self) -> set[str]:
        await self.means.told("PORT")
        return set(self.means.env)

    async def accounts(self) -> Evidence:
        """Who, from where, with what and in which request: in the log and in the audit list."""
        admin = await self.means.entered(ADMIN, await self.means.told("ADMIN_PASSWORD"))
        email = f"ann-{self.system.run}@lulab.dev"
        account = {"email": email, "password": PASSWORD, "name": "Ann"}
        made = await self.means.asked(admin, "POST", "/api/users", account)
        must(made.status == CREATED, "no account was made", "无法新增用户", said=made.text[:200])
        self.ann = await self.means.entered(email, PASSWORD)
        me = await self.means.asked(self.ann, "GET", "/api/me")
        must(me.status == OK, "no profile", "没有个人信息", status=me.status)
        user = fields(fields(me.json())["user"])["id"]
        lines = await self.means.lines("api", f'"User login".*{user}')
        must(
            lines and set(lines[-1]) >= LINE and set(lines[-1]["context"]) == CONTEXT,
            "the login is not logged as stated", "登录日志格式不符", lines=str(lines)[:300],
        )  # fmt: skip
        request = lines[-1]["context"]["requestId"]
        audit = await self.means.asked(admin, "GET", f"/api/audit?requestId={request}")
        entries = fields(audit.json())["entries"]
        must(
            [each["action"] for each in entries] == ["login"] and entries[0]["userId"] == user,
            "the audit log lacks it", "审计日志缺少该条", said=audit.text[:300],
        )  # fmt: skip
        return saw("logged in; logged and audited", "登录成功并记录", {"request": request})

    async def event(self) -> Evidence:
        begun = time.monotonic()
        await self.means.recorded(self.subject, SAID)
        [self.recording] = await self.means.done(self.ann, self.subject)
        path = f"/api/recordings/{self.recording['id']}"
        whole = fields((await self.means.asked(self.ann, "GET", path)).json())
        must(
            whole["transcript"] == SAID and "三点发布" in self.recording["summary"],
            "not what was said", "内容不符", summary=self.recording["summary"][:100],
        )  # fmt: skip
        seconds = round(time.monotonic() - begun, 1)
        return saw("event in, summary out", "收到事件并生成纪要", {"seconds": seconds})

    async def forged(self) -> Evidence:
        """Signed by somebody else, or used before: refused; the same event again: nothing new."""
        event = {"event": "meeting.started", "payload": []}
        data = base64.b64encode(json.dumps(event).encode()).decode()
        body = json.dumps({"data": data}).encode()
        token = await self.means.told("TENCENT_MEETING_TOKEN")
        good = await self.means.signed(data, token)
        bad = await self.means.signed(data, "x" * 32)
        client, path = self.system.http(), "/webhooks/tencent-meeting"
        statuses = [
            (await client.request("POST", path, body, headers)).status
            for headers in (bad, good, good)
        ]
        must(
            statuses == [FORBIDDEN, OK, FORBIDDEN], "not refused", "没有拒绝",
            statuses=str(statuses),
        )  # fmt: skip
        await self.means.inbox("meeting", "POST", "/faults", {"fault": "callback-twice"})
        await self.means.recorded(f"twice-{self.system.run}", SAID)
        found = await self.means.done(self.ann, f"twice-{self.system.run}")
        must(len(found) == 1, "counted twice", "重复计入", found=len(found))
        return saw(
            "forged and used signatures are refused", "伪造与重放均被拒绝",
            {"forged": statuses[0], "replayed": statuses[2]},
        )  # fmt: skip

    async def notified(self) -> Evidence:
        ways = await self.means.notified(self.ann, self.recording["id"])
        counts: dict[str, int] = {}
        for way in ("mail", "sms", "feishu"):
            messages = (await self.means.inbox(way))["messages"]
            told = [each for each in messages if self.subject[:15] in str(each)]
            counts[way] = len(told)
        must(
            set(counts.values()) == {1}, "not told exactly once", "通知次数不对", **counts
        )  # fmt: skip
        greeted = await self.means.beside("api", "python", "-c", GREETING)
        must(greeted.count("mail.seaway") == 2, "no mail on 1025", "1025 未接收邮件", said=greeted)
        return saw(
            "mail (caught on 1025), short message, Feishu", "邮件（1025）、短信、飞书均已送达",
            {"ways": " ".join(sorted(ways))},
        )  # fmt: skip

    async def reads(self) -> Evidence:
        """Each time what was just written is in the list, wherever it is read."""
        sources: list[str] = []
        for number in range(MANY):
            name = f"read{number}-{self.system.run}"
            await self._announced(name)
            found = await self.means.listed(self.ann, name)
            must(len(found["meetings"]) == 1, "what was written is not read", "读不到刚写入的数据")
            sources.append(found["readFrom"])

        async def replica() -> bool:
            return bool((await self.means.listed(self.ann, self.subject))["readFrom"] == "replica")

        await until(replica, Both("the replica is never read", "从未读取只读副本"))
        lag = (await self.means.listed(self.ann, self.subject))["replicaLag"]
        figures = {"writes": MANY, "from_replica": sources.count("replica"), "lag_s": lag}
        return saw("read after write holds", "写后即读成立", figures)

    async def _announced(self, subject: str) -> None:
        """An event of a recording that is not there: its job finds nothing, and gives up."""
        number = str(time.time_ns())
        told = {"meeting_id": number, "meeting_code": "1", "subject": subject, "start_time": 1,
                "end_time": 2, "creator": {"userid": "x", "user_name": "x"}}  # fmt: skip
        event = {"event": "recording.completed", "payload": [
            {"meeting_info": told, "recording_files": [{"record_file_id": number}]}]}  # fmt: skip
        data = base64.b64encode(json.dumps(event).encode()).decode()
        body = json.dumps({"data": data}).encode()
        token, client = await self.means.told("TENCENT_MEETING_TOKEN"), self.system.http()

        async def taken() -> bool:
            headers = await self.means.signed(data, token)
            answer = await client.request("POST", "/webhooks/tencent-meeting", body, headers)
            return bool(answer.status == OK)

        await until(taken, Both("an event is not taken", "事件未被接收"))

    async def download(self) -> Evidence:
        path = f"/api/recordings/{self.recording['id']}/content"
        whole = await self.ann.request("GET", path, b"", {})
        part = await self.ann.request("GET", path, b"", {"Range": "bytes=100-199"})
        stranger = await self.system.http().request("GET", path, b"", {})
        must(
            whole.status == OK and whole.body[:4] == b"RIFF"
            and (part.status, part.body) == (206, whole.body[100:200]) and stranger.status == 401,
            "not the recording", "录制内容不符", whole=whole.status, part=part.status,
        )  # fmt: skip
        return saw("whole, and a part of it", "整体与分段均可下载", {"bytes": len(whole.body)})

    async def worker(self) -> Evidence:
        """One worker is killed with jobs in its hand: all are done, and people told once."""
        name = f"killed-{self.system.run}"
        for number in range(MANY):
            await self.means.recorded(f"{name}-{number}", SAID)
        first = next(iter(await self.system.instances("worker")))
        await self.system.kill(first)
        found = await self.means.done(self.ann, name, MANY)
        for each in found:
            await self.means.notified(self.ann, each["id"])
        must(len(found) == MANY, "some are missing", "有缺失", found=len(found))
        return saw("all done, each once", "全部完成且各一次", {"recordings": len(found)})

    async def searchable(self) -> Evidence:
        """A request leaves its id in what the API writes, its jobs write and the ingress writes."""
        lines = await self.means.lines("api", "recording announced")
        must(lines, "no event is logged", "没有事件日志")
        request = str(lines[0]["context"]["requestId"])
        counts = {part: len(await self.means.lines(part, request)) for part in ("api", "worker")}
        must(all(counts.values()), "not found by its id", "无法按请求编号检索", **counts)
        answer = await self.means.asked(self.ann, "GET", "/api/me")
        outside = answer.headers.get("x-request-id", "none")

        async def accessed() -> bool:
            counts["ingress"] = len(await self.means.lines("ingress", outside))
            return bool(counts["ingress"] and await self.means.lines("api", outside))

        await until(accessed, Both("not found by its id", "无法按请求编号检索"))
        figures = {**counts, "request": request}
        return saw("found by the request id", "可按请求编号检索", figures)

    async def primary(self) -> Evidence:
        """The primary is killed: what was told stays, and writes go on."""
        before = {each["id"] for each in (await self.means.listed(self.ann, ""))["meetings"]}
        leader = await self._leader()
        [instance] = [each for each in await self.system.instances("db") if each.id == leader]
        await self.system.kill(instance)
        begun = time.monotonic()
        name = f"after-{self.system.run}"
        await self._announced(name)
        seconds = round(time.monotonic() - begun, 1)

        async def listed() -> bool:
            answer = await self.ann.request("GET", "/api/meetings", b"", {})
            if answer.status != OK:
                return False
            now = {each["id"] for each in fields(answer.json())["meetings"]}
            return bool(before <= now)

        await until(listed, Both("what was told is lost", "已确认的数据丢失"), LONG)

        async def whole() -> bool:
            return bool(await self.system.health() == "healthy")

        await until(whole, Both("it is not whole again", "未恢复正常"), LONG)
        now = await self._leader()
        figures = {"writable_s": seconds, "kept": len(before), "leader": now}
        return saw("writes go on, nothing lost", "写入继续，没有丢失", figures)

    async def saved(self) -> Evidence:
        """Of the schedule what is written; of a backup taken now its name, and that it is whole."""
        told = json.loads((await self.means.operate("explain", "--format", "json")).stdout)
        found = {each["path"]: each["value"] for each in told}
        rules = [found.get(f"data.db.backup.{each}") for each in ("full", "zone", "keep.daily")]
        must(rules == ["0 2 * * *", "Asia/Shanghai", "7"], "another schedule", "备份计划不符",
             rules=str(rules))  # fmt: skip
        taken = json.loads((await self.means.operate("backup", "--format", "json")).stdout)
        name = taken[0]["backup"]
        must(re.fullmatch(r"database_backup_\d{8}_\d{6}", name), "another name", "名称不符",
             name=name)  # fmt: skip
        await self.means.operate("backups", "--check")
        return saw("saved, read back, and due again at 02:00", "已备份并核对，下次为 02:00",
                   {"backup": name, "new_bytes": taken[0]["written"]})  # fmt: skip

    async def restored(self) -> Evidence:
        """The moment before the delete is restored beside what runs, and then takes its place."""
        good = datetime.now(UTC)

        async def known() -> bool:
            """Up to now, and a second more: clocks of two programs are compared."""
            listed = json.loads((await self.means.operate("backups", "--format", "json")).stdout)
            until_when = [each["any_moment_until"] for each in listed if each["any_moment_until"]]
            latest = max(map(datetime.fromisoformat, until_when), default=good)
            return latest > good + timedelta(seconds=1)

        await until(known, Both("the log is not kept", "日志未保存"), LONG)
        await self.means.beside("db", "psql", "-qc", "DELETE FROM meetings")
        gone = (await self.means.listed(self.ann, ""))["meetings"]
        begun = time.monotonic()
        await self.means.operate("restore", "--at", good.isoformat(), "--store", "db")
        seconds = round(time.monotonic() - begun, 1)
        self.ann = await self.means.entered(f"ann-{self.system.run}@lulab.dev", PASSWORD)
        back = (await self.means.listed(self.ann, self.subject))["meetings"]
        must(not gone and back, "not as before the delete", "未恢复到误删之前",
             gone=len(gone), back=len(back))  # fmt: skip
        await self.means.operate("restore", "--confirm")
        return saw("deleted, and there again", "误删后已恢复", {"restore_s": seconds})

    async def cluster(self) -> Evidence:
        """One master is killed: who is logged in stays so, and is answered."""
        email = f"ann-{self.system.run}@lulab.dev"
        people = [await self.means.entered(email, PASSWORD) for _ in range(SESSIONS)]
        master = (await self._members("cache", "primary"))[0]
        nodes = await self.system.instances("cache")
        await self.system.kill(next(each for each in nodes if each.id == master))
        begun, slowest, asked, whole = time.monotonic(), 0.0, 0, 0.0
        while asked < MANY * SESSIONS or not whole:
            for each in people:
                asked, start = asked + 1, time.monotonic()
                answer = await each.request("GET", "/api/me", b"", {})
                must(answer.status == OK, "not answered", "没有回答", status=answer.status)
                slowest = max(slowest, time.monotonic() - start)
            nodes = await self.system.instances("cache")
            ready = {each.id for each in nodes if each.phase == "ready"}
            if not whole and len(ready) == len(nodes) and master not in ready:
                whole = time.monotonic() - begun
            must(time.monotonic() - begun < LONG.seconds, "not whole again", "集群未恢复")
        await self.means.entered(email, PASSWORD)
        figures = {"asked": asked, "slowest_s": round(slowest, 1), "whole_s": round(whole, 1)}
        return saw("all were answered", "全部得到回答", figures)

    async def _leader(self) -> str:
        [leader] = await self._members("db", "leads")
        return leader

    async def _members(self, part: str, role: str) -> list[str]:
        told = json.loads((await self.means.operate("status", "--format", "json")).stdout)
        [store] = [each for each in told["workloads"] if each["name"] == part]
        return [str(each["id"]) for each in store["instances"] if each.get("member") == role]

    async def reset(self) -> Evidence:
        said = await self.means.beside(
            "api", "env", "TEST_DATA=reset", "python", "-m", "lulab.reset"
        )
        kept = fields(json.loads(said.splitlines()[-1]))
        admin = await self.means.entered(ADMIN, await self.means.told("ADMIN_PASSWORD"))
        left = (await self.means.listed(admin, ""))["meetings"]
        must(not left, "there is data left", "仍有数据", left=len(left))
        return saw("all test data is gone, the admin stays", "测试数据已重置，管理员保留",
                   {"recordings": kept["recordings"], "users": kept["users"]})  # fmt: skip
