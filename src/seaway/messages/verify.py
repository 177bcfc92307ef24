"""Words about `verify` and its reports (codes SW9xx)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW901": Words(
        en="this stack has no journey: there is no {file}",
        zh="该应用栈没有验收流程：找不到 {file}",
        fix_en="write one (see docs/guides/verify.md), or name it with --journey",
        fix_zh="请编写一个（见 docs/zh/guides/verify.md），或用 --journey 指定",
    ),
    "SW902": Words(
        en="the journey {file} cannot be used: {problem}",
        zh="无法使用验收流程 {file}：{problem}",
        fix_en="it must hold `JOURNEY = Journey(…)`, see docs/guides/verify.md",
        fix_zh="其中必须有 `JOURNEY = Journey(…)`，见 docs/zh/guides/verify.md",
    ),
    "SW903": Words(
        en="{stack} does not keep its promises: failed {failed}, not tried {untried}, "
        "passed {passed}, not yet {later}",
        zh="{stack} 未通过验收：失败 {failed}，未执行 {untried}，通过 {passed}，尚未实现 {later}",
        fix_en="read the lines above; `seaway doctor` often knows the cause",
        fix_zh="请看上面各行；`seaway doctor` 往往能给出原因",
    ),
    "SW904": Words(
        en="nothing of {stack} can be reached from outside: it has no ingress that runs",
        zh="{stack} 没有可从外部访问的地址：没有正在运行的入口",
        fix_en="declare hosts and routes under `ingress:`",
        fix_zh="请在 `ingress:` 下声明主机和路由",
    ),
    "SW905": Words(
        en="the report cannot be written to {file}: {problem}",
        zh="无法把报告写入 {file}：{problem}",
        fix_en="name a file in a folder that exists and is yours",
        fix_zh="请指定一个已存在且可写的目录中的文件",
    ),
    "SW906": Words(
        en="the journey has no line '{name}'",
        zh="验收流程中没有 “{name}”这一行",
        fix_en="did you mean {nearest}? There are: {known}",
        fix_zh="是不是想写 {nearest}？现有：{known}",
    ),
    # ------------------------------------------------------------- why a line did not pass
    "SW910": Words(en="comes after what did not pass: {lines}", zh="它依赖的项目没有通过：{lines}"),
    "SW911": Words(en="the journey was interrupted", zh="验收流程被中断"),
    "SW912": Words(en="took longer than {limit}", zh="超过时限 {limit}"),
    "SW913": Words(en="broke off: {problem} ({where})", zh="意外中止：{problem}（{where}）"),
    # ----------------------------------------------------------------------------- the report
    "outcome passed": Words(en="passed", zh="通过"),
    "outcome failed": Words(en="failed", zh="失败"),
    "outcome not tried": Words(en="not tried", zh="未执行"),
    "outcome not yet": Words(en="not yet", zh="尚未实现"),
    "note verified": Words(
        en="{stack} keeps its promises: passed {passed}, not yet {later}",
        zh="{stack} 通过验收：通过 {passed}，尚未实现 {later}",
    ),
    "note report": Words(en="report: {file}", zh="报告：{file}"),
    "note trying": Words(en="trying: {line}", zh="正在验证：{line}"),
    "report title": Words(en="Acceptance of {stack}", zh="{stack} 验收报告"),
    "report good": Words(en="keeps its promises", zh="通过验收"),
    "report bad": Words(en="does not keep its promises", zh="未通过验收"),
    "report environment": Words(en="environment", zh="环境"),
    "report release": Words(en="release", zh="版本"),
    "report address": Words(en="address", zh="地址"),
    "report begun": Words(en="begun", zh="开始"),
    "report took": Words(en="took", zh="用时"),
    "report by": Words(en="written by Seaway {version}", zh="由 Seaway {version} 生成"),
}
