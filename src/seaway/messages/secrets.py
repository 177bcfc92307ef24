"""Words about secrets (codes SW7xx)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW701": Words(
        en="secret {name} has no value",
        zh="密钥 {name} 没有值",
        fix_en="seaway secrets set {name}",
        fix_zh="seaway secrets set {name}",
    ),
    "SW702": Words(
        en="secret {name} has no version {version} any more",
        zh="密钥 {name} 已没有版本 {version}",
    ),
    "SW703": Words(
        en="the vault {path} cannot be opened with its key",
        zh="无法用现有密钥打开保险库 {path}",
        fix_en="restore {path}.key from a copy, or set SEAWAY_VAULT_KEY",
        fix_zh="请从副本恢复 {path}.key，或设置 SEAWAY_VAULT_KEY",
    ),
    "SW704": Words(
        en="secret {name} is shorter than {least} characters",
        zh="密钥 {name} 少于 {least} 个字符",
        fix_en="seaway secrets generate {name}",
        fix_zh="seaway secrets generate {name}",
    ),
    "SW705": Words(
        en="secret {name} is a placeholder ('{sample}…'), refused outside development",
        zh="密钥 {name} 是占位值（'{sample}…'），在开发环境之外不被接受",
        fix_en="seaway secrets generate {name}",
        fix_zh="seaway secrets generate {name}",
    ),
    "SW706": Words(
        en="secret {name} must be {bytes} random bytes in {form}",
        zh="密钥 {name} 必须是 {form} 编码的 {bytes} 个随机字节",
        fix_en="seaway secrets generate {name}",
        fix_zh="seaway secrets generate {name}",
    ),
    "SW707": Words(
        en="secret {name} is not declared in this stack",
        zh="该应用栈没有声明密钥 {name}",
        fix_en="add it under `secrets:`; declared are: {known}",
        fix_zh="请在 `secrets:` 下声明；已声明：{known}",
    ),
    "SW708": Words(
        en="secret {name} has no rule to generate it",
        zh="密钥 {name} 没有生成规则",
        fix_en="declare `{name}: {{generate: 32}}`, or `seaway secrets set {name}`",
        fix_zh="请声明 `{name}: {{generate: 32}}`，或用 `seaway secrets set {name}` 设置值",
    ),
    "SW709": Words(
        en="secret {name} encrypts stored data; another one would make that data unreadable",
        zh="密钥 {name} 用于加密已存储的数据，更换后这些数据将无法读取",
        fix_en="leave it as it is, or move the data to a new store",
        fix_zh="请保持不变，或把数据迁移到新的存储",
    ),
    "SW710": Words(
        en="the newest value of {name} was not put in place yet: after one more, a value that data "
        "may be made with would be gone",
        zh="{name} 的最新值尚未生效：若再更换一次，可能仍在使用的旧值就会丢失",
        fix_en="seaway up, then rotate again",
        fix_zh="请先运行 seaway up，再轮换",
    ),
    "SW711": Words(
        en="the value of {name} is {days} days old, more than its `rotate: {most}`",
        zh="{name} 的值已有 {days} 天，超过 `rotate: {most}`",
        fix_en="seaway secrets rotate {name}, then seaway up",
        fix_zh="请运行 seaway secrets rotate {name}，再运行 seaway up",
    ),
    "SW712": Words(
        en="the value of {name} is {days} days old, more than its `rotate: {most}`",
        zh="{name} 的值已有 {days} 天，超过 `rotate: {most}`",
        fix_en="get a new one from whoever gave it, then seaway secrets set {name} and seaway up",
        fix_zh="请向提供方换取新值，再运行 seaway secrets set {name} 和 seaway up",
    ),
}
