"""Words about jobs and their queues (codes SW800 to SW899)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW801": Words(
        en="no service that could look into the queues is running (asked for: {by})",
        zh="没有能够查看队列的服务正在运行（指定的服务：{by}）",
        fix_en="start the stack: seaway up -d",
        fix_zh="启动应用栈：seaway up -d",
    ),
    "SW802": Words(
        en="{service} could not look into the queues: {problem}",
        zh="{service} 无法查看队列：{problem}",
        fix_en="seaway exec {service} -- python -m seaway_jobs stats",
        fix_zh="执行 seaway exec {service} -- python -m seaway_jobs stats 查看详情",
    ),
    "SW803": Words(
        en="none of the running services has the library of the queues: {services}",
        zh="正在运行的服务都没有安装队列库：{services}",
        fix_en="add seaway-jobs to the dependencies of the worker",
        fix_zh="请把 seaway-jobs 加入 worker 的依赖",
    ),
    "SW804": Words(
        en="there is no job {job}",
        zh="没有编号为 {job} 的任务",
        fix_en="seaway jobs list shows those there are; finished ones are kept for a day",
        fix_zh="用 seaway jobs list 查看现有任务；已完成的任务只保留一天",
    ),
    "SW805": Words(
        en="name the jobs by their numbers, or say --all",
        zh="请写出任务编号，或使用 --all",
        fix_en="seaway jobs list --state dead shows their numbers",
        fix_zh="用 seaway jobs list --state dead 查看编号",
    ),
    "SW810": Words(
        en="{second} names the queue '{other}' and {first} names '{queue}', both in {store}: "
        "what one enqueues the other never sees",
        zh="{second} 使用的队列是 '{other}'，而 {first} 使用 '{queue}'（同在 {store}）："
        "一方放入的任务另一方永远看不到",
        fix_en="give both the same {variable}",
        fix_zh="让两者的 {variable} 相同",
    ),
    "SW811": Words(
        en="{count} jobs wait in the queue '{queue}' ({by} enqueues there), and nobody serves it; "
        "served are {serving}",
        zh="队列 '{queue}' 中有 {count} 个任务在等待（由 {by} 放入），但没有 worker 处理它；"
        "正在处理的是 {serving}",
        fix_en="give both sides the same {variable}, then: seaway up -d",
        fix_zh="让双方的 {variable} 相同，然后执行：seaway up -d",
    ),
    "SW812": Words(
        en="{count} jobs wait in the queue '{queue}' ({by} enqueues there), and no worker is "
        "connected",
        zh="队列 '{queue}' 中有 {count} 个任务在等待（由 {by} 放入），但没有已连接的 worker",
        fix_en="look why the worker does not run: seaway status, seaway logs",
        fix_zh="查看 worker 为何没有运行：seaway status、seaway logs",
    ),
    "SW813": Words(
        en="{count} jobs of task {task} in the queue '{queue}' are dead: no try is left",
        zh="队列 '{queue}' 中任务 {task} 有 {count} 个已失败且不再重试",
        fix_en="see why: seaway jobs list --state dead; then: seaway jobs replay --all",
        fix_zh="查看原因：seaway jobs list --state dead；然后：seaway jobs replay --all",
    ),
    "SW815": Words(
        en="{first} and {second} take {variable} from different places: what one seals or signs "
        "the other cannot open",
        zh="{first} 与 {second} 的 {variable} 来源不同：一方加密或签名的内容，另一方无法解开",
        fix_en="give both the same: secrets: [{variable}]",
        fix_zh="让双方使用同一个：secrets: [{variable}]",
    ),
    "SW816": Words(
        en="{variable} lets in pages of {origin}, which is none of this stack's hosts: {hosts}",
        zh="{variable} 允许来自 {origin} 的页面，但它不属于该应用栈的任何主机：{hosts}",
        fix_en="write the address under which the pages are opened, as https://HOST",
        fix_zh="请写浏览器打开页面所用的地址，如 https://主机名",
    ),
    "SW817": Words(
        en="{variable} is {base}, and no route of the ingress leads there: {paths}",
        zh="{variable} 为 {base}，但入口没有通向它的路由：{paths}",
        fix_en="add a route `{base}: {{to: SERVICE}}`, or write the path of one",
        fix_zh="请添加路由 `{base}: {{to: 服务名}}`，或改成已有路由的路径",
    ),
    # ------------------------------------------------------------------------------------- help
    "help jobs": Words(
        en="Look into the queues behind the workers.\nSee what waits, runs and failed, and why; "
        "try dead jobs again or drop them. Asked inside a running service of the stack.",
        zh="查看 worker 背后的任务队列。\n查看等待、运行和失败的任务及原因，重试或丢弃失败的任务。"
        "命令在应用栈的某个运行中的服务里执行。",
    ),
    "help jobs list": Words(en="Show jobs, the newest first.", zh="列出任务，最新的在前。"),
    "help jobs show": Words(
        en="Show one job with its payload, its history and why it failed.",
        zh="显示一个任务的内容、经过和失败原因。",
    ),
    "help jobs replay": Words(
        en="Let dead or dropped jobs run again.\nBy their numbers, or with --all every dead one "
        "of a queue or a task. Their tries begin anew.",
        zh="让失败或已丢弃的任务重新运行。\n给出编号，或用 --all 选择某个队列或任务类型的"
        "全部失败任务；重试次数重新计算。",
    ),
    "help jobs drop": Words(
        en="Let jobs never run.\nJobs that wait, are delayed or dead; those that run are left "
        "alone. A dropped job can be replayed for a day.",
        zh="让任务不再运行。\n适用于等待、延迟或失败的任务；正在运行的不受影响。"
        "丢弃后一天内仍可重放。",
    ),
    "help jobs stats": Words(
        en="Show depth, age, duration and failures of each queue and task.",
        zh="显示每个队列和任务类型的数量、等待时间、耗时和失败数。",
    ),
    "help jobs workers": Words(
        en="Show which worker serves which queue.", zh="显示各 worker 处理的队列。"
    ),
    "option queue": Words(en="Only this queue.", zh="只看这个队列。"),
    "option task": Words(en="Only this task.", zh="只看这种任务。"),
    "option job state": Words(en="Only jobs in this state.", zh="只看处于该状态的任务。"),
    "option limit": Words(en="At most so many. Default: 100.", zh="最多显示多少个。默认 100。"),
    "option all jobs": Words(en="All dead ones.", zh="全部失败的任务。"),
    "option service": Words(
        en="The service to ask. Default: the worker.", zh="在哪个服务里执行。默认为 worker。"
    ),
    # ------------------------------------------------------------------------------------ labels
    "label job": Words(en="JOB", zh="任务"),
    "label queue": Words(en="QUEUE", zh="队列"),
    "label task": Words(en="TASK", zh="类型"),
    "label tries": Words(en="TRIES", zh="次数"),
    "label waiting": Words(en="WAITING", zh="等待"),
    "label delayed": Words(en="DELAYED", zh="延迟"),
    "label running": Words(en="RUNNING", zh="运行"),
    "label done": Words(en="DONE", zh="完成"),
    "label dead": Words(en="DEAD", zh="失败"),
    "label oldest": Words(en="OLDEST", zh="最久等待"),
    "label mean": Words(en="MEAN", zh="平均耗时"),
    "label workers": Words(en="WORKERS", zh="WORKER 数"),
    "label worker": Words(en="WORKER", zh="WORKER"),
    "label seen": Words(en="SEEN", zh="最近联系"),
    "job waiting": Words(en="waiting", zh="等待"),
    "job delayed": Words(en="delayed", zh="延迟"),
    "job running": Words(en="running", zh="运行中"),
    "job done": Words(en="done", zh="完成"),
    "job dead": Words(en="dead", zh="失败"),
    "job dropped": Words(en="dropped", zh="已丢弃"),
    "job working": Words(en="working", zh="工作中"),
    "job stopping": Words(en="stopping", zh="停止中"),
    "job silent": Words(en="silent", zh="失联"),
    "note jobs none": Words(en="nothing there", zh="没有任务"),
    "note jobs replayed": Words(en="waiting again: {jobs}", zh="已重新排队：{jobs}"),
    "note jobs dropped": Words(en="dropped: {jobs}", zh="已丢弃：{jobs}"),
    "ask drop jobs": Words(
        en="Drop all {state} jobs of the queue?", zh="丢弃队列中所有{state}的任务吗？"
    ),
    "check jobs": Words(en="jobs", zh="任务队列"),
}
