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
    "SW304": Words(
        en="standbys are understood but not built yet: one server runs",
        zh="备用实例的写法已能识别，但尚未实现：目前只运行一台服务器",
        fix_en="nothing has to be changed",
        fix_zh="无需修改",
    ),
    "SW305": Words(
        en="backups are understood but not built yet: nothing is saved",
        zh="备份的写法已能识别，但尚未实现：目前不会保存任何备份",
        fix_en="save this data by other means until then",
        fix_zh="在此之前请用其他方式备份这些数据",
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
    "SW320": Words(
        en="mode '{mode}' is understood but not built yet",
        zh="模式“{mode}”的写法已能识别，但尚未实现",
        fix_en="write mode: single",
        fix_zh="写成 mode: single",
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
        fix_en="install PostgreSQL {made}, or dump there and load here; {folder} is untouched",
        fix_zh="安装 PostgreSQL {made}，或先在旧版本导出再在此导入；{folder} 中的数据未被改动",
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
}
