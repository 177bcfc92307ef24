"""The acceptance list of LuLab (requirements, part 2.3)."""

from journey.means import LONG
from journey.visit import Visit
from seaway.journey import Both, Journey, Line

PANELS = Both("there are no panels yet", "监控面板尚未实现")

JOURNEY = Journey(
    begin=Visit,
    lines=(
        Line(
            id="environments",
            says=Both("Three environments from one file", "一个文件描述三个环境"),
            check=Visit.environments,
        ),
        Line(
            id="deployed",
            says=Both("API on three instances, worker on two", "API 三个实例，worker 两个"),
            check=Visit.deployed,
        ),
        Line(
            id="accounts",
            says=Both(
                "Log in and see the profile; the login is logged in the stated format",
                "登录并查看个人信息；登录按规定格式记录",
            ),
            check=Visit.accounts,
            after=("deployed",),
        ),
        Line(
            id="event",
            says=Both("Event in, summary out", "收到会议事件，生成纪要"),
            check=Visit.event,
            after=("accounts",),
        ),
        Line(
            id="forged",
            says=Both(
                "Forged and replayed events are refused; one that comes twice counts once",
                "伪造和重放的事件被拒绝；重复事件只计一次",
            ),
            check=Visit.forged,
            after=("accounts",),
        ),
        Line(
            id="notified",
            says=Both(
                "Three notifications in the mocks, mail caught on 1025",
                "模拟服务收到三路通知，邮件在 1025 端口接收",
            ),
            check=Visit.notified,
            after=("event",),
        ),
        Line(
            id="reads",
            says=Both("Read after write works with the replica", "读副本时写后即读成立"),
            check=Visit.reads,
            after=("event",),
        ),
        Line(
            id="download",
            says=Both("The recording is downloaded", "下载会议录制"),
            check=Visit.download,
            after=("event",),
        ),
        Line(
            id="worker",
            says=Both("A worker killed in mid-job loses nothing", "任务中途杀死 worker，不丢任务"),
            check=Visit.worker,
            after=("accounts",),
            limit=LONG,
        ),
        Line(
            id="searchable",
            says=Both("Logs are searchable by request id", "日志可按请求编号检索"),
            check=Visit.searchable,
            after=("event",),
        ),
        Line(
            id="primary",
            says=Both(
                "Primary killed: the standby is promoted, writes go on",
                "杀死主库：备库提升，写入继续",
            ),
            check=Visit.primary,
            after=("event",),
            limit=LONG,
        ),
        Line(
            id="cluster",
            says=Both(
                "One Redis master killed, the cluster goes on",
                "杀死一个 Redis 主节点，集群继续服务",
            ),
            check=Visit.cluster,
            after=("accounts",),
            limit=LONG,
        ),
        Line(
            id="panels",
            says=Both(
                "Panels for response, throughput, CPU, memory, disk, connections, query time,"
                " errors",
                "响应、吞吐、CPU、内存、磁盘、连接、查询耗时、错误等面板",
            ),
            not_yet=PANELS,
        ),
        Line(
            id="backup",
            says=Both("Backup at 02:00, kept 7", "02:00 备份，保留 7 份"),
            check=Visit.saved,
            after=("event",),
            limit=LONG,
        ),
        Line(
            id="restore",
            says=Both(
                "Restore into a fresh database to a point before a bad delete",
                "恢复到新库中误删之前的时间点",
            ),
            check=Visit.restored,
            after=("event", "backup"),
            limit=LONG,
        ),
        Line(
            id="reset",
            says=Both("Test data reset", "测试数据重置"),
            check=Visit.reset,
            after=("accounts",),
        ),
    ),
)
