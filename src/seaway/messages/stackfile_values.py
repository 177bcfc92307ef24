"""Words about single settings and quantities in a stack file (codes SW125 to SW149)."""

from seaway.messages.words import Words

VALUES: dict[str, Words] = {
    "SW125": Words(
        en="there is no setting `{name}` here",
        zh="此处没有名为 `{name}` 的设置",
        fix_en="did you mean `{nearest}`? Known here: {known}",
        fix_zh="是不是想写 `{nearest}`？可用的设置：{known}",
    ),
    "SW126": Words(
        en="`{name}` is missing here",
        zh="此处缺少 `{name}`",
        fix_en="add a line: {name}: …",
        fix_zh="请加上一行：{name}: …",
    ),
    "SW127": Words(
        en="`{what}` must be text, not {found}",
        zh="`{what}` 必须是文本，而不是 {found}",
        fix_en="put the value into quotes",
        fix_zh="请给这个值加上引号",
    ),
    "SW128": Words(
        en="`{what}` must be a whole number, not {found}",
        zh="`{what}` 必须是整数，而不是 {found}",
        fix_en="write digits only, without quotes",
        fix_zh="请只写数字，不加引号",
    ),
    "SW129": Words(
        en="`{what}` must be true or false, not {found}",
        zh="`{what}` 必须是 true 或 false，而不是 {found}",
        fix_en="write true or false; yes, no, on and off are text in YAML 1.2",
        fix_zh="请写 true 或 false；在 YAML 1.2 中 yes、no、on、off 都是文本",
    ),
    "SW130": Words(
        en="`{what}` cannot be {found}",
        zh="`{what}` 不能是 {found}",
        fix_en="see what it may be: seaway explain",
        fix_zh="查看可用的写法：seaway explain",
    ),
    "SW131": Words(
        en="`{what}` must be a number, not {found}",
        zh="`{what}` 必须是数字，而不是 {found}",
        fix_en="write digits only, without quotes",
        fix_zh="请只写数字，不加引号",
    ),
    "SW132": Words(
        en="`{what}` must be a list, not {found}",
        zh="`{what}` 必须是列表，而不是 {found}",
        fix_en="write [one, two], or one line beginning with `- ` for each",
        fix_zh="请写成 [一, 二]，或每项一行并以 `- ` 开头",
    ),
    "SW133": Words(
        en="`{what}` must be a map of settings, not {found}",
        zh="`{what}` 必须是由设置组成的映射，而不是 {found}",
        fix_en="write its settings below it, indented, as `name: value`",
        fix_zh="请在下一行缩进，逐项写成 `名称: 值`",
    ),
    "SW134": Words(
        en="`{what}` cannot be `{name}`",
        zh="`{what}` 不能是 `{name}`",
        fix_en="did you mean `{nearest}`? It may be: {known}",
        fix_zh="是不是想写 `{nearest}`？可选的值：{known}",
    ),
    "SW135": Words(
        en="`{what}` cannot be {found}",
        zh="`{what}` 不能是 {found}",
        fix_en="it must be {limit}",
        fix_zh="必须 {limit}",
    ),
    "SW136": Words(
        en="`{what}` cannot be written as `{found}`",
        zh="`{what}` 不能写成 `{found}`",
        fix_en="it must look like {pattern}",
        fix_zh="格式必须符合 {pattern}",
    ),
    "SW137": Words(
        en="the length of `{what}` does not fit",
        zh="`{what}` 的长度不合适",
        fix_en="it must be {limit}",
        fix_zh="长度必须 {limit}",
    ),
    "SW138": Words(
        en="a stack file has references, not templates with `${{`",
        zh="栈文件用引用，不支持 `${{` 模板",
        fix_en="write env:NAME, secret:NAME or ref:component.value as a whole value; $NAME in run",
        fix_zh="请把整个值写成 env:名称、secret:名称 或 ref:组件.值；在 `run` 中写 $名称",
    ),
    "SW139": Words(
        en="`{name}` has no value",
        zh="`{name}` 没有值",
        fix_en="write a value behind it, or delete the line",
        fix_zh="请在后面写上值，或删除这一行",
    ),
    "SW140": Words(
        en="`{found}` is no size",
        zh="`{found}` 不是大小",
        fix_en="write a number with a unit: 512Mi, 10MB, 20Gi",
        fix_zh="请写带单位的数字：512Mi、10MB、20Gi",
    ),
    "SW141": Words(
        en="`{found}` is no duration",
        zh="`{found}` 不是时长",
        fix_en="write a number with a unit: 500ms, 30s, 5m, 1h30m, 7d",
        fix_zh="请写带单位的数字：500ms、30s、5m、1h30m、7d",
    ),
    "SW142": Words(
        en="`{found}` is no rate",
        zh="`{found}` 不是速率",
        fix_en="write how many in which time: 10/s, 1000/min, 10/s per ip",
        fix_zh="请写单位时间内的次数：10/s、1000/min、10/s per ip",
    ),
    "SW143": Words(
        en="`{found}` is no percentage from 0% to 100%",
        zh="`{found}` 不是 0% 到 100% 之间的百分数",
        fix_en="write a number with the sign: 70%, 99.9%",
        fix_zh="请写带百分号的数字：70%、99.9%",
    ),
    "SW144": Words(
        en="`{found}` is no amount of money",
        zh="`{found}` 不是金额",
        fix_en="write an amount with its currency: 20 CNY/day",
        fix_zh="请写金额和币种：20 CNY/day",
    ),
    "SW145": Words(
        en="`{found}` is no number of processors",
        zh="`{found}` 不是处理器数量",
        fix_en="write 0.5, 2, or 500m for half a processor",
        fix_zh="请写 0.5、2，或用 500m 表示半个处理器",
    ),
    "SW146": Words(
        en="`{found}` has no unit",
        zh="`{found}` 缺少单位",
        fix_en="write it with one of: {units}, as in {example}",
        fix_zh="请加上单位：{units}，例如 {example}",
    ),
    "SW147": Words(
        en="here belongs a quantity with a unit, not {found}",
        zh="此处应是带单位的数量，而不是 {found}",
        fix_en="write it with one of: {units}, as in {example}",
        fix_zh="请用以下单位之一：{units}，例如 {example}",
    ),
    "SW148": Words(
        en="`{found}` is no number of copies",
        zh="`{found}` 不是副本数",
        fix_en="write a number up to {most}, or a range as 2..10",
        fix_zh="请写不超过 {most} 的数字，或写范围，如 2..10",
    ),
    "SW149": Words(
        en="`{found}` is no condition",
        zh="`{found}` 不是条件",
        fix_en='write a limit to exceed: "> 1%", "> 2x", "> 800ms"',
        fix_zh='请写超过的界限："> 1%"、"> 2x"、"> 800ms"',
    ),
}
