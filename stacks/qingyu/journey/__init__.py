"""The journey of Qingyu: everything that it promises, tried on the running system.

It hurts what it visits: it kills the primary of the database, copies of the back end and the
store of sessions, and makes a broken release.
"""

from journey.means import LONG
from journey.visit import Visit
from seaway.journey import Both, Journey, Line

JOURNEY = Journey(
    begin=Visit,
    lines=(
        Line(
            id="initiated",
            says=Both("The set has one primary and two secondaries", "副本集一主两从"),
            check=Visit.initiated,
        ),
        Line(
            id="entered",
            says=Both("A writer logs in; all copies know the session", "登录；所有实例都认识会话"),
            check=Visit.entered,
        ),
        Line(
            id="documents",
            says=Both("Documents are added and indexed", "添加文档并建立索引"),
            check=Visit.documents,
            after=("entered",),
            limit=LONG,
        ),
        Line(
            id="answered",
            says=Both(
                "Questions are answered from them, with sources; the conversation is kept",
                "依据文档回答并注明出处；对话被保存",
            ),
            check=Visit.answered,
            after=("documents",),
        ),
        Line(
            id="streamed",
            says=Both(
                "The first token comes before the answer is complete", "首个词元先于完整回答"
            ),
            check=Visit.streamed,
            after=("answered",),
        ),
        Line(
            id="refused",
            says=Both("Unauthenticated calls to the AI are refused", "未认证的 AI 请求被拒绝"),
            check=Visit.refused,
            after=("answered",),
        ),
        Line(
            id="spread",
            says=Both("Calls are spread over three AI instances", "调用分布到三个 AI 实例"),
            check=Visit.spread,
            after=("answered",),
        ),
        Line(
            id="survives",
            says=Both(
                "A stream survives that is silent for longer than every time-out, 60 s",
                "静默超过所有超时（60 秒）的流不中断",
            ),
            check=Visit.survives,
            after=("documents",),
            limit=LONG,
        ),
        Line(
            id="elected",
            says=Both(
                "The primary stops: another is elected, both services go on writing",
                "主节点停止：选出新主，两个服务继续写入",
            ),
            check=Visit.elected,
            after=("answered",),
            limit=LONG,
        ),
        Line(
            id="killed",
            says=Both(
                "One killed copy of the back end costs no request",
                "杀死一个后端实例，没有请求失败",
            ),
            check=Visit.killed,
            after=("entered",),
            limit=LONG,
        ),
        Line(
            id="remembered",
            says=Both("A session survives a restart of instances", "会话在实例重启后仍然有效"),
            check=Visit.remembered,
            after=("entered",),
            limit=LONG,
        ),
        Line(
            id="rolled",
            says=Both(
                "A broken release is rolled back to the recorded one",
                "损坏的版本回滚到记录的版本",
            ),
            check=Visit.rolled,
            after=("entered",),
            limit=LONG,
        ),
        Line(
            id="recovered",
            says=Both(
                "Saved, destroyed with all data, restored within 5 minutes",
                "备份、连同数据全部销毁、五分钟内恢复",
            ),
            check=Visit.recovered,
            after=("answered",),
            limit=3 * LONG,  # all of it; the restore alone has five minutes
        ),
        Line(
            id="panels",
            says=Both("Grafana shows provisioned panels", "Grafana 显示预置面板"),
            not_yet=Both("there are no panels yet", "面板尚未实现"),
        ),
    ),
)
