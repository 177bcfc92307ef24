"""Words of `--help`: each command under `help NAME`, its options, and the common flags."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "help": Words(
        en="Run a system described in one file: on this machine, in containers, in a cluster.",
        zh="用一个文件描述整个系统，并在本机、容器或集群中运行它。",
    ),
    # -------------------------------------------------------------------------------- commands
    "help new": Words(
        en="Write a small project that runs.\nMakes the folder NAME with a stack file and a tiny "
        "service. Nothing that exists is overwritten.",
        zh="生成一个可以直接运行的小项目。\n新建目录 NAME，写入栈文件和一个很小的服务；"
        "不会覆盖任何已有文件。",
    ),
    "help check": Words(
        en="Find mistakes in the stack file.\nShows all of them at once, each with its line and "
        "a fix. Nothing is started. Ends with 2 where there are errors.",
        zh="检查栈文件中的错误。\n一次列出全部问题，每个都带行号和解决办法；不启动任何东西。"
        "有错误时退出码为 2。",
    ),
    "help explain": Words(
        en="Show each setting and where it comes from.\nA line of the file, a default, an "
        "environment or --set. PATH, such as services.api, shows only what is below it.",
        zh="显示每项设置的值及其来源。\n来源可以是文件中的某一行、默认值、某个环境或 --set。"
        "给出 PATH（如 services.api）则只显示它下面的设置。",
    ),
    "help plan": Words(
        en="Show what `up` would do.\nWhat is created, replaced, kept and removed, what happens to "
        "each piece of data, and which promises this target cannot keep. Nothing is changed.",
        zh="显示 up 将要做什么。\n哪些会新建、替换、保留或移除，每份数据会怎样，"
        "以及当前平台无法满足哪些承诺；不做任何改动。",
    ),
    "help up": Words(
        en="Start the stack, or bring it to what the file says now.\nReturns when everything is "
        "ready with -d; otherwise stays, shows what happens, and Ctrl-C takes the stack down "
        "(its data is kept).",
        zh="启动整个应用栈，或让它变成文件现在描述的样子。\n使用 -d 时，全部就绪后返回；"
        "否则留在前台显示进展，按 Ctrl-C 停止应用栈（数据会保留）。",
    ),
    "help deploy": Words(
        en="Bring the stack to what the file says, and report what that cost.\nShows the plan and "
        "asks; -y says yes. Jobs that come before a release run first, then new instances take "
        "over by each service's `rollout`, and the release is on trial for `watch`. One that does "
        "not get ready, dies again and again, or does worse than `rollback_if` allows, goes back "
        "as a whole: status 5, or 6 where nothing could be restored.",
        zh="让应用栈变成文件现在描述的样子，并报告这次部署的代价。\n先显示计划并询问，-y 表示"
        "同意。发布前的任务先运行，然后新实例按各服务的 rollout 接替，并在 watch 期间接受观察。"
        "无法就绪、反复崩溃或超出 rollback_if 限度的版本会整体回滚：退出码 5；若无法恢复则为 6。",
    ),
    "help releases": Words(
        en="List the releases that can be gone back to, the newest first.",
        zh="列出可以回滚到的版本，最新的在前。",
    ),
    "help host": Words(
        en='Other machines that stacks run on.\nA stack file names one as target: "docker '
        'ssh://user@host". Commands for that environment are carried out there.',
        zh='运行应用栈的其他机器。\n在栈文件中写 target: "docker ssh://user@host"，'
        "该环境的命令就会在那台机器上执行。",
    ),
    "help host add": Words(
        en="Make a Debian or Ubuntu host ready for containers.\nLooks at system, disk, clock and "
        "rights, shows what is missing, asks, and does it. A second time changes nothing. A host "
        "whose key is not known is only taken with its fingerprint: typed with --key, or "
        "confirmed at the terminal; -y does not confirm it.",
        zh="为容器准备一台 Debian 或 Ubuntu 主机。\n检查系统、磁盘、时钟和权限，列出缺少的内容，"
        "询问后执行；再次运行不会有任何改动。未知主机必须核对密钥指纹：用 --key 给出，"
        "或在终端确认；-y 不能代替这一确认。",
    ),
    "help bundle": Words(
        en="Write everything a stack runs from to one file.\nImages, front ends, models and the "
        "release, for a machine that can pull nothing: there, `seaway deploy --bundle FILE` "
        "brings it up. No secret is in it.",
        zh="把应用栈运行所需的一切写入一个文件。\n包括镜像、前端文件、模型和版本信息，用于无法"
        "拉取任何内容的机器：在那里执行 seaway deploy --bundle FILE 即可启动。其中不含任何密钥。",
    ),
    "option bundle": Words(
        en="Deploy what this file holds; nothing is built or pulled.",
        zh="部署该文件中的内容；不构建，也不拉取。",
    ),
    "option bundle output": Words(
        en="Where to write it; NAME-ENVIRONMENT.bundle without it.",
        zh="写到哪里；默认为 NAME-ENVIRONMENT.bundle。",
    ),
    "option key": Words(
        en="The fingerprint of the host's key, as its owner tells it (SHA256:…).",
        zh="主机密钥的指纹，由主机管理员提供（SHA256:…）。",
    ),
    "help rollback": Words(
        en="Go back to an earlier release: its code, routes, settings and versions of secrets.\n"
        "Without a number, to the last good one that was different. Nothing is built or fetched, "
        "and jobs are not run again: what they did to the data stays.",
        zh="回到更早的版本：包括其代码、路由、设置和密钥版本。\n不给版本号时，回到上一个内容不同的"
        "正常版本。不会重新构建或下载，也不会再次运行任务：任务对数据的改动会保留。",
    ),
    "help down": Words(
        en="Stop everything, in reverse order of starting.\nData is kept. --destroy-data removes "
        "it as well, for good, and wants the name of the stack.",
        zh="按启动的相反顺序停止所有服务。\n数据会保留。--destroy-data 会连数据一起永久删除，"
        "并要求给出应用栈的名称。",
    ),
    "help status": Words(
        en="Show what is running.\nEach part with its state, its addresses, and what it last "
        "suffered. --format json also tells the process of the supervisor.",
        zh="显示正在运行的内容。\n列出每个部分的状态、地址和最近的问题。"
        "--format json 还会给出守护进程的进程号。",
    ),
    "help wait": Words(
        en="Wait until parts are ready.\nAll of them when none is named. Ends with 17 when the "
        "time is over and with 18 when an awaited part has failed.",
        zh="等待服务就绪。\n不指定名称时等待全部。超时的退出码为 17，所等的部分失败时为 18。",
    ),
    "help logs": Words(
        en="Show what the parts wrote.\nThe lines of all parts in order of time, or only of those "
        "named.",
        zh="查看日志。\n按时间顺序显示所有部分的日志，或只显示指定的部分。",
    ),
    "help exec": Words(
        en="Run a command where a service runs.\nWith its environment, folder and user. Ends with "
        "the status of the command.",
        zh="在服务的运行环境中执行命令。\n使用它的环境变量、目录和用户；退出码就是该命令的退出码。",
    ),
    "help restart": Words(
        en="Replace running instances by new ones of the same.\nA service with a balancer goes on "
        "answering meanwhile.",
        zh="用同样的新实例替换正在运行的实例。\n有负载均衡的服务在此期间不会中断。",
    ),
    "help scale": Words(
        en="Change how many instances a service has.\nHolds until the next `up`, which goes by the "
        "file again.",
        zh="调整服务的实例数量。\n在下一次 up 之前有效，之后重新以文件为准。",
    ),
    "help failover": Words(
        en="Let a standby take over from the leader of a store.\nThe leader ends in good order, "
        "the standby has all it had, and the former leader follows it. Connections are cut once.",
        zh="让备库接替主库。\n主库会正常停止，备库拥有其全部数据，原主库随后改为跟随它。现有连接会断开一次。",
    ),
    "help install": Words(
        en="Have systemd keep the supervisor of this stack.\nWrites one unit and enables it: after "
        "a reboot everything comes back. What runs does not notice.",
        zh="让 systemd 看护该应用栈的守护进程。\n写入并启用一个 unit：重启后一切自动恢复；"
        "正在运行的服务不受影响。",
    ),
    "option remove unit": Words(
        en="Undo it: disable and remove the unit.", zh="撤销：停用并删除该 unit。"
    ),
    "help simulate": Words(
        en="Replay a load against the scaling rules.\nTRACE is a file of lines `seconds,requests "
        "per second`. A simple model of the service answers; nothing runs.",
        zh="用一段负载演练伸缩规则。\nTRACE 是由“秒,每秒请求数”各行组成的文件。"
        "由一个简单的服务模型作答，不会运行任何东西。",
    ),
    "option cost": Words(
        en="Processor time of one request (default: 10ms).",
        zh="每个请求占用的 CPU 时间（默认：10ms）。",
    ),
    "option start": Words(
        en="How long a new copy takes until it serves (default: 5s).",
        zh="新副本到可以服务所需的时间（默认：5s）。",
    ),
    "help secrets": Words(
        en="Keep passwords and keys, encrypted.\nValues are read from a terminal, from stdin or "
        "from a file, never from the command line, and are never shown.",
        zh="加密保存密码和密钥。\n值只从终端、标准输入或文件读取，绝不出现在命令行中，也不会显示出来。",
    ),
    "help secrets generate": Words(
        en="Make the secrets that the stack file lets Seaway make.\nThose that exist are kept.",
        zh="生成栈文件允许自动生成的密钥。\n已有的会保留。",
    ),
    "help secrets set": Words(
        en="Keep a secret.\nAsks for it on a terminal without showing it; otherwise reads stdin, "
        "less one line end.",
        zh="保存一个密钥。\n在终端上以不回显的方式输入；否则从标准输入读取，并去掉末尾的一个换行。",
    ),
    "help secrets list": Words(
        en="Show which secrets there are and which are missing.\nNames and versions, no values.",
        zh="列出已有的和缺少的密钥。\n只显示名称和版本，不显示值。",
    ),
    "help secrets rotate": Words(
        en="Give a secret a new value.\nParts that use it are replaced at the next `up`.",
        zh="更换一个密钥的值。\n使用它的部分会在下一次 up 时替换。",
    ),
    "help secrets import": Words(
        en="Keep the secrets of a .env file.\nOnly those that the stack file names; the others are "
        "told and left. The file is on this machine, for a stack on a host too; - is standard "
        "input.",
        zh="从 .env 文件导入密钥。\n只导入栈文件中提到的；其余的会列出并忽略。"
        "即使应用栈在远程主机上，文件也从本机读取；- 表示标准输入。",
    ),
    "help doctor": Words(
        en="Find what is wrong, with cause and remedy.\nLooks at this machine, the stack file, the "
        "secrets and, where the stack runs, at each part. Ends with 4 when something was found.",
        zh="查找问题，给出原因和解决办法。\n检查本机、栈文件、密钥，以及正在运行的各个部分。"
        "发现问题时退出码为 4。",
    ),
    "help verify": Words(
        en="Try the acceptance list of a stack on the running system.\nRuns `journey.py` beside "
        "the stack file. Each line passes with evidence, fails, is not tried, or is not yet "
        "built. Ends with 1 where a line failed or could not be tried. STACK is a folder or a "
        "stack file.",
        zh="在正在运行的系统上逐项执行验收清单。\n运行栈文件旁的 `journey.py`。每一项要么带证据"
        "通过，要么失败、未执行，或标明尚未实现。有失败或未能执行的项目时，退出码为 1。"
        "STACK 是目录或栈文件。",
    ),
    "help completion": Words(
        en="Print a script that completes commands in a shell.",
        zh="输出用于命令行补全的脚本。",
    ),
    "help supervise": Words(
        en="Keep a stack running; started by `seaway up`.",
        zh="保持应用栈运行；由 seaway up 启动。",
    ),
    # --------------------------------------------------------------------------------- options
    "option version": Words(en="Show the version.", zh="显示版本号。"),
    "option template": Words(
        en="What to begin with: an API, an API with a simulated language model, or web pages.",
        zh="起始内容：一个 API、一个带模拟大模型的 API，或网页。",
    ),
    "option warnings as errors": Words(
        en="End with 4 where there are warnings.", zh="有警告时退出码为 4。"
    ),
    "option exit code": Words(
        en="End with 3 when something would change.", zh="有改动时退出码为 3。"
    ),
    "option detach": Words(
        en="Return when everything is ready; the stack goes on.",
        zh="全部就绪后返回，应用栈在后台继续运行。",
    ),
    "option destroy data": Words(
        en="Remove all data too; STACK is the name of the stack.",
        zh="同时删除全部数据；STACK 是应用栈的名称。",
    ),
    "option failover to": Words(
        en="The instance that is to lead; the first that can, without it.",
        zh="要成为主库的实例；省略时选第一个可以接替的实例。",
    ),
    "option follow": Words(en="Go on showing what comes.", zh="持续显示新的内容。"),
    "option since": Words(
        en="Only what is newer than this: 10m, 2h.", zh="只显示这段时间之内的内容：10m、2h。"
    ),
    "option tail": Words(en="Only the last N lines.", zh="只显示最后 N 行。"),
    "option errors": Words(
        en="Only what was written to stderr, as long as that is kept.",
        zh="只显示写入 stderr 的内容，保留多久就能查多久。",
    ),
    "option grep": Words(
        en="Only lines that match this regular expression.", zh="只显示匹配该正则表达式的行。"
    ),
    "option stack": Words(en="The stack to keep.", zh="要守护的应用栈。"),
    "option journey": Words(
        en="The journey to run. Default: journey.py beside the stack file.",
        zh="要执行的验收流程。默认：栈文件旁的 journey.py。",
    ),
    "option html": Words(
        en="Write the report to this file too, as one HTML page.",
        zh="同时把报告写成一个 HTML 页面，保存到该文件。",
    ),
    "option only lines": Words(
        en="Try only the lines with these ids, and those they come after: page,login.",
        zh="只执行这些 id 的行，以及它们所依赖的行，如 page,login。",
    ),
    "option drilled": Words(
        en="Try only the lines that a drill tries on what it has restored.",
        zh="只执行演练在恢复出的副本上所执行的行。",
    ),
    "help render": Words(
        en="Write the files that another tool runs the stack by, without Seaway.\nWith -o a folder "
        "that is whole: the compose file, a folder for each image, configurations, and a script "
        "that writes the secrets, of which none is in it. Without -o the compose file is shown. "
        "Nothing is started.",
        zh="生成其他工具运行此应用栈所需的文件，不再依赖 Seaway。\n用 -o 指定文件夹时内容完整："
        "compose 文件、每个镜像的构建目录、各项配置，以及写出密钥的脚本（文件中不含任何密钥）。"
        "不带 -o 时只显示 compose 文件；不启动任何东西。",
    ),
    "help eject": Words(
        en="Hand a stack on the target docker over to Compose, to go on without Seaway.\nAs render "
        "does, and the volumes are the folders where the data lies now; its secrets are written "
        "beside, for you alone to read. Then `seaway down`, and `docker compose up` goes on.",
        zh="把 docker 目标上的应用栈移交给 Compose，之后不再依赖 Seaway。\n与 render 相同，"
        "另外各卷就是数据现在所在的文件夹；密钥也会写在旁边，仅您本人可读。"
        "随后执行 seaway down，再由 docker compose up 接着运行。",
    ),
    "option rendered kind": Words(en="For which tool: compose.", zh="供哪个工具使用：compose。"),
    "option rendered output": Words(
        en="The folder to write; what an earlier render wrote there is replaced, secrets stay.",
        zh="写入的文件夹；此前 render 写入的内容会被替换，密钥保留。",
    ),
    "option fail on": Words(
        en="The least grave finding that ends with 4 (default: error).",
        zh="达到该级别的问题会使退出码为 4（默认：error）。",
    ),
    # --------------------------------------------------------------------------- common flags
    "flag file": Words(
        en="The stack file. Default: seaway.yaml, here or in a folder above.",
        zh="栈文件。默认：当前目录或上级目录中的 seaway.yaml。",
    ),
    "flag environment": Words(
        en="The environment of the file to use. Default: local.",
        zh="使用文件中的哪个环境。默认：local。",
    ),
    "flag set": Words(
        en="Override a setting: --set services.api.replicas=2. May be repeated.",
        zh="覆盖一项设置：--set services.api.replicas=2。可重复使用。",
    ),
    "flag yes": Words(en="Answer yes to every question.", zh="对所有询问回答“是”。"),
    "flag dry_run": Words(
        en="Show what would be done and do nothing.", zh="只显示将要做什么，不实际执行。"
    ),
    "flag format": Words(en="How data is shown.", zh="数据的显示格式。"),
    "flag timeout": Words(en="How long it may take: 30s, 5m.", zh="最长等待时间：30s、5m。"),
    "flag verbose": Words(en="Tell more.", zh="显示更多信息。"),
    "flag quiet": Words(en="Tell only what went wrong.", zh="只显示错误。"),
    "flag lang": Words(
        en="Language of what is said: en or zh. Default: from LANG.",
        zh="显示语言：en 或 zh。默认取自 LANG。",
    ),
    "flag no_color": Words(
        en="No colours, as with the variable NO_COLOR.", zh="不使用颜色，与变量 NO_COLOR 相同。"
    ),
    "flag help": Words(en="Show this page.", zh="显示本页。"),
    # ---------------------------------------------------------------------------------- titles
    "label usage": Words(en="Usage: ", zh="用法："),
    "label options piece": Words(en="[OPTIONS]", zh="[选项]"),
    "label commands": Words(en="Commands:", zh="命令："),
    "label options": Words(en="Options:", zh="选项："),
    "label common": Words(
        en="Common options, before or after the command, each also as SEAWAY_<NAME>:",
        zh="通用选项，写在命令之前或之后均可，也可用 SEAWAY_<名称> 变量设置：",
    ),
    "label common too": Words(
        en="Also, as described by seaway --help: {names}",
        zh="还可使用（说明见 seaway --help）：{names}",
    ),
    "label examples": Words(en="Examples:", zh="示例："),
}
