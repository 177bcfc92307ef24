"""Words about the local target (codes SW2xx)."""

from seaway.messages.words import Words

_PROCESSES: dict[str, Words] = {
    "SW200": Words(
        en="{instance}: the program '{program}' was not found",
        zh="{instance}：找不到程序“{program}”",
        fix_en="install it, or write its full path in 'run'",
        fix_zh="请安装该程序，或在 run 中写出完整路径",
    ),
    "SW201": Words(
        en="{instance}: the program '{program}' cannot be executed: {problem}",
        zh="{instance}：无法执行程序“{program}”：{problem}",
        fix_en="chmod +x {program}, and let other users read its folder",
        fix_zh="执行 chmod +x {program}，并允许其他用户读取其所在目录",
    ),
    "SW202": Words(
        en="{instance}: cannot start in the folder {folder}: {problem}",
        zh="{instance}：无法在目录 {folder} 中启动：{problem}",
        fix_en="make the folder, or let other users enter it",
        fix_zh="请创建该目录，或允许其他用户进入",
    ),
    "SW203": Words(
        en="{instance}: cannot give up root: {problem}",
        zh="{instance}：无法放弃 root 身份：{problem}",
        fix_en="allow user namespaces (sysctl user.max_user_namespaces=15000),"
        " or run Seaway as another user than root",
        fix_zh="请允许用户命名空间（sysctl user.max_user_namespaces=15000），"
        "或用非 root 用户运行 Seaway",
    ),
    "SW204": Words(
        en="{instance}: its shim did not start it within {limit} s",
        zh="{instance}：守护进程未能在 {limit} 秒内将其启动",
        fix_en="look at the load of this machine (uptime, df), then try again",
        fix_zh="请检查本机负载（uptime、df），然后重试",
    ),
    "SW205": Words(
        en="{instance} is running already",
        zh="{instance} 已在运行",
    ),
    "SW206": Words(
        en="{instance} has been started before; an instance lives once",
        zh="{instance} 曾经启动过；每个实例只运行一次",
    ),
    "SW207": Words(
        en="{instance}: its shim failed: {problem}",
        zh="{instance}：守护进程出错：{problem}",
    ),
    "SW208": Words(
        en="{instance}: cannot limit its open files: {problem}",
        zh="{instance}：无法限制其打开文件数：{problem}",
        fix_en="ask for no more files than 'ulimit -Hn' says",
        fix_zh="文件数上限请勿超过 ulimit -Hn 的值",
    ),
    "SW209": Words(
        en="{instance}: its own folders cannot be written: {problem}",
        zh="{instance}：无法写入其自身目录：{problem}",
        fix_en="look for free space (df) and at who owns the folder of the stack's state",
        fix_zh="请检查剩余空间（df）以及状态目录的属主",
    ),
    "SW210": Words(
        en="'{pattern}' is not a regular expression: {problem}",
        zh="“{pattern}”不是有效的正则表达式：{problem}",
        fix_en="put a backslash before characters that are meant as they are",
        fix_zh="请在需要按字面匹配的字符前加反斜杠",
    ),
    "SW211": Words(
        en="{program} ended with status {status}: {problem}",
        zh="{program} 以状态 {status} 结束：{problem}",
    ),
    "SW212": Words(
        en="{program} did not end within {limit} s and was killed",
        zh="{program} 未能在 {limit} 秒内结束，已被终止",
    ),
}

_TARGET: dict[str, Words] = {
    "SW250": Words(
        en="no port is free between {first} and {last}",
        zh="{first} 到 {last} 之间没有空闲端口",
        fix_en="end what listens there: ss -ltnp",
        fix_zh="请结束占用这些端口的程序：ss -ltnp",
    ),
    "SW251": Words(
        en="volume {volume}: there was data before, and now there is none, or another volume",
        zh="数据卷 {volume}：此前已有数据，现在却不见了，或换成了另一个卷",
        fix_en="bring {folder} back (is its disk mounted?), or restore a backup;"
        " 'seaway down --destroy-data STACK' gives the data up",
        fix_zh="请恢复 {folder}（磁盘是否已挂载？），或从备份恢复；"
        "执行 seaway down --destroy-data STACK 表示放弃这些数据",
    ),
    "SW252": Words(
        en="this target has no server called '{part}'",
        zh="此目标没有名为“{part}”的服务器",
        fix_en="use one of: {known}",
        fix_zh="可用的有：{known}",
    ),
    "SW253": Words(
        en="the server '{part}' needs the Python package '{package}'",
        zh="服务器“{part}”需要 Python 包“{package}”",
        fix_en="pip install 'seaway[local]'",
        fix_zh="执行 pip install 'seaway[local]'",
    ),
    "SW254": Words(
        en="the address of '{workload}' (port {port}) is not known: nothing of it runs",
        zh="无法得知“{workload}”（端口 {port}）的地址：它没有任何实例在运行",
        fix_en="name it in 'uses', so that it is started first",
        fix_zh="请在 uses 中写上它，使其先启动",
    ),
    "SW255": Words(
        en="the argument '{argument}' would show the secret in {name} to every user of the machine",
        zh="参数“{argument}”会把 {name} 中的密钥暴露给本机所有用户",
        fix_en="let the program read the variable {name} itself",
        fix_zh="请让程序自行读取变量 {name}",
    ),
    "SW256": Words(
        en="the argument '{argument}' names the variable {name}, which is not set",
        zh="参数“{argument}”引用了未设置的变量 {name}",
        fix_en="set it under 'env', or write $$ for a plain $",
        fix_zh="请在 env 中设置它；若只想写 $，请写作 $$",
    ),
    "SW257": Words(
        en="the program '{program}' was not found in {folder}",
        zh="在 {folder} 中找不到程序“{program}”",
        fix_en="install it, or add the package that brings it to the project",
        fix_zh="请安装它，或把提供它的软件包加入项目依赖",
    ),
    "SW258": Words(
        en="uv is needed to make the Python environment of {folder}, and is not installed",
        zh="为 {folder} 创建 Python 环境需要 uv，但它尚未安装",
        fix_en="pip install uv",
        fix_zh="执行 pip install uv",
    ),
    "SW259": Words(
        en="build failed: {command}: {last}",
        zh="构建失败：{command}：{last}",
        fix_en="cd {folder} && {command}",
        fix_zh="执行 cd {folder} && {command}",
    ),
    "SW260": Words(
        en="the build made no folder {folder}",
        zh="构建没有生成目录 {folder}",
        fix_en="look at what '{command}' makes, and name that folder",
        fix_zh="请确认“{command}”生成的目录，并写上它的名字",
    ),
    "SW261": Words(
        en="{instance} could not be made: {problem}",
        zh="无法创建 {instance}：{problem}",
        fix_en="look for free space (df) and at who owns the folder of the stack's state",
        fix_zh="请检查剩余空间（df）以及状态目录的属主",
    ),
    "SW262": Words(
        en="port {port} of {instance} is taken by {holder}",
        zh="{instance} 的端口 {port} 已被 {holder} 占用",
        fix_en="end that program; the port of a store stays the same for ever",
        fix_zh="请结束该程序；存储类组件的端口始终不变",
    ),
    "SW263": Words(
        en="data cannot be removed while something runs: {running}",
        zh="仍有实例在运行，不能删除数据：{running}",
        fix_en="seaway down",
        fix_zh="执行 seaway down",
    ),
    "SW264": Words(
        en="{instance} is no longer there",
        zh="{instance} 已不存在",
        fix_en="seaway status",
        fix_zh="执行 seaway status",
    ),
    "SW270": Words(
        en="on one machine nothing keeps a process from connecting to another:"
        " 'uses' gives addresses and order here, not network rules",
        zh="在单机上无法阻止进程之间互相连接：uses 在此只决定地址与启动顺序，不形成网络规则",
    ),
    "SW271": Words(
        en="{component} asks for version {wanted}; here it gets {found} ({origin})",
        zh="{component} 要求版本 {wanted}，此处实际为 {found}（{origin}）",
        fix_en="test on a target with containers before relying on the difference",
        fix_zh="若依赖版本差异，请先在容器目标上测试",
    ),
    "SW272": Words(
        en="{service} will be left out: {tools} is not installed and its build is not up to date",
        zh="{service} 将被略过：未安装 {tools}，且其构建结果不是最新的",
        fix_en="install {tools}, or build it elsewhere and bring the result here",
        fix_zh="请安装 {tools}，或在别处构建后把结果复制过来",
    ),
    "SW273": Words(
        en="the memory limits add up to {wanted} GiB; this machine has {there} GiB free",
        zh="内存上限合计 {wanted} GiB，而本机可用 {there} GiB",
        fix_en="lower limits or replicas for this environment",
        fix_zh="请为此环境降低上限或副本数",
    ),
    "SW274": Words(
        en="the processor limits add up to {wanted}; this machine has {there}",
        zh="处理器上限合计 {wanted}，而本机有 {there} 个",
        fix_en="lower limits or replicas for this environment",
        fix_zh="请为此环境降低上限或副本数",
    ),
    "SW281": Words(
        en="{folder} is not the source any more that this release was made from",
        zh="{folder} 中的源代码已不是该版本发布时的内容",
        fix_en="deploy again; for an older release, bring its source back first",
        fix_zh="请重新部署；若要回到更早的版本，请先恢复其源代码",
    ),
    "SW290": Words(
        en="the supervisor did not start; its log says why: {log}",
        zh="守护程序未能启动，原因见其日志：{log}",
        fix_en="tail {log}",
        fix_zh="执行 tail {log}",
    ),
    "SW275": Words(
        en="{unit} cannot be enabled: there is no systemctl on this machine",
        zh="无法启用 {unit}：本机没有 systemctl",
        fix_en="see the unit with: seaway install --dry-run",
        fix_zh="查看 unit 内容：seaway install --dry-run",
    ),
    "SW276": Words(
        en="systemd refuses {unit}: {problem}",
        zh="systemd 拒绝 {unit}：{problem}",
        fix_en="try it by hand: {command}",
        fix_zh="请手动执行：{command}",
    ),
}

WORDS: dict[str, Words] = {**_PROCESSES, **_TARGET}
