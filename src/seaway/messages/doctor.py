"""Words about what doctor finds (codes SW640 to SW699)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW640": Words(
        en="the disk of {folder} has only {free} left",
        zh="{folder} 所在磁盘只剩 {free}",
        fix_en="free some space: databases stop taking writes on a full disk",
        fix_zh="请清理磁盘空间：磁盘写满后数据库将无法写入",
    ),
    "SW641": Words(
        en="the data asks for {wanted}, and the disk of {folder} has {free} left",
        zh="数据要求 {wanted}，而 {folder} 所在磁盘只剩 {free}",
        fix_en="free some space, lower `size`, or set SEAWAY_STATE to a folder on a larger disk",
        fix_zh="清理磁盘空间、减小 size，或将 SEAWAY_STATE 指向更大磁盘上的目录",
    ),
    "SW642": Words(
        en="the folder {folder} cannot be written to",
        zh="目录 {folder} 不可写",
        fix_en="check its owner, or set SEAWAY_STATE to a folder of yours",
        fix_zh="检查目录的所有者，或将 SEAWAY_STATE 指向您自己的目录",
    ),
    "SW643": Words(
        en="other users can look into {folder}, where secrets are kept",
        zh="其他用户可以查看存放密钥的 {folder}",
        fix_en="chmod -R go-rw {folder}",
        fix_zh="chmod -R go-rw {folder}",
    ),
    "SW644": Words(
        en="port {port}, which {workload} always has, is taken by {by}",
        zh="{workload} 固定使用的端口 {port} 已被 {by} 占用",
        fix_en="stop that program, then: seaway restart {workload}",
        fix_zh="停止该程序，然后执行：seaway restart {workload}",
    ),
    "SW645": Words(
        en="port {port}, which {workload} asks for, is taken by {by}; it will get the next one",
        zh="{workload} 需要的端口 {port} 已被 {by} 占用；将使用下一个空闲端口",
        fix_en="stop that program, or choose another port in `ingress`",
        fix_zh="停止该程序，或在 ingress 中改用其他端口",
    ),
    "SW646": Words(
        en="the supervisor does not run: {running} instances go on, but nothing is mended",
        zh="守护进程没有运行：{running} 个实例仍在运行，但出现故障时不会恢复",
        fix_en="seaway up -d",
        fix_zh="seaway up -d",
    ),
    "SW647": Words(
        en="{running} instances are left although nothing should run",
        zh="不应有任何内容运行，但仍残留 {running} 个实例",
        fix_en="seaway down",
        fix_zh="seaway down",
    ),
    # ------------------------------------------------------------------------- not reachable
    "SW650": Words(
        en="database {workload} takes no connection at {address}: {problem}",
        zh="数据库 {workload} 在 {address} 无法连接：{problem}",
        fix_en="see its log: seaway logs {workload} --tail 50; then: seaway restart {workload}",
        fix_zh="查看它的日志：seaway logs {workload} --tail 50；然后：seaway restart {workload}",
    ),
    "SW651": Words(
        en="Redis {workload} takes no connection at {address}: {problem}",
        zh="Redis {workload} 在 {address} 无法连接：{problem}",
        fix_en="see its log: seaway logs {workload} --tail 50; then: seaway restart {workload}",
        fix_zh="查看它的日志：seaway logs {workload} --tail 50；然后：seaway restart {workload}",
    ),
    "SW652": Words(
        en="object store {workload} takes no connection at {address}: {problem}",
        zh="对象存储 {workload} 在 {address} 无法连接：{problem}",
        fix_en="see its log: seaway logs {workload} --tail 50; then: seaway restart {workload}",
        fix_zh="查看它的日志：seaway logs {workload} --tail 50；然后：seaway restart {workload}",
    ),
    "SW653": Words(
        en="{workload} takes no connection at {address}: {problem}",
        zh="{workload} 在 {address} 无法连接：{problem}",
        fix_en="let it listen on $HOST:$PORT, the address that Seaway gives it",
        fix_zh="让它监听 Seaway 提供的地址 $HOST:$PORT",
    ),
    "SW654": Words(
        en="{workload} has its own address in {variable}, and nothing answers there: {problem}",
        zh="{workload} 在 {variable} 中写了自己的地址，但那里没有响应：{problem}",
        fix_en="mend host and port, or take the variable out and name the store in `uses`",
        fix_zh="修正主机和端口，或去掉该变量并在 uses 中写上该存储",
    ),
    # ----------------------------------------------------------------------------- not ready
    "SW655": Words(
        en="{workload} has no instance",
        zh="{workload} 没有实例",
        fix_en="see what holds it up: seaway status -v",
        fix_zh="查看原因：seaway status -v",
    ),
    "SW656": Words(
        en="{workload} does not start: {reason}; its last line: {line}",
        zh="{workload} 无法启动：{reason}；最后一行日志：{line}",
        fix_en="see more: seaway logs {workload} --tail 50",
        fix_zh="查看更多：seaway logs {workload} --tail 50",
    ),
    "SW657": Words(
        en="{workload} died {deaths} times and was given up: {reason}; its last line: {line}",
        zh="{workload} 已退出 {deaths} 次，不再重启：{reason}；最后一行日志：{line}",
        fix_en="mend the cause (seaway logs {workload} --tail 50), then: seaway restart {workload}",
        fix_zh="排除原因（seaway logs {workload} --tail 50），然后：seaway restart {workload}",
    ),
    "SW658": Words(
        en="{workload} runs but is not ready; asked for {path} it says: {reason}",
        zh="{workload} 在运行但未就绪；检查 {path} 的结果：{reason}",
        fix_en="let {path} answer with 200 to 399 once it can serve; see: seaway logs {workload}",
        fix_zh="可以提供服务后，{path} 应返回 200 至 399；查看：seaway logs {workload}",
    ),
    "SW659": Words(
        en="{workload} is on its way: {instance}, {reason}",
        zh="{workload} 正在变更：{instance}，{reason}",
        fix_en="wait for it: seaway wait {workload} --timeout 2m",
        fix_zh="等待：seaway wait {workload} --timeout 2m",
    ),
    "SW660": Words(
        en="{workload} waits for {uses}, which has trouble of its own",
        zh="{workload} 在等待 {uses}，而后者自身有问题",
        fix_en="mend {uses} first",
        fix_zh="先处理 {uses}",
    ),
    # -------------------------------------------------------------------- told by its own log
    "SW661": Words(
        en="the database refuses the user or password of {workload}: {line}",
        zh="数据库拒绝了 {workload} 的用户名或密码：{line}",
        fix_en="use the DATABASE_URL that Seaway gives to those with `uses: [{uses}]`; take an "
        "own one out of `env`",
        fix_zh="使用 Seaway 为 uses: [{uses}] 提供的 DATABASE_URL；去掉 env 中自己写的值",
    ),
    "SW662": Words(
        en="{workload} asks for a database that is not there: {line}",
        zh="{workload} 要连接的数据库不存在：{line}",
        fix_en="take the name from DATABASE_URL, or set `database` of the store to it",
        fix_zh="使用 DATABASE_URL 中的数据库名，或将存储的 database 设为该名称",
    ),
    "SW663": Words(
        en="Redis refuses the password of {workload}: {line}",
        zh="Redis 拒绝了 {workload} 的密码：{line}",
        fix_en="use the REDIS_URL that Seaway gives to those with `uses: [{uses}]`: the password "
        "is in it",
        fix_zh="使用 Seaway 为 uses: [{uses}] 提供的 REDIS_URL：其中已包含密码",
    ),
    "SW664": Words(
        en="the object store refuses the key of {workload}: {line}",
        zh="对象存储拒绝了 {workload} 的密钥：{line}",
        fix_en="use the S3_* variables that Seaway gives to those with `uses: [{uses}]`, and a "
        "bucket that is declared",
        fix_zh="使用 Seaway 为 uses: [{uses}] 提供的 S3_* 变量，以及已声明的存储桶",
    ),
    "SW665": Words(
        en="{workload} asks for a host that nobody knows: {line}",
        zh="{workload} 使用了无法解析的主机名：{line}",
        fix_en="take host and port from the variables of what it uses: {uses}",
        fix_zh="主机和端口应取自所用部件的变量：{uses}",
    ),
    "SW666": Words(
        en="{workload} is refused a connection: {line}",
        zh="{workload} 的连接被拒绝：{line}",
        fix_en="name what it connects to in `uses` (now: {uses}) and take the address from its "
        "variables",
        fix_zh="在 uses 中写上要连接的部件（目前：{uses}），并从其变量中取地址",
    ),
    "SW667": Words(
        en="{workload} listens on a port that is taken: {line}",
        zh="{workload} 监听的端口已被占用：{line}",
        fix_en="let it listen on $PORT: each instance gets a free port of its own",
        fix_zh="让它监听 $PORT：每个实例都会得到一个空闲端口",
    ),
    "SW668": Words(
        en="{workload} refuses a secret: {line}",
        zh="{workload} 不接受某个密钥：{line}",
        fix_en="give it the length and form it asks for, as `NAME: {{generate: 32}}` or with: "
        "seaway secrets set NAME",
        fix_zh="按要求的长度和格式设置（NAME: {{generate: 32}}），或执行：seaway secrets set NAME",
    ),
    "SW669": Words(
        en="{workload} misses a setting: {line}",
        zh="{workload} 缺少设置：{line}",
        fix_en="add it to `env` or `secrets` of {workload}",
        fix_zh="将它加入 {workload} 的 env 或 secrets",
    ),
    "SW670": Words(
        en="{workload} misses a module: {line}",
        zh="{workload} 缺少模块：{line}",
        fix_en="add it to pyproject.toml or requirements.txt in the folder of `source`",
        fix_zh="将它加入 source 目录中的 pyproject.toml 或 requirements.txt",
    ),
    "SW671": Words(
        en="{workload} has no room on the disk: {line}",
        zh="{workload} 的磁盘空间已满：{line}",
        fix_en="free some space, then: seaway restart {workload}",
        fix_zh="清理磁盘空间，然后：seaway restart {workload}",
    ),
    "SW672": Words(
        en="{workload} may not do what it tries: {line}",
        zh="{workload} 没有所需的权限：{line}",
        fix_en="let it write in a volume, or below $HOME; it does not run as root",
        fix_zh="让它只写数据卷或 $HOME 目录；它不以 root 身份运行",
    ),
    "SW673": Words(
        en="{workload} has too little memory: {line}",
        zh="{workload} 内存不足：{line}",
        fix_en="raise `resources.memory` of {workload}",
        fix_zh="调大 {workload} 的 resources.memory",
    ),
    "SW680": Words(
        en="{host} has no certificate from its authority yet, after {failures} tries: {problem}",
        zh="{host} 还没有拿到证书颁发机构的证书，已尝试 {failures} 次：{problem}",
        fix_en="the name must lead to this ingress on port 80; next try: {next}",
        fix_zh="该域名必须指向此入口的 80 端口；下次重试：{next}",
    ),
    "SW681": Words(
        en="the certificate of {host} could not be renewed, after {failures} tries; the old one "
        "serves until {until}: {problem}",
        zh="{host} 的证书续期失败，已尝试 {failures} 次；旧证书可用到 {until}：{problem}",
        fix_en="the name must lead to this ingress on port 80; next try: {next}",
        fix_zh="该域名必须指向此入口的 80 端口；下次重试：{next}",
    ),
    "SW682": Words(
        en="the certificate of {host} ends at {until} and should have been renewed long ago",
        zh="{host} 的证书将于 {until} 到期，早该续期",
        fix_en="seaway up -d starts what renews it; SW681 says why it fails",
        fix_zh="seaway up -d 会启动续期；失败原因见 SW681",
    ),
    # --------------------------------------------------------------------------------- checks
    "check stack file": Words(en="stack file", zh="栈文件"),
    "check machine": Words(en="this machine", zh="本机"),
    "check parts": Words(en="servers and tools", zh="服务器与工具"),
    "check secrets": Words(en="secrets", zh="密钥"),
    "check supervision": Words(en="supervision", zh="守护"),
    "check certificates": Words(en="certificates", zh="证书"),
    "check running": Words(en="what runs", zh="运行状况"),
}
