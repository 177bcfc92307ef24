"""Words of tables, plans, progress and questions: headings, states and short notes."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "label error": Words(en="error", zh="错误"),
    "label warning": Words(en="warning", zh="警告"),
    "label info": Words(en="info", zh="提示"),
    "label fix": Words(en="fix: ", zh="解决："),
    "list comma": Words(en=", ", zh="，"),
    # ------------------------------------------------------------------------------- headings
    "label part": Words(en="PART", zh="部件"),
    "label state": Words(en="STATE", zh="状态"),
    "label ready": Words(en="READY", zh="就绪"),
    "label age": Words(en="AGE", zh="已运行"),
    "label address": Words(en="ADDRESS", zh="地址"),
    "label note": Words(en="NOTE", zh="说明"),
    "label secret": Words(en="SECRET", zh="密钥"),
    "label version": Words(en="VERSION", zh="版本"),
    "label setting": Words(en="SETTING", zh="设置"),
    "label value": Words(en="VALUE", zh="值"),
    "label origin": Words(en="FROM", zh="来源"),
    "label moment": Words(en="TIME", zh="时间"),
    "label requests": Words(en="REQUESTS", zh="请求"),
    "label copies": Words(en="COPIES", zh="副本"),
    "label cpu": Words(en="CPU", zh="CPU"),
    "label p95": Words(en="P95", zh="P95"),
    "label by": Words(en="BECAUSE OF", zh="依据"),
    "label place": Words(en="AT", zh="位置"),
    # --------------------------------------------------------------------------------- states
    "state healthy": Words(en="healthy", zh="健康"),
    "state changing": Words(en="changing", zh="变更中"),
    "state degraded": Words(en="degraded", zh="降级"),
    "state down": Words(en="down", zh="停机"),
    "state preparing": Words(en="preparing", zh="准备中"),
    "state prepared": Words(en="prepared", zh="已准备"),
    "state starting": Words(en="starting", zh="启动中"),
    "state ready": Words(en="ready", zh="就绪"),
    "state unready": Words(en="not ready", zh="未就绪"),
    "state sick": Words(en="sick", zh="异常"),
    "state stopping": Words(en="stopping", zh="停止中"),
    "state dead": Words(en="dead", zh="已退出"),
    "state done": Words(en="done", zh="已完成"),
    "secret set": Words(en="set", zh="已设置"),
    "secret missing": Words(en="missing", zh="缺少"),
    "secret optional": Words(en="may be absent here", zh="此环境可缺省"),
    "secret weak": Words(en="weak", zh="强度不足"),
    "secret old": Words(en="too old", zh="已过期"),
    "secret made later": Words(en="made at the next up", zh="下次 up 时生成"),
    # ----------------------------------------------------------------------------------- plan
    "plan create": Words(en="created, instances: {after}", zh="新建，实例数：{after}"),
    "plan run": Words(en="runs once", zh="运行一次"),
    "plan replace": Words(
        en="replaced, instances: {before} → {after}", zh="替换，实例数：{before} → {after}"
    ),
    "plan scale": Words(
        en="scaled, instances: {before} → {after}", zh="调整数量：{before} → {after}"
    ),
    "plan keep": Words(en="kept", zh="保持不变"),
    "plan remove": Words(en="removed, instances: {before} → 0", zh="移除，实例数：{before} → 0"),
    "count create": Words(en="{count} to create", zh="新建 {count} 个"),
    "count run": Words(en="{count} to run once", zh="运行一次 {count} 个"),
    "count replace": Words(en="{count} to replace", zh="替换 {count} 个"),
    "count scale": Words(en="{count} to scale", zh="调整数量 {count} 个"),
    "count remove": Words(en="{count} to remove", zh="移除 {count} 个"),
    "count keep": Words(en="{count} kept", zh="不变 {count} 个"),
    "data kept": Words(en="└─ data {name}: kept, {size}", zh="└─ 数据 {name}：保留，{size}"),
    "data created": Words(en="└─ data {name}: created, empty", zh="└─ 数据 {name}：新建（空）"),
    "data older": Words(
        en="└─ data {name}: kept, {size}, of version {before}; to be upgraded to {after}: "
        "seaway upgrade {workload}",
        zh="└─ 数据 {name}：保留，{size}，版本 {before}；需升级到 {after}："
        "seaway upgrade {workload}",
    ),
    "data orphaned": Words(
        en="! data {name}: kept, {size}, used by nothing any more",
        zh="! 数据 {name}：保留，{size}，已没有部件使用",
    ),
    # ---------------------------------------------------------------------------------- notes
    "note checked": Words(
        en="the stack file is good; warnings: {warnings}", zh="栈文件没有错误；警告：{warnings}"
    ),
    "note leads": Words(en="leads", zh="主库"),
    "note follows": Words(en="follows", zh="备库，跟随中"),
    "note behind": Words(en="standby, behind", zh="备库，落后"),
    "note ready": Words(en="ready: {names}", zh="已就绪：{names}"),
    "note unchanged": Words(
        en="{stack} runs as the file says; nothing to do", zh="{stack} 与文件一致，无需改动"
    ),
    "note next": Words(
        en="logs: seaway logs (kept in {folder}) · state: seaway status · stop: seaway down",
        zh="日志：seaway logs（保存在 {folder}）· 状态：seaway status · 停止：seaway down",
    ),
    "note certificate": Words(
        en="certificate of {host}: by {issuer}, until {until}",
        zh="{host} 的证书：由 {issuer} 签发，有效期至 {until}",
    ),
    "note no certificate": Words(
        en="certificate of {host}: none from its authority yet; the stack's own serves",
        zh="{host} 的证书：颁发机构尚未签发，暂用该应用栈自己的证书",
    ),
    "note attached": Words(
        en="Ctrl-C takes it down; its data is kept", zh="按 Ctrl-C 停止；数据会保留"
    ),
    "note going down": Words(
        en="going down; Ctrl-C again leaves the rest to the supervisor",
        zh="正在停止；再按一次 Ctrl-C 则由守护进程在后台完成",
    ),
    "note detached": Words(
        en="the supervisor goes on with it; see: seaway status",
        zh="守护进程会继续完成；查看：seaway status",
    ),
    "note ended elsewhere": Words(en="the stack was taken down", zh="应用栈已被停止"),
    "note down": Words(en="{stack} is down; its data is kept", zh="{stack} 已停止；数据已保留"),
    "note would": Words(en="would {what}", zh="将执行：{what}"),
    "note would stop": Words(en="would stop {name}", zh="将停止 {name}"),
    "note volume": Words(en="data {name}: {size}", zh="数据 {name}：{size}"),
    "note destroyed": Words(
        en="the data of {stack} is removed; volumes: {count}",
        zh="{stack} 的数据已删除；卷：{count}",
    ),
    "note no supervisor": Words(
        en="no supervisor lives: nothing is mended; to start it: seaway up -d",
        zh="守护进程不在运行：故障不会自动恢复；启动它：seaway up -d",
    ),
    "note last lines": Words(en="last lines of {workload}:", zh="{workload} 的最后几行日志："),
    "note restored": Words(
        en="rolled back: release {release} serves again", zh="已回滚：版本 {release} 重新提供服务"
    ),
    "note secret made": Words(en="made {name}", zh="已生成 {name}"),
    "note secret kept": Words(
        en="{name}: version {version} is kept", zh="{name}：已保存版本 {version}"
    ),
    "note secret use": Words(
        en="parts that use it are replaced at the next: seaway up",
        zh="使用它的部件会在下一次 seaway up 时替换",
    ),
    "note secrets there": Words(en="secrets kept: {count}", zh="已保存的密钥：{count}"),
    "note left": Words(
        en="left, as the stack file does not name them: {names}",
        zh="栈文件没有提到，已忽略：{names}",
    ),
    "note written": Words(en="wrote {path}", zh="已写入 {path}"),
    "note would write": Words(en="would write {path}", zh="将写入 {path}"),
    "note made": Words(
        en="made {folder}; next: cd {folder} && seaway up",
        zh="已生成 {folder}；接下来：cd {folder} && seaway up",
    ),
    "note nothing wrong": Words(en="nothing wrong was found", zh="没有发现问题"),
    # ------------------------------------------------------------------------------ questions
    "ask yes or no": Words(en="[y/N]", zh="[y/N]"),
    "ask name of stack": Words(
        en="This data is lost for good. The name of the stack, to confirm:",
        zh="这些数据将永久丢失。请输入应用栈名称以确认：",
    ),
    "ask secret": Words(en="{name}:", zh="{name}："),
    "ask secret again": Words(en="{name} once more:", zh="再次输入 {name}："),
    "ask rotate": Words(en="Give new values to {names}?", zh="更换 {names} 的值？"),
    "ask replace": Words(en="Replace the values of {names}?", zh="替换 {names} 的值？"),
}
