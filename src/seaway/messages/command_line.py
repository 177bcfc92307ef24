"""Words about the command line (codes SW600 to SW639)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW600": Words(
        en="this is a fault in Seaway: {problem}{report}",
        zh="这是 Seaway 自身的故障：{problem}{report}",
        fix_en="please report it with this file, in which secrets are masked: {file}",
        fix_zh="请附上此文件反馈问题（其中的密钥已遮盖）：{file}",
    ),
    "SW601": Words(
        en="`{command}` has no option {option}",
        zh="`{command}` 没有选项 {option}",
        fix_en="did you mean {nearest}? See: {command} --help",
        fix_zh="是不是想写 {nearest}？查看：{command} --help",
    ),
    "SW602": Words(
        en="there is no command '{command}'",
        zh="没有名为 '{command}' 的命令",
        fix_en="did you mean {nearest}? There are: {known}",
        fix_zh="是不是想写 {nearest}？可用的命令：{known}",
    ),
    "SW603": Words(
        en="{name} is missing",
        zh="缺少 {name}",
        fix_en="{command} --help",
        fix_zh="{command} --help",
    ),
    "SW604": Words(
        en="`{command}` does not know what to do with: {extra}",
        zh="`{command}` 不接受多余的参数：{extra}",
        fix_en="leave it out, or see: {command} --help",
        fix_zh="去掉它，或查看：{command} --help",
    ),
    "SW605": Words(
        en="option {option} needs a value",
        zh="选项 {option} 需要一个值",
        fix_en="{command} --help",
        fix_zh="{command} --help",
    ),
    "SW606": Words(
        en="option {option} takes no value",
        zh="选项 {option} 不接受值",
        fix_en="write just {option}",
        fix_zh="只写 {option} 即可",
    ),
    "SW607": Words(
        en="{option} cannot be '{value}'",
        zh="{option} 不能是 '{value}'",
        fix_en="use one of: {known}",
        fix_zh="可用的值：{known}",
    ),
    "SW608": Words(
        en="{option} is a time with its unit, not '{value}'",
        zh="{option} 应为带单位的时间，而不是 '{value}'",
        fix_en="write it as 30s, 5m or 1h30m",
        fix_zh="写成 30s、5m 或 1h30m",
    ),
    "SW609": Words(
        en="{option} is a whole number from {least} upwards, not '{value}'",
        zh="{option} 应为不小于 {least} 的整数，而不是 '{value}'",
        fix_en="write it as {least} or more",
        fix_zh="写成 {least} 或更大的数",
    ),
    "SW610": Words(
        en="`seaway {command}` is not built yet",
        zh="`seaway {command}` 尚未实现",
        fix_en="see what works today: seaway --help",
        fix_zh="查看目前可用的命令：seaway --help",
    ),
    "SW611": Words(
        en="{problem}",
        zh="命令行有误：{problem}",
        fix_en="{command} --help",
        fix_zh="{command} --help",
    ),
    "SW612": Words(
        en="there is no seaway.yaml in {folder} or above it",
        zh="{folder} 及其上级目录中都没有 seaway.yaml",
        fix_en="name the file with -f FILE, or begin with: seaway new NAME",
        fix_zh="用 -f FILE 指定文件，或从 seaway new NAME 开始",
    ),
    "SW613": Words(
        en="there is no file {file}",
        zh="文件 {file} 不存在",
        fix_en="check the path after -f, or in SEAWAY_FILE",
        fix_zh="检查 -f 或 SEAWAY_FILE 中的路径",
    ),
    "SW614": Words(
        en="this needs a yes, and there is no terminal to ask on: {question}",
        zh="此操作需要确认，但没有可供询问的终端：{question}",
        fix_en="add -y to answer yes",
        fix_zh="加上 -y 表示确认",
    ),
    "SW615": Words(
        en="nothing was done: the answer was not yes",
        zh="未做任何操作：没有得到确认",
        fix_en="answer y, or add -y",
        fix_zh="回答 y，或加上 -y",
    ),
    "SW616": Words(
        en="the stack is called '{stack}', not '{given}'; nothing was removed",
        zh="应用栈的名称是 '{stack}'，不是 '{given}'；没有删除任何数据",
        fix_en="to remove its data for good: seaway down --destroy-data {stack}",
        fix_zh="如需永久删除数据：seaway down --destroy-data {stack}",
    ),
    "SW617": Words(
        en="{path} exists already; nothing was written",
        zh="{path} 已存在；没有写入任何内容",
        fix_en="choose another name, or remove it first",
        fix_zh="换一个名称，或先删除它",
    ),
    "SW618": Words(
        en="a stack cannot be called '{name}'",
        zh="应用栈不能命名为 '{name}'",
        fix_en="use small letters, digits and hyphens, a letter first, at most 40: {example}",
        fix_zh="使用小写字母、数字和连字符，以字母开头，最多 40 个字符：{example}",
    ),
    "SW619": Words(
        en="{path} cannot be written: {problem}",
        zh="无法写入 {path}：{problem}",
        fix_en="check who owns the folder and whether the disk is full",
        fix_zh="检查目录的所有者以及磁盘是否已满",
    ),
    "SW620": Words(en="interrupted", zh="已中断"),
    "SW621": Words(
        en="the stack differs from the file; changes: {count}",
        zh="应用栈与文件不一致；改动：{count}",
        fix_en="to make them: seaway up",
        fix_zh="应用改动：seaway up",
    ),
    "SW622": Words(
        en="found errors: {errors}, warnings: {warnings}",
        zh="发现的错误：{errors}，警告：{warnings}",
    ),
    "SW623": Words(
        en="the stack has no part called '{name}'",
        zh="应用栈中没有名为 '{name}' 的部分",
        fix_en="there are: {known}",
        fix_zh="现有：{known}",
    ),
    "SW624": Words(
        en="nothing of '{stack}' ({environment}) is running",
        zh="'{stack}'（{environment}）没有任何内容在运行",
        fix_en="to start it: seaway up",
        fix_zh="启动：seaway up",
    ),
    "SW625": Words(
        en="stdin had no value for {name}",
        zh="标准输入中没有 {name} 的值",
        fix_en="pipe it in, or run this on a terminal to be asked",
        fix_zh="通过管道传入，或在终端中运行以便输入",
    ),
    "SW626": Words(
        en="the stack file names no secret '{name}'",
        zh="栈文件中没有提到密钥 '{name}'",
        fix_en="it names: {known}",
        fix_zh="其中提到的有：{known}",
    ),
    "SW627": Words(
        en="{file} cannot be read: {problem}",
        zh="无法读取 {file}：{problem}",
        fix_en="check its path and permissions",
        fix_zh="检查路径和权限",
    ),
    "SW628": Words(
        en="a value for {name} must be given: Seaway does not make this one",
        zh="必须提供 {name} 的值：Seaway 不会自动生成它",
        fix_en="run: seaway secrets set {name}",
        fix_zh="运行：seaway secrets set {name}",
    ),
    "SW629": Words(
        en="'{value}' is not a regular expression: {problem}",
        zh="'{value}' 不是正确的正则表达式：{problem}",
        fix_en="put a backslash before ( [ * + ? . to mean the character itself",
        fix_zh="要表示 ( [ * + ? . 这些字符本身，请在前面加反斜杠",
    ),
    "SW632": Words(
        en="a count is written NAME=N, not '{value}'",
        zh="数量应写成 NAME=N，而不是 '{value}'",
        fix_en="for example: seaway scale api=3",
        fix_zh="例如：seaway scale api=3",
    ),
    "SW633": Words(
        en="release {release} failed: {instance}: {reason}; release {good} did not come back "
        "either: {restoring}",
        zh="版本 {release} 失败：{instance}：{reason}；版本 {good} 也未能恢复：{restoring}",
        fix_en="see what serves: seaway status; then mend the cause and run: seaway up",
        fix_zh="查看当前状态：seaway status；排除原因后执行：seaway up",
    ),
    "SW634": Words(
        en="no value was kept for {name}: the two were empty or differed",
        zh="没有保存 {name}：两次输入为空或不一致",
        fix_en="run it again",
        fix_zh="请重新执行",
    ),
    "SW635": Words(
        en="`{command}` has no option {option}",
        zh="`{command}` 没有选项 {option}",
        fix_en="{command} --help",
        fix_zh="{command} --help",
    ),
    "SW637": Words(
        en="{path}: {problem}",
        zh="{path}：{problem}",
        fix_en="check who owns it, and whether the disk is full",
        fix_zh="检查它的所有者，以及磁盘是否已满",
    ),
    "SW638": Words(
        en="nothing was started; errors, shown above: {count}",
        zh="没有启动任何内容；上面列出的错误：{count}",
    ),
    "SW639": Words(
        en="there is no setting at '{path}'",
        zh="'{path}' 处没有任何设置",
        fix_en="use one of: {known}",
        fix_zh="可用的路径：{known}",
    ),
    "SW631": Words(
        en="'{stack}' was brought up from {other}, which is still there: both files would use the"
        " same data and replace each other's services",
        zh="“{stack}”是由 {other} 启动的，该文件仍然存在："
        "两个文件会使用同一份数据，并互相替换对方的服务",
        fix_en="give one of them another name, or a folder of its own: SEAWAY_STATE=DIR seaway up",
        fix_zh="为其中一个更改 name，或使用单独的目录：SEAWAY_STATE=DIR seaway up",
    ),
    "SW636": Words(
        en="there is no command '{command}'",
        zh="没有名为 '{command}' 的命令",
        fix_en="there are: {known}",
        fix_zh="可用的命令：{known}",
    ),
    "note simulated": Words(
        en="changes: {changes}, most copies: {most}, copy-hours: {hours}, slowest p95: {worst}, "
        "given up: {lost} of {requests} requests",
        zh="变化 {changes} 次，最多 {most} 个副本，共 {hours} 副本小时，最慢 p95 {worst}，"
        "放弃请求 {lost}/{requests}",
    ),
    "ask install": Words(en="Write and enable {unit}?", zh="写入并启用 {unit}？"),
    "ask uninstall": Words(en="Disable and remove {unit}?", zh="停用并删除 {unit}？"),
    "note installed": Words(
        en="{unit} keeps the supervisor now, and brings it back after a reboot",
        zh="现在由 {unit} 看护守护进程，重启后会自动恢复",
    ),
    "note installed for later": Words(
        en="{unit} is enabled; systemd does not run here now",
        zh="已启用 {unit}；但此处当前没有运行 systemd",
    ),
    "note linger": Words(
        en="for a start without a login: loginctl enable-linger",
        zh="如需未登录也启动：loginctl enable-linger",
    ),
    "note vault key": Words(
        en="the key of the vault is not written into a unit: put SEAWAY_VAULT_KEY=… into {file}, "
        "mode 0600",
        zh="保险库密钥不会写入 unit：请把 SEAWAY_VAULT_KEY=… 写入 {file}，权限 0600",
    ),
    "note uninstalled": Words(en="{unit} is removed", zh="已删除 {unit}"),
}
