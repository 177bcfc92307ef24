"""Words about the Docker target (codes SW230 to SW244)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW230": Words(
        en="the Docker engine does not answer at {socket}: {problem}",
        zh="Docker 引擎（{socket}）没有响应：{problem}",
        fix_en="start it: sudo systemctl start docker",
        fix_zh="请启动它：sudo systemctl start docker",
    ),
    "SW231": Words(
        en="the Docker engine refused: {problem}",
        zh="Docker 引擎拒绝了请求：{problem}",
        fix_en="look at what it says; its own log is in 'journalctl -u docker'",
        fix_zh="请查看其说明；引擎日志可用 journalctl -u docker 查看",
    ),
    "SW232": Words(
        en="no network can be made for {network}: {problem}",
        zh="无法为 {network} 创建网络：{problem}",
        fix_en="remove networks that nobody uses: docker network prune",
        fix_zh="请删除无人使用的网络：docker network prune",
    ),
    "SW233": Words(
        en="there is no Docker engine on this machine: {socket} is missing",
        zh="本机没有 Docker 引擎：缺少 {socket}",
        fix_en="install it: sudo apt install docker.io",
        fix_zh="请安装：sudo apt install docker.io",
    ),
    "SW234": Words(
        en="this user may not speak to the Docker engine: {socket}",
        zh="当前用户无权访问 Docker 引擎：{socket}",
        fix_en="run Seaway as root, or: sudo usermod -aG docker $USER, then log in again",
        fix_zh="请以 root 运行 Seaway，或执行 sudo usermod -aG docker $USER 后重新登录",
    ),
    "SW235": Words(
        en="{component}: the stand-in {part} does not run in containers",
        zh="{component}：模拟服务 {part} 不能在容器中运行",
        fix_en="set tls: local for this environment, or name a real authority",
        fix_zh="请为此环境设置 tls: local，或指定真实的证书颁发机构",
    ),
    "SW236": Words(
        en="{stack} is kept on '{there}' here, and its file asks for '{wanted}'",
        zh="{stack} 目前运行在“{there}”上，而配置文件要求“{wanted}”",
        fix_en="take it down first: seaway down -e {environment}; data is not carried over",
        fix_zh="请先停止：seaway down -e {environment}；数据不会迁移",
    ),
    "SW245": Words(
        en="{command} cannot be run in an image that others made",
        zh="无法在第三方镜像中运行 {command}",
        fix_en="run this environment on local",
        fix_zh="请让此环境运行在 local 上",
    ),
    "SW239": Words(
        en="{file} is no bundle that can be read: {problem}",
        zh="{file} 不是可读取的离线包：{problem}",
        fix_en="make it where the stack file is: seaway bundle -o {file}; then bring it here whole",
        fix_zh="请在配置文件所在的机器上执行 seaway bundle -o {file}，再把文件完整带到这里",
    ),
    "SW240": Words(
        en="'{found}' is no address of a registry",
        zh="“{found}”不是有效的镜像仓库地址",
        fix_en="write a host with a dot or a port, and a path: registry.example.com/team; no https://",
        fix_zh="请写带点号或端口的主机名及路径：registry.example.com/team；不要写 https://",
    ),
    "SW241": Words(
        en="a password does not belong in this file",
        zh="密码不应写在此文件中",
        fix_en="write password: secret:REGISTRY_PASSWORD, or env:NAME",
        fix_zh="请写 password: secret:REGISTRY_PASSWORD，或 env:NAME",
    ),
    "SW242": Words(
        en="the registry {registry} does not do it: {problem}",
        zh="镜像仓库 {registry} 未能完成操作：{problem}",
        fix_en="see that it answers, and that registry.user may push there and read from it",
        fix_zh="请确认它有响应，且 registry.user 有推送和读取权限",
    ),
    "SW243": Words(
        en="the password of {registry} is not on this machine: {name} is not set",
        zh="本机没有 {registry} 的密码：未设置 {name}",
        fix_en="seaway secrets set {name} -e {environment} keeps it here; as env:{name}, export it",
        fix_zh="seaway secrets set {name} -e {environment} 会存于本机；若写 env:{name}，请导出",
    ),
}
