"""Words about releases: deploying, watching, going back, and the report of it."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW551": Words(
        en="release {release} serves and is watched for {seconds} s",
        zh="版本 {release} 已开始服务，观察 {seconds} 秒",
    ),
    "SW552": Words(
        en="release {release} does worse: {what} of {workload} {found}, more than {limit} "
        "(requests: {requests}); release {good} is being restored",
        zh="版本 {release} 表现变差：{workload} 的 {what} 为 {found}，超过 {limit}"
        "（请求数：{requests}）；正在恢复版本 {good}",
        fix_en="seaway logs {workload} --tail 50",
        fix_zh="seaway logs {workload} --tail 50",
    ),
    "SW553": Words(
        en="release {release} has stood its trial; the rest follows",
        zh="版本 {release} 已通过观察，继续完成其余部分",
    ),
    "SW555": Words(
        en="there is no release {number}",
        zh="没有版本 {number}",
        fix_en="recorded: {known}; see: seaway releases",
        fix_zh="已记录的版本：{known}；查看：seaway releases",
    ),
    "SW556": Words(
        en="there is no earlier release to go back to",
        zh="没有可以回滚到的更早版本",
        fix_en="see: seaway releases",
        fix_zh="查看：seaway releases",
    ),
    # ------------------------------------------------------------------------------- commands
    "ask deploy": Words(en="deploy this?", zh="确认部署？"),
    "ask rollback": Words(en="go back to release {release}?", zh="确认回滚到版本 {release}？"),
    "note jobs stay": Words(
        en="not undone: what these did to the data in later releases: {jobs}",
        zh="以下任务在之后的版本中对数据的改动不会撤销：{jobs}",
    ),
    "note nothing else": Words(
        en="release {release} is what runs; nothing to do", zh="正在运行的就是版本 {release}"
    ),
    "label release": Words(en="RELEASE", zh="版本"),
    "label when": Words(en="WHEN", zh="时间"),
    "label released by": Words(en="BY", zh="来自"),
    "label changes": Words(en="CHANGES", zh="变化"),
    "verdict pending": Words(en="on trial", zh="观察中"),
    "verdict passed": Words(en="passed", zh="已通过"),
    "verdict good": Words(en="good", zh="正常"),
    "verdict serving": Words(en="serving", zh="服务中"),
    "verdict failed": Words(en="failed", zh="失败"),
    "verdict replaced": Words(en="replaced", zh="已被取代"),
    "change routes": Words(en="routes", zh="路由"),
    "change nothing": Words(en="nothing", zh="无"),
    # --------------------------------------------------------------------------------- report
    "rollout title": Words(en="Release {release} of {stack}", zh="{stack} 的版本 {release}"),
    "rollout good": Words(en="in place", zh="已就位"),
    "rollout back": Words(
        en="failed; release {good} serves again", zh="失败；版本 {good} 重新提供服务"
    ),
    "rollout lost": Words(en="failed, and was not restored", zh="失败，且未能恢复"),
    "rollout unfinished": Words(en="not finished", zh="未完成"),
    "rollout requests": Words(en="requests", zh="请求"),
    "rollout failed": Words(en="failed", zh="失败"),
    "rollout cut": Words(en="cut streams", zh="中断的流"),
    "rollout took": Words(en="took", zh="用时"),
    "rollout before": Words(en="before", zh="之前"),
    "rollout during": Words(en="during", zh="期间"),
    "rollout after": Words(en="after", zh="之后"),
    "rollout part": Words(en="part", zh="阶段"),
    "rollout quiet": Words(en="the ingress saw no request meanwhile", zh="期间入口没有收到请求"),
    "rollout per second": Words(en="requests per second", zh="每秒请求数"),
    "rollout latency": Words(
        en="95 of 100 answers began within (ms)", zh="95% 的响应开始时间（毫秒）"
    ),
    "rollout old": Words(en="instances of before", zh="原有实例"),
    "rollout new": Words(en="new instances", zh="新实例"),
    "rollout line": Words(en="time line", zh="时间线"),
    "rollout way back": Words(en="to go back: {command}", zh="回滚：{command}"),
    "rollout figures": Words(
        en="requests {requests} · failed {failed} · cut streams {cut} · took {took} s",
        zh="请求 {requests} · 失败 {failed} · 中断的流 {cut} · 用时 {took} 秒",
    ),
}
