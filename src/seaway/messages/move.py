"""Words about data that goes elsewhere: environments and versions (codes SW864 to SW878)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW864": Words(
        en="there is data of {stack} in the environment {environment} already",
        zh="{stack} 在环境 {environment} 中已有数据",
        fix_en="if it is not needed: seaway -e {environment} down --destroy-data {stack}",
        fix_zh="如果不再需要：seaway -e {environment} down --destroy-data {stack}",
    ),
    "SW865": Words(
        en="{stack} runs in the environment {environment} already",
        zh="{stack} 已在环境 {environment} 中运行",
        fix_en="seaway -e {environment} down",
        fix_zh="seaway -e {environment} down",
    ),
    "SW866": Words(
        en="the environment {environment} has no store {store} of the same kind",
        zh="环境 {environment} 中没有同类的存储 {store}",
        fix_en="let both environments have the same stores",
        fix_zh="让两个环境使用相同的存储",
    ),
    "SW867": Words(
        en="{store} cannot be moved: its data is shared out between several servers",
        zh="无法迁移 {store}：它的数据分布在多个服务器上",
        fix_en="use one server, or bring its data over with its own tools",
        fix_zh="改用单个服务器，或用它自己的工具迁移数据",
    ),
    "SW868": Words(
        en="{stack} was moved from {here} to {there}; it was down for {seconds} s",
        zh="{stack} 已从 {here} 迁移到 {there}；停止服务 {seconds} 秒",
    ),
    "SW869": Words(
        en="the data of {stack} was moved to the environment {there}: what is here is older",
        zh="{stack} 的数据已迁移到环境 {there}：这里的数据较旧",
        fix_en="seaway -e {there} up; or, to go on with what is here, seaway move --back",
        fix_zh="seaway -e {there} up；如要继续使用这里的数据：seaway move --back",
    ),
    "SW870": Words(
        en="not the same after the move: {what} ({count} in all); everything runs as before",
        zh="迁移后不一致：{what}（共 {count} 项）；一切照旧运行",
        fix_en="somebody may still have written; try again, and report it if it stays",
        fix_zh="可能仍有程序在写入；请重试，若持续出现请反馈",
    ),
    "SW871": Words(
        en="the data of {stack} in {environment} was not moved anywhere",
        zh="{stack} 在 {environment} 中的数据没有被迁移过",
        fix_en="seaway move ENVIRONMENT",
        fix_zh="seaway move ENVIRONMENT",
    ),
    "SW872": Words(
        en="data cannot be moved to {environment}: it must be another environment, on this machine",
        zh="无法迁移到 {environment}：必须是本机上的另一个环境",
        fix_en="for another machine: seaway backup here, seaway restore there",
        fix_zh="迁移到其他机器：在这里 seaway backup，在那里 seaway restore",
    ),
    "SW873": Words(
        en="name an environment, or --back",
        zh="请给出环境名称，或 --back",
        fix_en="seaway move docker",
        fix_zh="seaway move docker",
    ),
    "SW874": Words(
        en="the data was made by PostgreSQL {made}: to read it, that version is needed once more",
        zh="数据由 PostgreSQL {made} 创建，读取它需要再用一次该版本",
        fix_en="apt-get install postgresql-{made} (from apt.postgresql.org where Debian has no "
        "more of it); nothing was touched",
        fix_zh="apt-get install postgresql-{made}（Debian 已不提供时用 apt.postgresql.org）；"
        "未改动任何内容",
    ),
    "SW875": Words(
        en="{store} is upgraded where its servers are installed: on this machine, without Docker",
        zh="{store} 只能在安装了服务器的地方升级：本机，不用 Docker",
        fix_en="seaway move local; upgrade it there; then move it back",
        fix_zh="先 seaway move local，在那里升级，再迁移回来",
    ),
    "SW876": Words(
        en="{store} needs no upgrade: its data is of the version of the server here",
        zh="{store} 无需升级：数据与这里的服务器版本一致",
    ),
    "SW877": Words(
        en="the data of {made} could not be read or told to the newer server: {problem}",
        zh="{made} 的数据无法读取或写入新服务器：{problem}",
        fix_en="the data is untouched; mend what is said and try again",
        fix_zh="数据未被改动；处理上述问题后重试",
    ),
    "SW878": Words(
        en="not the same in the newer server: {what} ({count} in all); the data is untouched",
        zh="在新服务器中不一致：{what}（共 {count} 项）；数据未被改动",
        fix_en="report it, with the definition of that table",
        fix_zh="请附上该表的定义反馈此问题",
    ),
    "help upgrade": Words(
        en="Bring the data of a store to the version of the server here.\nA server of the older "
        "version reads a copy of it, a newer one is told all of it, and both are compared, table "
        "by table; only then it takes the place of the older data, which is put aside: `seaway "
        "restore --back` returns to it. With --rehearse nothing takes its place.",
        zh="把存储的数据升级到这里的服务器版本。\n旧版本的服务器读取数据的副本，全部写入新服务器，"
        "并逐表比较；一致之后才替换旧数据，旧数据保留在一旁，可用 seaway restore --back 换回。"
        "使用 --rehearse 时不做替换。",
    ),
    "option rehearse": Words(
        en="Only try it on a copy, and say how long it took.",
        zh="只在副本上试行，并说明所需时间。",
    ),
    "ask upgrade": Words(
        en="Upgrade data of {stack}? It is stopped meanwhile.",
        zh="升级 {stack} 的数据吗？期间会停止服务。",
    ),
    "ask upgrade rehearse": Words(
        en="Rehearse the upgrade of data of {stack}? It is stopped if it runs.",
        zh="试行升级 {stack} 的数据吗？如果正在运行，会被停止。",
    ),
    "note rehearsed": Words(
        en="{store}: from {before} to {after} takes {seconds} s; {tables} tables were the same",
        zh="{store}：从 {before} 升级到 {after} 需 {seconds} 秒；{tables} 张表一致",
    ),
    "note upgraded": Words(
        en="{store}: from {before} to {after} in {seconds} s; {tables} tables are the same; "
        "to go back: seaway restore --back",
        zh="{store}：已从 {before} 升级到 {after}，用时 {seconds} 秒；{tables} 张表一致；"
        "如需换回：seaway restore --back",
    ),
    "help move": Words(
        en="Take the data of the stack to another environment of this machine.\nWriters are "
        "stopped, everything is saved, brought back there and compared; then the stack runs "
        "there, with the same secrets. What is here stays as it is: --back runs it again. If "
        "anything fails, it runs here as before.",
        zh="把应用栈的数据迁移到本机的另一个环境。\n先停止写入，保存全部数据，在目标环境中恢复并比较；"
        "之后应用栈在那里运行，密钥不变。这里的数据保持原样，可用 --back 重新启用。"
        "任何一步失败，都会恢复在这里运行。",
    ),
    "option move back": Words(
        en="Run it here again, on the data as it was when it was moved.",
        zh="重新在这里运行，使用迁移时的数据。",
    ),
    "ask move": Words(
        en="Move {stack} to {environment}? It is down until all data is there.",
        zh="把 {stack} 迁移到 {environment} 吗？数据迁移期间会停止服务。",
    ),
    "ask move back": Words(
        en="Run {stack} here again? What was written in {environment} since stays there.",
        zh="重新在这里运行 {stack} 吗？此后在 {environment} 中写入的数据会留在那里。",
    ),
    "note moves": Words(
        en="{store}: all of it goes to {environment}", zh="{store}：全部迁移到 {environment}"
    ),
    "note moved": Words(
        en="{size} are the same there; what is in {here} stays: seaway move --back",
        zh="{size} 数据在那里一致；{here} 中的数据仍保留：seaway move --back",
    ),
    "note moved back": Words(
        en="{stack} runs here again, and not in {environment}",
        zh="{stack} 已重新在这里运行，{environment} 中已停止",
    ),
}
