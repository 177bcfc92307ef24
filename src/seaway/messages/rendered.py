"""Words about files that are handed over (codes SW283 to SW289)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW283": Words(
        en="{component} does not run by Compose alone: it has members that Seaway leads, or a part"
        " that is in no image",
        zh="{component} 无法只靠 Compose 运行：它的成员由 Seaway 管理，或所需的服务不在任何镜像中",
        fix_en="give it one member for this environment, or name a server of your own:"
        " external: true",
        fix_zh="请在此环境中只用一个成员，或改用您自己的服务：external: true",
    ),
    "SW284": Words(
        en="{component}: Compose cannot ask for its health by gRPC; it asks whether the port"
        " accepts a connection",
        zh="{component}：Compose 无法用 gRPC 做健康检查，改为检查端口能否连接",
        fix_en="nothing need be done; a 'ready' with a path over HTTP says more",
        fix_zh="无需处理；若提供基于 HTTP 路径的 ready，检查会更可靠",
    ),
    "SW285": Words(
        en="{host}: nobody renews its certificate where Seaway is not; ./secrets.sh makes one that"
        " browsers do not trust",
        zh="{host}：脱离 Seaway 后无人续签证书；./secrets.sh 生成的证书不受浏览器信任",
        fix_en="write chain and key to secrets/certificate-{host}, and restart the ingress",
        fix_zh="请把证书链和私钥写入 secrets/certificate-{host}，并重启 ingress",
    ),
    "SW286": Words(
        en="{folder} holds something else: nothing was written",
        zh="{folder} 中已有其他内容：未写入任何文件",
        fix_en="name a folder that is empty or not there yet: -o {folder}-compose",
        fix_zh="请指定空的或尚不存在的文件夹：-o {folder}-compose",
    ),
    "SW287": Words(
        en="the environment {environment} does not run in containers: there is nothing that Compose"
        " could go on with",
        zh="环境 {environment} 不在容器中运行：没有可供 Compose 接着使用的内容",
        fix_en="for new data in containers: seaway render -t compose -o FOLDER",
        fix_zh="若要在容器中从新数据开始，请用 seaway render -t compose -o FOLDER",
    ),
    "note ejected": Words(
        en="{folder} goes on with the data of {stack}: seaway down -e {environment}, then there:"
        " docker compose up --detach --wait",
        zh="{folder} 可接着使用 {stack} 的数据：先执行 seaway down -e {environment}，"
        "再在该文件夹中执行 docker compose up --detach --wait",
    ),
    "rendered readme ejected": Words(
        en="""\
This folder goes on where Seaway stopped: the volumes are the folders of its data, and `secrets/`\
 holds the passwords that belong to it.
First `seaway down -e {environment}`: two servers on the same data would damage it.
`docker compose down --volumes` forgets the volumes and leaves the folders.
""",
        zh="""\
此文件夹接着 Seaway 停下的地方运行：各卷就是其数据所在的文件夹，`secrets/` 中是与数据对应的密码。
请先执行 `seaway down -e {environment}`：两个服务同时使用同一份数据会造成损坏。
`docker compose down --volumes` 只会删除卷的登记，不会删除这些文件夹。
""",
    ),
    "note rendered": Words(
        en="{folder} is whole; its README.md says how to start it without Seaway",
        zh="{folder} 已完整生成；如何在没有 Seaway 时启动，见其中的 README.md",
    ),
    "rendered readme": Words(
        en="""\
# {stack}, by Docker Compose

```sh
./secrets.sh                          # writes secrets/, once; asks for what only you have
docker compose build
docker compose up --detach --wait
docker compose ps
```

The images are made here, of the folders in `images/`; packages come from the index, by their\
 hashes (`PIP_INDEX_URL` names a mirror):

{images}
`docker compose push` needs a registry before the names of the images.
Where your Compose cannot build, say `docker build -t NAME FOLDER` with the names above.

| what | how |
| --- | --- |
| another address | `HTTP_ADDRESS=0.0.0.0:80 docker compose up --detach`, or `HTTPS_ADDRESS` |
| networks that are taken here | `NETWORKS=10.99 docker compose up --detach` |
| more copies of a service | `docker compose up --detach --scale NAME=3` |
| another value of a secret | remove its file, then\
 `./secrets.sh && docker compose up --detach --force-recreate` |

Without Seaway nobody does these: replace copies without losing requests, go back to an earlier\
 release, scale by load, renew certificates, back up data.
Data lies in the volumes of the project: `docker compose down` keeps them,\
 `down --volumes` removes them.
""",
        zh="""\
# 用 Docker Compose 运行 {stack}

```sh
./secrets.sh                          # 写出 secrets/，只需一次；只有您知道的值会向您询问
docker compose build
docker compose up --detach --wait
docker compose ps
```

镜像由 `images/` 中的目录在本机构建；软件包按哈希值从索引获取（可用 `PIP_INDEX_URL` 指定镜像源）：

{images}
若要使用 `docker compose push`，请先在镜像名前加上镜像仓库地址。
若您的 Compose 无法构建镜像，请用上面的名称执行 `docker build -t 名称 目录`。

| 需求 | 做法 |
| --- | --- |
| 更换监听地址 | `HTTP_ADDRESS=0.0.0.0:80 docker compose up --detach`（`HTTPS_ADDRESS` 同理） |
| 网段已被占用 | `NETWORKS=10.99 docker compose up --detach` |
| 增加某服务的副本 | `docker compose up --detach --scale 名称=3` |
| 更换密钥 | 删除其文件，执行 `./secrets.sh`，再执行 `docker compose up --detach --force-recreate` |

脱离 Seaway 后，以下工作无人代劳：不丢请求地替换副本、回滚到旧版本、按负载伸缩、续签证书、备份数据。
数据保存在项目的卷中：`docker compose down` 会保留，`down --volumes` 会删除。
""",
    ),
    "rendered readme schedules": Words(
        en="""\
What runs at times is in `schedules.crontab`: Compose has no clock.
Put its lines into the crontab of a user who may use Docker; they expect this folder at\
 `/srv/{stack}`.
""",
        zh="""\
定时任务见 `schedules.crontab`：Compose 没有定时功能。
请把其中各行加入有权使用 Docker 的用户的 crontab；它们默认此文件夹位于 `/srv/{stack}`。
""",
    ),
    "rendered readme backups": Words(
        en="The stack file asks for backups: Seaway makes them, and nothing in this folder does.\n",
        zh="栈文件要求备份；备份由 Seaway 完成，此文件夹中没有相应程序。\n",
    ),
}
