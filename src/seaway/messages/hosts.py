"""Words about hosts that are reached over SSH (codes SW213 to SW229)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW213": Words(
        en="'{found}' is no address of a host",
        zh="“{found}”不是有效的主机地址",
        fix_en="write ssh://user@host or ssh://user@host:port; never a password",
        fix_zh="请写成 ssh://user@host 或 ssh://user@host:port；不要写密码",
    ),
    "SW214": Words(
        en="{host} is not known: it shows a key with the fingerprint {fingerprint}, which is not "
        "in {file}",
        zh="未知主机 {host}：它出示的密钥指纹为 {fingerprint}，不在 {file} 中",
        fix_en="ask whoever runs the host whether that is its fingerprint; if so: seaway host add "
        "{url} --key {fingerprint}",
        fix_zh="请向主机管理员核对该指纹；确认无误后执行："
        "seaway host add {url} --key {fingerprint}",
    ),
    "SW215": Words(
        en="{host} shows another key than the one in {file}: its fingerprint is {fingerprint}. "
        "Somebody may stand in between",
        zh="{host} 出示的密钥与 {file} 中的不同：其指纹为 {fingerprint}。可能有人在中间截听",
        fix_en="find out why; only where the host was made anew: ssh-keygen -R '{host}', then add "
        "it again",
        fix_zh="请先查明原因；仅当主机确实重装过时：ssh-keygen -R '{host}'，然后重新添加",
    ),
    "SW216": Words(
        en="{host} does not let {user} in: no key of this user is accepted there",
        zh="{host} 拒绝 {user} 登录：没有可被接受的密钥",
        fix_en="ssh-copy-id, or load the key into the agent with ssh-add",
        fix_zh="请执行 ssh-copy-id，或用 ssh-add 把密钥加入代理",
    ),
    "SW217": Words(
        en="{host} cannot be reached over SSH: {problem}",
        zh="无法通过 SSH 连接 {host}：{problem}",
        fix_en="see that it runs, and that its port is open to this machine",
        fix_zh="请确认主机正在运行，且其端口对本机开放",
    ),
    "SW218": Words(
        en="{host} has no Docker engine that {user} may speak to",
        zh="{host} 上没有 {user} 可以访问的 Docker 引擎",
        fix_en="seaway host add {url}",
        fix_zh="请执行：seaway host add {url}",
    ),
    "SW219": Words(
        en="{workload}: what it runs from has not been brought to this host",
        zh="{workload}：其运行所需内容尚未传送到此主机",
        fix_en="deploy it again from where its stack file is",
        fix_zh="请在栈文件所在的机器上重新部署",
    ),
    "SW220": Words(
        en="{host} is reached over SSH, and the package for that is not installed",
        zh="访问 {host} 需要 SSH 支持包，但尚未安装",
        fix_en="install Seaway with its extra: seaway[ssh]",
        fix_zh="请安装带 ssh 附加包的 Seaway：seaway[ssh]",
    ),
    "SW221": Words(
        en="Seaway on {host} could not make ready: {problem}",
        zh="{host} 上的 Seaway 未能准备就绪：{problem}",
        fix_en="look at the disk there: df -h; then try again",
        fix_zh="请检查该主机的磁盘：df -h；然后重试",
    ),
    "SW222": Words(
        en="the engine does not take these images: {problem}",
        zh="引擎无法载入这些镜像：{problem}",
        fix_en="look at the free space of the host: docker system df",
        fix_zh="请检查主机剩余空间：docker system df",
    ),
    "SW223": Words(
        en="{system} has no apt: only Debian and Ubuntu can be made ready",
        zh="{system} 没有 apt：目前只能准备 Debian 和 Ubuntu",
        fix_en="install Docker there by its own means, then add the host again",
        fix_zh="请用该系统自己的方式安装 Docker，然后重新添加主机",
    ),
    "SW224": Words(
        en="its clock and this one differ by {seconds} s; certificates and tokens go by it",
        zh="其时钟与本机相差 {seconds} 秒；证书和令牌都依赖时钟",
        fix_en="on the host: timedatectl set-ntp true",
        fix_zh="在主机上执行：timedatectl set-ntp true",
    ),
    "SW225": Words(
        en="only {free} are free in /var/lib",
        zh="/var/lib 仅剩 {free} 可用空间",
        fix_en="make room there: images alone need about 2 GB",
        fix_zh="请腾出空间：仅镜像就需要约 2 GB",
    ),
    "SW226": Words(
        en="its processor is {there}, and images are made here for {here}",
        zh="其处理器为 {there}，而本机制作的镜像适用于 {here}",
        fix_en="deploy from a machine of the same kind",
        fix_zh="请从同类处理器的机器上部署",
    ),
    "SW227": Words(
        en="something else listens on port {port} there",
        zh="该主机的端口 {port} 已被占用",
        fix_en="end it, or give the ingress another port: ingress.ports",
        fix_zh="请停止占用者，或为入口设置其他端口：ingress.ports",
    ),
    "SW228": Words(
        en="this user may neither use Docker nor become root without a password there",
        zh="该用户既不能使用 Docker，也不能免密成为 root",
        fix_en="take ssh://root@…, or allow sudo without a password for this user",
        fix_zh="请使用 ssh://root@…，或允许该用户免密 sudo",
    ),
    "SW229": Words(
        en="this failed on the host: {command}\n{output}",
        zh="在主机上执行失败：{command}\n{output}",
        fix_en="mend what it says; what was done before stays, and is not done again",
        fix_zh="请按提示修复；已完成的步骤会保留，不会重复执行",
    ),
    "host installs": Words(en="install Docker (docker.io)", zh="安装 Docker（docker.io）"),
    "host rotates": Words(
        en="write /etc/docker/daemon.json: logs of containers are rotated",
        zh="写入 /etc/docker/daemon.json：轮转容器日志",
    ),
    "host starts": Words(
        en="start Docker, now and after a reboot", zh="启动 Docker，并设为开机自启"
    ),
    "host admits": Words(
        en="let {user} use Docker (group docker; that is as much as root)",
        zh="允许 {user} 使用 Docker（docker 组，权限等同 root）",
    ),
    "note host is": Words(
        en="{host}: {system}, kernel {kernel}", zh="{host}：{system}，内核 {kernel}"
    ),
    "note host key": Words(
        en="{host} shows a key with the fingerprint {fingerprint}; compare it with what its owner "
        "told you",
        zh="{host} 出示的密钥指纹为 {fingerprint}；请与主机管理员提供的进行核对",
    ),
    "ask host key": Words(en="is that the host's key?", zh="这是该主机的密钥吗？"),
    "ask host": Words(en="do this on {host}?", zh="在 {host} 上执行以上操作？"),
    "note host did": Words(en="done: {what}", zh="完成：{what}"),
    "note host ready": Words(
        en='{host} is ready; in the stack file: target: "docker {url}"',
        zh='{host} 已就绪；在栈文件中写：target: "docker {url}"',
    ),
    "check host": Words(en="the host", zh="主机"),
    "note bundle": Words(en="{file} is written: {size}", zh="已写入 {file}：{size}"),
    "note sending": Words(
        en="sending to {host} what it lacks of {count} images",
        zh="正在向 {host} 发送其缺少的 {count} 个镜像内容",
    ),
    "note pulling": Words(en="{host} pulls {image}", zh="{host} 正在拉取 {image}"),
    "note sent": Words(en="{percent} % of {total} MB", zh="{percent} %，共 {total} MB"),
    "note step": Words(en="{line}", zh="{line}"),
}
