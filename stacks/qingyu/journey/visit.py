"""A visit to Qingyu: what each line of its acceptance list tries."""

import asyncio
import json
import os
import time
from collections import Counter

from journey.means import API, LONG, OK, PASSWORD, Means, Told, Writer, fields, must, saw
from seaway.journey import Both, Evidence, Http, System, load, recovered, until

DOCUMENTS = {
    "春茶采摘手册": "春茶一般在清明前后采摘。以一芽一叶为标准。鲜叶应在四小时之内送到工厂摊青。",
    "Style guide": "Write short sentences. Never use the word 'utilise'. Titles have five words.",
    "Harbour, notes": "The novel is set in the harbour town of Lydd. The keeper of the lighthouse"
    " is called Marta Quill, and she is seventy years old.",
}
"""Texts by title."""
QUESTIONS = (
    ("鲜叶多久之内要送到工厂？", "春茶采摘手册", "四小时"),
    ("What word should never be used?", "Style guide", "utilise"),
    ("What is the keeper of the lighthouse called?", "Harbour, notes", "Marta Quill"),
)
"""Each with the document that answers it, and a word of the answer."""
SILENT = float(os.environ.get("QINGYU_SILENCE", "62"))
"""Seconds: longer than every time-out of a proxy on the way, which are 60."""
CALLS = 60


class Visit:
    """A writer at work, and the operator who looks after the system."""

    def __init__(self, system: System) -> None:
        self.system, self.means = system, Means(system)
        self.client = system.http()
        self.talk = ""
        self.long: asyncio.Task[Told] | None = None

    async def initiated(self) -> Evidence:
        members = await self.means.members()
        states = Counter(each["state"] for each in members.values())
        must(
            states == {"primary": 1, "secondary": 2}, "not one primary and two secondaries",
            "不是一主两从", members=str(members),
        )  # fmt: skip
        sets = {each["set"] for each in members.values()}
        must(sets == {"rs0"}, "it is not rs0", "副本集不是 rs0", sets=str(sets))
        return saw("rs0 has one primary and two secondaries", "rs0 一主两从", dict(states))

    async def entered(self) -> Evidence:
        self.client = await self.means.registered("writer")
        account = {"email": self.means.email("writer"), "password": PASSWORD}
        wrong = {**account, "password": "wrong horse battery"}
        statuses = [(await self.system.http().post(f"{API}/auth/login", each)).status
                    for each in (account, wrong)]  # fmt: skip
        must(statuses == [OK, 401], "the password does not decide", "密码校验不正确",
             answers=str(statuses))  # fmt: skip
        served = {await self._served_by(self.client) for _ in range(9)}
        must(len(served) == 3, "not all copies know the session", "并非所有实例都认识会话",
             served=str(served))  # fmt: skip
        return saw(
            "logged in, known to all copies", "已登录，所有实例都认识", {"copies": len(served)}
        )

    async def documents(self) -> Evidence:
        ids = [await self.means.added(self.client, *each) for each in DOCUMENTS.items()]
        seconds = await self.means.indexed(self.client)
        stranger = await self.means.registered("stranger")
        seen = [(await each.get(f"{API}/documents/{ids[0]}")).status
                for each in (self.client, stranger)]  # fmt: skip
        must(seen == [OK, 404], "others see a document", "他人能看到文档", answers=str(seen))
        talk = await self.means.begun(self.client)
        silent = f"Write about the harbour [[simulate: first;for={SILENT}]]"
        # looked at later, by `survives`: what is tried meanwhile does not disturb it
        self.long = asyncio.create_task(self.means.said(self.client, talk, silent, "draft"))
        figures = {"documents": len(ids), "indexed_s": round(seconds, 1)}
        return saw("kept, indexed, and nobody else's", "已保存、已索引，他人不可见", figures)

    async def answered(self) -> Evidence:
        self.talk = await self.means.begun(self.client)
        for question, title, word in QUESTIONS:
            told = await self.means.said(self.client, self.talk, question)
            right = told.done.get("found") and word in told.text and title in told.titles
            must(right, "an answer is not right", "回答不正确", question=question,
                 answer=told.text[:200], sources=str(told.titles), said=told.refusal)  # fmt: skip
            n = next(each["n"] for each in told.sources if each["title"] == title)
            must(n in told.done["cited"], "it does not name its source", "没有注明出处",
                 cited=str(told.done["cited"]))  # fmt: skip
        unknown = await self.means.said(self.client, self.talk, "月球离地球有多远？")
        must(not unknown.done["found"], "it makes something up", "编造了回答", said=unknown.text)
        kept = await self.client.get(f"{API}/conversations/{self.talk}")
        messages = fields(kept.json())["conversation"]["messages"]
        states = [fields(each["answer"]).get("state") for each in messages]
        must(states == ["complete"] * 4, "not all is kept", "对话没有完整保存", kept=str(states))
        return saw("answered with sources, one not made up, all kept", "有出处，不编造，对话已保存",
                   {"answers": len(QUESTIONS), "kept": len(messages)})  # fmt: skip

    async def streamed(self) -> Evidence:
        asked = f"Write a blurb about the lighthouse {self.system.run} [[simulate: pace;for=0.05]]"
        told = await self.means.said(self.client, self.talk, asked, "draft")
        figures = {"first_s": round(told.first, 2), "whole_s": round(told.whole, 2)}
        must(told.done and told.first < told.whole / 2, "it did not come piece by piece",
             "没有逐步返回", error=told.error, **figures)  # fmt: skip
        return saw("the first token long before the last", "首个词元远早于结尾", figures)

    async def refused(self) -> Evidence:
        stranger = self.system.http()
        told = await self.means.said(stranger, self.talk, "hello")
        forged = self.system.http()
        forged.headers["Authorization"] = self.client.headers["Authorization"][:-4] + "AAAA"
        answers = [told.status, (await self.means.said(forged, self.talk, "hello")).status]
        must(answers == [401, 401], "it lets strangers in", "未认证的请求未被拒绝",
             answers=str(answers))  # fmt: skip
        around = await stranger.post("/v1/write", {"text": "hello"})
        must(around.status >= 400, "there is a way around", "可以绕过认证", status=around.status)
        return saw("401 without a token or with a forged one", "无令牌或伪造令牌得到 401",
                   {"answers": str(answers)})  # fmt: skip

    async def spread(self) -> Evidence:
        question = QUESTIONS[1][0]
        by = Counter[str]()
        for _ in range(CALLS):
            told = await self.means.said(self.client, self.talk, question)
            by[str(told.done.get("instance", told.refusal))] += 1
        even = CALLS / 3
        far = max(abs(count - even) / even for count in by.values())
        must(len(by) == 3 and far <= 0.1, "not spread evenly over three", "没有均匀分布到三个实例",
             calls=str(dict(by)))  # fmt: skip
        return saw("spread over three within 10 % of even", "均匀分布到三个实例，偏差 10% 以内",
                   {"calls": CALLS, "off_percent": round(100 * far, 1)})  # fmt: skip

    async def survives(self) -> Evidence:
        """Nothing but beats for longer than every time-out, and then the answer."""
        assert self.long is not None
        told = await self.long
        figures = {"open_s": round(told.whole, 1), "beats": told.beats}
        must(told.done and told.whole >= SILENT, "the stream did not survive", "长连接中断",
             error=told.error or told.refusal, **figures)  # fmt: skip
        return saw(
            "silent for longer than every time-out, and then answered",
            "静默超过所有超时后仍然返回",
            figures,
        )

    async def elected(self) -> Evidence:
        """The primary is killed while both services write: the back end and the AI service."""
        stopped = await self.means.primary()
        victim = next(e for e in await self.system.instances("docs") if e.id == stopped)
        writer, scribe = Writer(), await self.means.registered("scribe")
        writing = asyncio.create_task(writer.run(scribe))
        talk = await self.means.begun(self.client)
        begun = time.monotonic()
        await self.system.kill(victim)
        told = await self.means.said(self.client, talk, QUESTIONS[1][0])
        answered = time.monotonic() - begun
        back = await until(self._whole, Both("the set is not whole again", "副本集没有恢复"), LONG)
        writer.over.set()
        await writing
        elected = await self.means.primary()
        figures = {
            "writes": len(writer.acknowledged), "slowest_write_s": round(writer.slowest, 1),
            "answer_kept_s": round(answered, 1), "whole_again_s": round(back, 1),
        }  # fmt: skip
        must(
            told.done and set(writer.answers) == {201} and elected != stopped,
            "a write failed, or nobody was elected", "写入失败或没有选出新主",
            answers=str(dict(writer.answers)), error=told.error or told.refusal, **figures,
        )  # fmt: skip
        await self._all_kept(writer, scribe, talk)
        says = "another was elected; no write failed, none was lost"
        return saw(says, "选出新主；写入无失败无丢失", figures)

    async def killed(self) -> Evidence:
        """And the session goes on: its copy is another process by now."""
        victim = (await self.system.instances("backend"))[0]

        async def back() -> bool:
            there = {each.id for each in await self.system.instances("backend")}
            return victim.id not in there and await self.means.all_serve("backend", 3)

        async with load(self.client, f"{API}/documents") as seen:
            await self.system.kill(victim)
            seconds = await until(back, Both("nobody took its place", "没有新的实例"), LONG)
        must(not seen.failures, "requests failed", "有请求失败", failed=str(seen.failures))
        return saw("replaced; no request failed", "已接替；没有请求失败",
                   {"requests": seen.count, "back_s": round(seconds, 1)})  # fmt: skip

    async def remembered(self) -> Evidence:
        """All copies, and the store of sessions itself."""
        old = {each.id for each in await self.system.instances("backend")}
        for part in ("backend", "sessions"):
            for victim in await self.system.instances(part):
                await self.system.kill(victim)
        begun = time.monotonic()

        async def back() -> bool:
            new = {each.id for each in await self.system.instances("backend")} - old
            return len(new) == 3 and await self.means.all_serve("backend", 3)

        await until(back, Both("they do not come back", "实例没有恢复"), LONG)
        served = {await self._served_by(self.client) for _ in range(9)}
        must(len(served) == 3 and "" not in served, "the session is forgotten", "会话丢失",
             served=str(served))  # fmt: skip
        figures = {"copies": len(served), "back_s": round(time.monotonic() - begun, 1)}
        return saw("the session is known to the new copies", "新的实例仍然认识会话", figures)

    async def recovered(self) -> Evidence:
        """With all data removed but the backups: the session, the conversation, the answers."""
        evidence = await recovered(self.system)
        kept = await self.client.get(f"{API}/conversations/{self.talk}")
        must(kept.status == OK, "the conversation is gone", "对话丢失", status=kept.status)
        question, title, word = QUESTIONS[0]
        told = await self.means.said(self.client, self.talk, question)
        must(word in told.text and title in told.titles, "another answer", "回答不同",
             answer=told.text[:200])  # fmt: skip
        return evidence

    async def rolled(self) -> Evidence:
        """A release that cannot start is not kept, and nobody who asks notices."""
        before = await self._release()
        async with load(self.client, f"{API}/documents") as seen:
            seconds = await self.means.deployed(
                5, 'services.backend.run=[python, -c, "raise SystemExit(3)"]'
            )
        must(not seen.failures, "requests failed", "有请求失败", failed=str(seen.failures))
        after = await self._release()
        must(
            after["by"] == f"restores {before['release']}" and after["state"] == "serving",
            "it was not rolled back", "没有回滚", **after,
        )  # fmt: skip
        figures = {
            "by": after["by"], "took_s": round(seconds, 1),
            "requests": seen.count,
        }  # fmt: skip
        says = "back to the recorded release; no request failed"
        return saw(says, "已回到记录的版本；没有请求失败", figures)

    # ------------------------------------------------------------------------------ how

    async def _whole(self) -> bool:
        states = Counter(each["state"] for each in (await self.means.members()).values())
        return states == {"primary": 1, "secondary": 2}

    async def _all_kept(self, writer: Writer, scribe: Http, talk: str) -> None:
        listed = fields((await scribe.get(f"{API}/documents")).json())["documents"]
        lost = set(writer.acknowledged) - {each["id"] for each in listed}
        must(not lost, "acknowledged writes are lost", "已确认的写入丢失", lost=str(lost))
        kept = await self.client.get(f"{API}/conversations/{talk}")
        [message] = fields(kept.json())["conversation"]["messages"]
        must(fields(message["answer"]).get("state") == "complete", "the answer is lost", "回答丢失")

    async def _release(self) -> dict[str, str]:
        told = await self.system.seaway("releases", "--format", "json")
        return {key: str(value) for key, value in json.loads(told.stdout)[0].items()}

    @staticmethod
    async def _served_by(client: Http) -> str:
        return str(fields((await client.get(f"{API}/me")).json()).get("servedBy", ""))
