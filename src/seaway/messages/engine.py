"""Words about the engine: events of a running stack (codes SW5xx)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW501": Words(
        en="another supervisor (pid {pid}) keeps this stack",
        zh="该应用栈已由另一个守护进程管理（pid {pid}）",
    ),
    "SW502": Words(
        en="nothing in this stack is called '{name}'",
        zh="该应用栈中没有名为 '{name}' 的部件",
        fix_en="use one of: {known}",
        fix_zh="可用的名称：{known}",
    ),
    "SW503": Words(
        en="'{name}' is a {role} and runs as one instance",
        zh="'{name}' 属于 {role}，只能运行一个实例",
        fix_en="only services can be scaled",
        fix_zh="只有 services 中的服务可以扩缩容",
    ),
    "SW504": Words(
        en="{number} is no sensible number of instances for '{name}'",
        zh="{number} 不是 '{name}' 的合理实例数",
        fix_en="use 0 to {most}",
        fix_zh="请使用 0 到 {most}",
    ),
    "SW505": Words(
        en="the supervisor has ended; everything that ran is still running",
        zh="守护进程已退出；已经运行的服务仍在运行",
        fix_en="run `seaway up -d` to start another one; it adopts what runs",
        fix_zh="执行 `seaway up -d` 启动新的守护进程，它会接管正在运行的服务",
    ),
    "SW506": Words(
        en="gave up waiting for {what}",
        zh="等待 {what} 超时",
        fix_en="look at `seaway status` and `seaway logs`, or give more time with --timeout",
        fix_zh="请查看 `seaway status` 和 `seaway logs`，或用 --timeout 延长等待时间",
    ),
    "SW507": Words(
        en="the supervisor ended before everything was stopped",
        zh="守护进程在全部停止之前已退出",
        fix_en="run `seaway down` again",
        fix_zh="请再次执行 `seaway down`",
    ),
    "SW508": Words(
        en="nothing of this stack is running",
        zh="该应用栈没有任何服务在运行",
        fix_en="run `seaway up`",
        fix_zh="请执行 `seaway up`",
    ),
    "SW509": Words(
        en="{workload} was given up: {reason}",
        zh="{workload} 已放弃重启：{reason}",
        fix_en="mend the cause, then `seaway restart {workload}`",
        fix_zh="排除原因后执行 `seaway restart {workload}`",
    ),
    "SW510": Words(en="{instance} is being prepared", zh="{instance} 准备中"),
    "SW511": Words(en="{instance} is prepared", zh="{instance} 已准备好"),
    "SW512": Words(en="{instance} starts", zh="{instance} 启动中"),
    "SW513": Words(en="{instance} is ready", zh="{instance} 已就绪"),
    "SW514": Words(
        en="{instance} is not ready any more: {reason}", zh="{instance} 不再就绪：{reason}"
    ),
    "SW515": Words(en="{instance} is sick: {reason}", zh="{instance} 健康检查失败：{reason}"),
    "SW516": Words(en="{instance} is being stopped: {reason}", zh="{instance} 停止中：{reason}"),
    "SW517": Words(
        en="{instance} died: {reason} (deaths in a row: {deaths})",
        zh="{instance} 异常退出：{reason}（连续 {deaths} 次）",
    ),
    "SW518": Words(en="{instance} is done", zh="{instance} 已结束"),
    "SW520": Words(en="{instance} gets requests", zh="{instance} 开始接收请求"),
    "SW521": Words(en="{instance} gets no new requests", zh="{instance} 不再接收新请求"),
    "SW522": Words(en="{instance} has nothing in hand", zh="{instance} 的请求已全部处理完"),
    "SW531": Words(en="release {release} is in place", zh="版本 {release} 已就位"),
    "SW532": Words(
        en="release {release} failed: {instance}: {reason}; release {good} is being restored",
        zh="版本 {release} 失败：{instance}：{reason}；正在恢复版本 {good}",
        fix_en="seaway logs {workload} --tail 50",
        fix_zh="seaway logs {workload} --tail 50",
    ),
    "SW533": Words(
        en="release {release} cannot get ready: {instance}: {reason}",
        zh="版本 {release} 无法就绪：{instance}：{reason}",
        fix_en="seaway logs {workload} --tail 50",
        fix_zh="seaway logs {workload} --tail 50",
    ),
    "SW534": Words(
        en="{instance} died {deaths} times in a row and is not tried again: {reason}",
        zh="{instance} 已连续 {deaths} 次异常退出，不再重启：{reason}",
        fix_en="mend the cause, then `seaway restart {workload}`",
        fix_zh="排除原因后执行 `seaway restart {workload}`",
    ),
    "SW535": Words(
        en="the supervisor (pid {pid}) has begun; {adopted} running instances adopted",
        zh="守护进程（pid {pid}）已启动；接管了 {adopted} 个运行中的实例",
    ),
    "SW536": Words(
        en="{step} of {instance} failed ({code})", zh="{instance} 的 {step} 步骤失败（{code}）"
    ),
    "SW538": Words(en="everything is stopped; data is kept", zh="已全部停止；数据已保留"),
    "SW539": Words(
        en="a fault in Seaway: {error}",
        zh="Seaway 自身出错：{error}",
        fix_en="please report it with the supervisor's log",
        fix_zh="请附上守护进程日志反馈该问题",
    ),
    "SW540": Words(
        en="{path}: {problem}; it is tried again",
        zh="{path}：{problem}；将会重试",
        fix_en="look at the disk and its owner: df -h {path}; dmesg | tail",
        fix_zh="请检查磁盘与属主：df -h {path}；dmesg | tail",
    ),
    "SW541": Words(
        en="{path} is damaged: {problem}",
        zh="{path} 已损坏：{problem}",
        fix_en="move it away and run `seaway up`: what runs is adopted, the history begins anew",
        fix_zh="请将其移走后执行 `seaway up`：正在运行的服务会被接管，历史记录重新开始",
    ),
    "SW542": Words(
        en="the disk of {folder} is full: what runs goes on, but new log lines, events and"
        " instances may not be kept",
        zh="{folder} 所在磁盘已满：正在运行的服务不受影响，但新的日志、事件和实例可能无法保存",
        fix_en="make room: df -h {folder}; du -xh {folder} | sort -h | tail",
        fix_zh="请腾出空间：df -h {folder}；du -xh {folder} | sort -h | tail",
    ),
    "SW543": Words(
        en="the disk of {folder} has no inode left: no new file can be made on it",
        zh="{folder} 所在磁盘的 inode 已用尽：无法再创建新文件",
        fix_en="remove small files that nobody needs: df -i {folder}",
        fix_zh="请删除不需要的小文件：df -i {folder}",
    ),
    "SW544": Words(
        en="{folder} was removed; what was in it is gone, and it is made again",
        zh="{folder} 已被删除；其中的内容已丢失，目录将被重新创建",
        fix_en="see who removes it: ls -la {folder}",
        fix_zh="请查明删除者：ls -la {folder}",
    ),
    "SW545": Words(
        en="no descriptor is left to open a file in {folder}: {problem}",
        zh="已没有可用的文件描述符来打开 {folder} 中的文件：{problem}",
        fix_en="raise the limit of open files (ulimit -n), or end what holds them: lsof | wc -l",
        fix_zh="请提高打开文件数上限（ulimit -n），或结束占用它们的程序：lsof | wc -l",
    ),
    "SW546": Words(
        en="{folder} cannot be written: {problem}; what runs goes on",
        zh="无法写入 {folder}：{problem}；正在运行的服务不受影响",
        fix_en="look at the disk and its owner: ls -ld {folder}; mount | tail; dmesg | tail",
        fix_zh="请检查磁盘与属主：ls -ld {folder}；mount | tail；dmesg | tail",
    ),
    "SW547": Words(
        en="the state folder of '{stack}' was removed or is another one now: its supervisor ends,"
        " what runs goes on",
        zh="“{stack}”的状态目录已被删除或替换：守护进程退出，正在运行的服务不受影响",
        fix_en="bring it back (is its disk mounted?), then: seaway up -d",
        fix_zh="请恢复该目录（磁盘是否已挂载？），然后执行：seaway up -d",
    ),
    "SW548": Words(
        en="over: {over} ({folder})",
        zh="已恢复：{over}（{folder}）",
    ),
    "SW549": Words(
        en="the supervisor (pid {supervisor}) has {used} of {limit} files open",
        zh="守护进程（pid {supervisor}）已打开 {used} 个文件，上限为 {limit}",
        fix_en="raise the limit and start another one: ulimit -n 65536; kill {supervisor};"
        " seaway up -d",
        fix_zh="请提高上限后重新启动：ulimit -n 65536；kill {supervisor}；seaway up -d",
    ),
    "SW550": Words(
        en="no instance of {name} is running",
        zh="{name} 没有正在运行的实例",
        fix_en="seaway status {name}",
        fix_zh="seaway status {name}",
    ),
    "SW590": Words(
        en="{name} changes by itself between {least} and {most} copies: {number} is not among them",
        zh="{name} 会在 {least} 到 {most} 个副本之间自动伸缩：{number} 不在此范围内",
        fix_en="use {least} to {most}, or change `replicas` in the stack file",
        fix_zh="请使用 {least} 到 {most}，或修改栈文件中的 `replicas`",
    ),
    "SW591": Words(
        en="{name}: {before} → {copies} copies ({by} is {figure})",
        zh="{name}：{before} → {copies} 个副本（{by} 为 {figure}）",
    ),
    "SW592": Words(
        en="there is no single service of that name that scales in `{environment}`: {name}",
        zh="`{environment}` 中没有唯一对应的可伸缩服务：{name}",
        fix_en="name one of: {known}. A service scales that has `replicas: 2..10` and `scale:`",
        fix_zh="请指定其中之一：{known}。同时写有 `replicas: 2..10` 和 `scale:` 的服务才会伸缩",
    ),
    "SW593": Words(
        en="the trace {file} cannot be read: {problem}",
        zh="无法读取负载文件 {file}：{problem}",
        fix_en="name a text file with lines as `60,250`",
        fix_zh="请指定由 `60,250` 这样的行组成的文本文件",
    ),
    "SW594": Words(
        en="{file}:{line}: `{found}` is not seconds and requests per second, in order of time",
        zh="{file}:{line}：`{found}` 不是按时间顺序的“秒,每秒请求数”",
        fix_en="write lines as `60,250`",
        fix_zh="请写成 `60,250` 这样的行",
    ),
    "SW595": Words(
        en="nothing of {stack} is wanted: there would be nothing to bring back",
        zh="{stack} 没有需要运行的内容：重启后无可恢复",
        fix_en="start it first: seaway up -d",
        fix_zh="请先启动：seaway up -d",
    ),
    "SW597": Words(
        en="{name} has no standby: nobody can take over",
        zh="{name} 没有备库：无人可以接替",
        fix_en="give it one in the stack file: standby: 1",
        fix_zh="在栈文件中为它加上 standby: 1",
    ),
    "SW598": Words(
        en="{name} cannot take over now: it is no member that follows closely",
        zh="{name} 现在无法接替：它不是紧跟主库的成员",
        fix_en="these can: {known}; see seaway status",
        fix_zh="可以接替的有：{known}；参见 seaway status",
    ),
    "SW596": Words(
        en="the supervisor did not change in time",
        zh="守护进程未能及时交接",
        fix_en="see why: {log}; systemctl status 'seaway-*'",
        fix_zh="查看原因：{log}；systemctl status 'seaway-*'",
    ),
}
