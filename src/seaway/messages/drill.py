"""Words about drills (codes SW861 to SW863)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW861": Words(
        en="a drill was held: all stores served after {seconds} s and held what they should",
        zh="已完成一次演练：全部存储在 {seconds} 秒后恢复服务，内容无误",
    ),
    "SW862": Words(
        en="a drill did not keep what is promised: {problems}",
        zh="演练未达到承诺：{problems}",
        fix_en="goals of a store say what is promised; its `full` and `goals: {{rpo}}` say how "
        "often it is saved",
        fix_zh="存储的 goals 是承诺的内容；full 和 goals: {{rpo}} 决定多久保存一次",
    ),
    "SW863": Words(
        en="the journey was not tried on what was restored: {names} are not simulated here, and a "
        "copy of the system would act on them",
        zh="未在恢复的副本上执行验收流程：{names} 在此处不是模拟的，副本会对其产生真实操作",
        fix_en="hold drills in an environment where they are simulated, too",
        fix_zh="也可在这些服务为模拟的环境中进行演练",
    ),
    "label as of": Words(en="AS OF", zh="内容时刻"),
    "label lost at most": Words(en="LOST AT MOST", zh="最多丢失"),
    "label same": Words(en="SAME", zh="一致"),
    "label changed": Words(en="CHANGED", zh="已变化"),
    "label differs": Words(en="DIFFERS", zh="不一致"),
    "label missing": Words(en="MISSING", zh="缺失"),
    "label problems": Words(en="PROBLEMS", zh="问题"),
    "note drilled": Words(
        en="all stores served their data after {seconds} s", zh="全部存储在 {seconds} 秒后恢复服务"
    ),
    "option drill history": Words(
        en="Show the drills that were held before.", zh="显示以往的演练。"
    ),
    "help drill": Words(
        en="Try whether the backups restore.\nEverything is restored into a stack of its own and "
        "compared with what runs or with what was saved: tables, keys, documents, vectors, "
        "objects, and what rows point to; then the whole system runs on it, and the lines of its "
        "journey that are marked for drills are tried. What would have been lost and how long it "
        "took are measured; where `goals` are missed it ends with 1. The report is signed and "
        "kept. Nothing of it stays running.",
        zh="检验备份能否恢复。\n把全部内容恢复到一个独立的应用栈，并与正在运行的数据或保存时的内容比较："
        "表、键、文档、向量、对象，以及各行引用的内容；随后整个系统在副本上运行，"
        "并执行验收流程中标记为 drilled 的行。"
        "会测量可能丢失的数据和所需时间；未达到 goals 时退出码为 1。"
        "报告会签名并保留，演练结束后不留下任何运行中的内容。",
    ),
    "label references": Words(en="REFERENCES", zh="引用"),
    "label signature": Words(en="SIGNATURE", zh="签名"),
    "drill genuine": Words(en="good", zh="有效"),
    "drill changed": Words(en="not as it was written", zh="内容被改动"),
    "drill title": Words(en="Recovery drill of {stack}", zh="{stack} 恢复演练"),
    "drill good": Words(
        en="All stores came back, held what they should, and kept their goals.",
        zh="全部存储均已恢复，内容无误，达到目标。",
    ),
    "drill bad": Words(en="Something promised was not kept.", zh="有承诺未达到。"),
    "drill rto": Words(en="until all stores served", zh="全部存储恢复服务"),
    "drill rpo": Words(en="lost at most", zh="最多丢失"),
    "drill goal": Words(en="goal", zh="目标"),
    "drill references": Words(en="references followed", zh="已核对的引用"),
    "drill dangling": Words(en="lead nowhere", zh="失效的引用"),
    "drill store": Words(en="store", zh="存储"),
    "drill as of": Words(en="content of", zh="内容时刻"),
    "drill size": Words(en="size", zh="大小"),
    "drill same": Words(en="the same", zh="一致"),
    "drill moved": Words(en="changed meanwhile", zh="期间有变化"),
    "drill differs": Words(en="different", zh="不一致"),
    "drill newer": Words(en="newer than its copy", zh="晚于备份"),
    "drill journey": Words(en="Tried on what was restored", zh="在恢复的副本上执行的验收项"),
    "drill problems": Words(en="Problems", zh="问题"),
    "drill signed": Words(
        en="Signed with the key of the backups (HMAC-SHA-256); `seaway drill --history` checks it",
        zh="以备份密钥签名（HMAC-SHA-256）；用 seaway drill --history 验证",
    ),
}
