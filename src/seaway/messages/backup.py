"""Words about backups and restores (codes SW83x to SW87x)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW830": Words(
        en="these backups were made with another key",
        zh="这些备份使用的是另一把密钥",
        fix_en="give the recovery key that was shown when the first of them was made: "
        "SEAWAY_RECOVERY_KEY=… seaway restore",
        fix_zh="请提供首次备份时显示的恢复密钥：SEAWAY_RECOVERY_KEY=… seaway restore",
    ),
    "SW831": Words(
        en="{name} is not what Seaway wrote: there are no backups of it here, or they are damaged",
        zh="{name} 不是 Seaway 写入的内容：此处没有它的备份，或备份已损坏",
        fix_en="look at the place named by `to`; if it was damaged, use a copy of it",
        fix_zh="检查 to 指向的位置；如果已损坏，请使用它的副本",
    ),
    "SW832": Words(
        en="there is no backup called '{name}'; the newest are: {known}",
        zh="没有名为“{name}”的备份；最近的有：{known}",
        fix_en="seaway backups lists all of them",
        fix_zh="用 seaway backups 列出全部备份",
    ),
    "SW833": Words(
        en="backups cannot go to '{to}': it is no object store",
        zh="备份不能存到“{to}”：它不是对象存储",
        fix_en="write a folder (./backups), or an object store and its bucket (vault/backups)",
        fix_zh="写一个目录（./backups），或对象存储及其存储桶（vault/backups）",
    ),
    "SW834": Words(
        en="any moment can be restored of PostgreSQL only: this store is saved whole, at times",
        zh="只有 PostgreSQL 能恢复到任意时刻：这种存储按时间整体保存",
        fix_en="remove point_in_time; goals: {{rpo: 10m}} says how often it is saved",
        fix_zh="删去 point_in_time；用 goals: {{rpo: 10m}} 决定多久保存一次",
    ),
    "SW835": Words(
        en="the key of the backups is not known here",
        zh="此处没有备份的密钥",
        fix_en="set {variable} to the recovery key; where the stack runs, "
        "`seaway backups --key` shows it",
        fix_zh="把 {variable} 设为恢复密钥；在应用栈运行的地方，seaway backups --key 会显示它",
    ),
    "SW837": Words(
        en="{store} could not be saved or filled: {problem}",
        zh="无法保存或写回 {store}：{problem}",
        fix_en="nothing older was touched; seaway status shows how {store} does",
        fix_zh="旧备份未受影响；用 seaway status 查看 {store} 的状态",
    ),
    "SW838": Words(
        en="the backup is damaged: {what} is missing or not what was written",
        zh="备份已损坏：{what} 缺失，或与写入时不同",
        fix_en="nothing was changed; `seaway backups --check` shows which ones are whole, and "
        "`seaway restore BACKUP` takes one of them",
        fix_zh="没有改动任何内容；seaway backups --check 会指出哪些备份完好，"
        "再用 seaway restore BACKUP 选用其中一个",
    ),
    "SW839": Words(
        en="there is data of {store} in {folder} already",
        zh="{folder} 中已有 {store} 的数据",
        fix_en="seaway down, then seaway restore again: it puts that data aside",
        fix_zh="先执行 seaway down，再执行 seaway restore：它会把现有数据移到一旁",
    ),
    "SW840": Words(
        en="there are no backups yet",
        zh="还没有任何备份",
        fix_en="seaway backup",
        fix_zh="seaway backup",
    ),
    "SW841": Words(
        en="no backup is as old as {at}; the oldest is of {oldest}",
        zh="没有早至 {at} 的备份；最早的是 {oldest}",
        fix_en="choose a later moment",
        fix_zh="请选择更晚的时刻",
    ),
    "SW842": Words(
        en="'{store}' is not among what is saved: {known}",
        zh="“{store}”不在已保存的内容之中：{known}",
        fix_en="name one of them, or give it a `backup:` in the stack file",
        fix_zh="请写其中之一，或在栈文件中为它加上 backup:",
    ),
    "SW843": Words(
        en="what happened up to {at} is not known: the log that was kept ends at {newest}",
        zh="无法得知截至 {at} 发生的一切：已保存的日志到 {newest} 为止",
        fix_en="choose an earlier moment, or restore all there is: seaway restore",
        fix_zh="选择更早的时刻，或恢复全部已有内容：seaway restore",
    ),
    "SW844": Words(
        en="nothing of {stack} is saved: no part of it has a `backup:`",
        zh="{stack} 没有任何内容会被保存：没有哪个部分写了 backup:",
        fix_en="add to a part of `data`:\nbackup: {{to: ./backups}}\nthen: seaway up",
        fix_zh="在 data 的某个部分中加上：\nbackup: {{to: ./backups}}\n然后执行：seaway up",
    ),
    "SW845": Words(
        en="the address of the place of the backups depends on something that is not known here",
        zh="备份位置的地址依赖于此处未知的内容",
        fix_en="write endpoint, access_key and secret_key as text, env:NAME or secret:NAME",
        fix_zh="把 endpoint、access_key 和 secret_key 写成文本、env:NAME 或 secret:NAME",
    ),
    "SW846": Words(
        en="damaged: {count}",
        zh="已损坏：{count}",
        fix_en="take a new backup now: seaway backup\nthen find out what damages that place; "
        "`seaway backups --forget BACKUP` gives up what cannot be mended",
        fix_zh="立即做一次新备份：seaway backup\n然后查明是什么损坏了该位置；"
        "无法修复的用 seaway backups --forget BACKUP 放弃",
    ),
    "SW847": Words(
        en="neither this machine nor the backup has the secrets of the stack",
        zh="本机和备份中都没有该应用栈的密钥",
        fix_en="seaway secrets set NAME for each of them, then seaway restore",
        fix_zh="先用 seaway secrets set NAME 逐一设置，再执行 seaway restore",
    ),
    "SW848": Words(
        en="there is a stack called {stack} already",
        zh="已有名为 {stack} 的应用栈",
        fix_en="give another name to --into",
        fix_zh="为 --into 换一个名称",
    ),
    "SW849": Words(
        en="{stack} of an earlier restore still runs",
        zh="之前恢复时的 {stack} 仍在运行",
        fix_en="wait a moment, then try again",
        fix_zh="稍候再试",
    ),
    "SW850": Words(
        en="saved as {name}, {written} bytes of it new",
        zh="已保存为 {name}，其中新增 {written} 字节",
    ),
    "SW851": Words(
        en="no data of {stack} is aside: nothing was restored over it",
        zh="{stack} 没有移到一旁的数据：还没有恢复覆盖过它",
        fix_en="seaway backups lists what can be restored",
        fix_zh="用 seaway backups 列出可以恢复的内容",
    ),
    "SW879": Words(
        en="a restore or an upgrade of {stack} was broken off while data changed places: what is"
        " aside may be all there is of a store",
        zh="{stack} 的恢复或升级在交换数据时中断：某个存储的数据可能只剩下移到一旁的那一份",
        fix_en="`seaway restore --back` brings back what was there before; then try again",
        fix_zh="先用 `seaway restore --back` 恢复之前的数据，然后再试",
    ),
    "SW880": Words(
        en="another command is restoring or upgrading {stack}",
        zh="另一个命令正在恢复或升级 {stack}",
        fix_en="wait until it has ended, then try again",
        fix_zh="等它结束后再试",
    ),
    "SW881": Words(
        en="{name} is sound: only what is damaged or missing is given up by hand",
        zh="{name} 完好：只有损坏或缺失的备份才需要手动放弃",
        fix_en="it goes by itself once `keep` names it no more",
        fix_zh="当 keep 不再需要它时会自动移除",
    ),
    "SW852": Words(
        en="restored: {stack} has what there was at {oldest} or later",
        zh="已恢复：{stack} 的内容不早于 {oldest}",
    ),
    "SW853": Words(
        en="a backup and a moment cannot both be asked for",
        zh="不能同时指定备份和时刻",
        fix_en="leave out one of them",
        fix_zh="去掉其中之一",
    ),
    "SW854": Words(
        en="'{given}' is no time",
        zh="“{given}”不是时间",
        fix_en="write it as '2026-11-30 14:05' (UTC) or 2026-11-30T14:05:00+08:00",
        fix_zh="写成 '2026-11-30 14:05'（UTC）或 2026-11-30T14:05:00+08:00",
    ),
    "SW855": Words(
        en="a stack cannot be called '{name}'",
        zh="应用栈不能叫“{name}”",
        fix_en="use small letters, digits and hyphens, up to 40, beginning with a letter",
        fix_zh="使用小写字母、数字和连字符，最多 40 个字符，以字母开头",
    ),
    "SW856": Words(
        en="{store} came up and does not hold what it should: {problem}",
        zh="{store} 已启动，但内容与应有的不符：{problem}",
        fix_en="what was there before is untouched; try another backup: seaway backups",
        fix_zh="原有内容未受影响；请换一个备份：seaway backups",
    ),
    "SW857": Words(
        en="{store} is not being saved: {problem}",
        zh="{store} 未能保存：{problem}",
        fix_en="it is tried again and again; seaway backup tells more",
        fix_zh="会不断重试；用 seaway backup 了解更多",
    ),
    "SW858": Words(
        en="the log of {store} is kept from {at} on",
        zh="{store} 的日志自 {at} 起持续保存",
    ),
    "SW859": Words(
        en="a part of the log of {store} is lost: moments before the next backup may not be had",
        zh="{store} 的部分日志已丢失：下一次备份之前的某些时刻可能无法恢复",
        fix_en="a new backup is taken at once",
        fix_zh="会立即做一次新备份",
    ),
    "label store": Words(en="STORE", zh="存储"),
    "help save": Words(
        en="Keep backups of one stack coming; started by its supervisor, not by people.",
        zh="持续为一个应用栈做备份；由它的监管进程启动，无需手动运行。",
    ),
    "note would save": Words(en="would save: {stores}", zh="将保存：{stores}"),
    "note recovery key": Words(
        en="The recovery key of these backups, shown once. Keep it where this machine is not:\n"
        "  {key}",
        zh="这些备份的恢复密钥，只显示这一次。请保存在本机以外的地方：\n  {key}",
    ),
    "note damaged": Words(en="{name}: {what}", zh="{name}：{what}"),
    "note backups sound": Words(
        en="all {count} backups are whole: every byte was read",
        zh="{count} 个备份全部完好：已逐字节读取",
    ),
    "note restores": Words(
        en="{store}: {size} as of {at}, from {backup}",
        zh="{store}：{at} 的内容，{size}，来自 {backup}",
    ),
    "note kept aside": Words(
        en="what was there before is kept: `seaway restore --back` brings it back, "
        "`seaway restore --confirm` removes it",
        zh="之前的内容仍保留着：seaway restore --back 可以换回，seaway restore --confirm 将其移除",
    ),
    "note restored back": Words(
        en="{stack} has the data from before the restore again", zh="{stack} 已换回恢复之前的数据"
    ),
    "note restore confirmed": Words(
        en="the data from before the restore is gone", zh="恢复之前的数据已移除"
    ),
    "ask restore": Words(en="Restore into {stack}?", zh="恢复到 {stack} 吗？"),
    "ask restore over": Words(
        en="Restore over the data of {stack}? It stops for a moment; its data is put aside.",
        zh="用备份替换 {stack} 的数据吗？它会短暂停止，现有数据会移到一旁。",
    ),
    "ask restore back": Words(
        en="Bring back the data of {stack} from before the restore?",
        zh="换回 {stack} 恢复之前的数据吗？",
    ),
    "ask restore confirm": Words(
        en="Remove the data of {stack} from before the restore for good?",
        zh="永久移除 {stack} 恢复之前的数据吗？",
    ),
    "ask forget": Words(
        en="Give up {names} for good? What only they held cannot be restored any more.",
        zh="永久放弃 {names} 吗？只在其中的内容将无法再恢复。",
    ),
    "note forgotten": Words(en="given up: {names}", zh="已放弃：{names}"),
    "label backup": Words(en="BACKUP", zh="备份"),
    "label stores": Words(en="STORES", zh="存储"),
    "label size": Words(en="SIZE", zh="大小"),
    "label written": Words(en="NEW", zh="新增"),
    "label took": Words(en="TOOK", zh="用时"),
    "label any moment until": Words(en="ANY MOMENT UNTIL", zh="任意时刻至"),
    "help backup": Words(
        en="Save the data of stores now, and check it by reading it back.\nAll stores with a "
        "`backup:` in the stack file, or those named. Encrypted and compressed; what has not "
        "changed is not written again. Only what could be read back counts; then older ones that "
        "`keep` does not name go, never the last.",
        zh="立即保存存储的数据，并读回核对。\n保存栈文件中写了 backup: 的全部存储，或指定的存储。"
        "数据会加密、压缩，未变化的内容不会重复写入。只有读回无误才算数；"
        "之后才移除 keep 以外的旧备份，最后一个永远保留。",
    ),
    "help backups": Words(
        en="List the backups, the newest last.\n--check reads every byte of all of them and ends "
        "with 1 where one is damaged. --forget gives up one that is damaged or missing.",
        zh="列出备份，最新的在后。\n--check 会读取全部备份的每个字节，有损坏时退出码为 1。"
        "--forget 放弃损坏或缺失的备份。",
    ),
    "help restore": Words(
        en="Bring data back, exactly or not at all.\nWithout arguments, all there is; with BACKUP, "
        "what that holds; with --at, what there was then. It comes up beside what runs, is looked "
        "at, and then takes its place; what was there before is kept until --confirm, and --back "
        "returns to it. --into brings it up as another stack, to look at.",
        zh="恢复数据，要么完全一致，要么拒绝。\n不带参数时恢复全部已有内容；给出 BACKUP 时恢复"
        "它所含的内容；用 --at 恢复到某一时刻。数据先在一旁启动并检查，然后接替原有数据；"
        "原有数据会保留到 --confirm，--back 可以换回。--into 把它作为另一个应用栈启动。",
    ),
    "option check backups": Words(
        en="Read every byte of every backup.", zh="读取每个备份的每个字节。"
    ),
    "option forget backup": Words(
        en="Give up this damaged or missing backup; may be repeated.",
        zh="放弃这个损坏或缺失的备份；可重复使用。",
    ),
    "option recovery key": Words(
        en="Show the key that opens the backups.", zh="显示打开备份的密钥。"
    ),
    "option restore at": Words(
        en="The moment to go back to, in UTC unless it says otherwise.",
        zh="要回到的时刻，未注明时区时为 UTC。",
    ),
    "option store": Words(
        en="Restore only this store; may be repeated.", zh="只恢复这个存储；可重复使用。"
    ),
    "option into": Words(
        en="Bring it up as another stack of that name.", zh="以此名称作为另一个应用栈启动。"
    ),
    "option restore back": Words(
        en="Return to the data from before the last restore.", zh="换回上次恢复之前的数据。"
    ),
    "option restore confirm": Words(
        en="Remove the data from before the last restore.", zh="移除上次恢复之前的数据。"
    ),
}
