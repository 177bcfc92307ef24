"""Words about models: gateways, offline models, vectors, documents (SW357 to SW379, SW385 on)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW357": Words(
        en="when `{name}` goes to its stand-in no speech is recognised: that reads out what the"
        " comment of a file says",
        zh="`{name}` 由替身应答时不会识别语音：替身只会读出文件注释里写的内容",
        fix_en="for real speech on this machine, add a provider `speech: {{kind: models}}`, and"
        " route `{name}` to speech/hear",
        fix_zh="如需在本机识别真实语音，请加上供应商 `speech: {{kind: models}}`，"
        "并把 `{name}` 指向 speech/hear",
    ),
    "SW360": Words(
        en="no provider of this gateway is called `{name}`",
        zh="这个网关没有名为 `{name}` 的供应商",
        fix_en="did you mean `{nearest}`? There are: {known}",
        fix_zh="是不是想写 `{nearest}`？已有的：{known}",
    ),
    "SW361": Words(
        en="the provider `{name}` has no address",
        zh="供应商 `{name}` 没有地址",
        fix_en="add its base address: url: https://host/v1",
        fix_zh="请加上它的基础地址：url: https://主机/v1",
    ),
    "SW362": Words(
        en="the provider `{name}` has no key",
        zh="供应商 `{name}` 没有密钥",
        fix_en="add key: secret:NAME, and the secret to `secrets`",
        fix_zh="请加上 key: secret:名称，并在 `secrets` 中声明该密钥",
    ),
    "SW363": Words(
        en="limits over several copies need a place where all of them count",
        zh="多个副本共用的限额需要一个共同计数的地方",
        fix_en="add a redis to `uses` of this gateway, or keep one copy",
        fix_zh="请把一个 redis 加入这个网关的 `uses`，或只保留一个副本",
    ),
    "SW364": Words(
        en="answers are not kept, for there is no redis to keep them in",
        zh="回答不会被缓存，因为没有可供保存的 redis",
        fix_en="add a redis to `uses` of this gateway",
        fix_zh="请把一个 redis 加入这个网关的 `uses`",
    ),
    "SW365": Words(
        en="money is limited for a time, and none is given",
        zh="金额限额必须注明周期",
        fix_en="write it with a period: 20 CNY/day",
        fix_zh="请写明周期：20 CNY/day",
    ),
    "SW366": Words(
        en="what is spent cannot be counted, for no provider has prices",
        zh="没有任何供应商写明价格，无法计算花费",
        fix_en="add to a provider: prices: {{deepseek-chat: {{input: 2, output: 8}}}}",
        fix_zh="请在供应商处加上：prices: {{deepseek-chat: {{input: 2, output: 8}}}}",
    ),
    "SW367": Words(
        en="a key is never written into the stack file itself",
        zh="密钥不能直接写进栈文件",
        fix_en="write secret:NAME, and give the value with: seaway secrets set NAME",
        fix_zh="请写 secret:名称，并用 seaway secrets set 名称 设定它的值",
    ),
    "SW368": Words(
        en="'{found}' limits each address, and a gateway knows clients by their keys",
        zh="'{found}' 是对每个地址的限制，而网关按密钥识别客户端",
        fix_en="write it without 'per ip', or limit addresses at the ingress",
        fix_zh="请删去 'per ip'，或在入口处按地址限制",
    ),
    "SW369": Words(
        en="prompts are not kept, for there is no redis to keep them in",
        zh="提示词不会被保存，因为没有可供保存的 redis",
        fix_en="add a redis to `uses` of this gateway",
        fix_zh="请把一个 redis 加入这个网关的 `uses`",
    ),
    "SW370": Words(
        en="{package} {version} cannot be fetched, and is not here yet: {last}",
        zh="无法获取 {package} {version}，而本机尚未保存它：{last}",
        fix_en="connect this machine once; what is fetched is kept and needs no network any more",
        fix_zh="请让本机联网一次；获取之后会保存下来，不再需要网络",
    ),
    "SW371": Words(
        en="{path} of {package} {version} is not the file it should be",
        zh="{package} {version} 中的 {path} 与预期的文件不符",
        fix_en="look whether a mirror or a proxy changes packages, then try again",
        fix_zh="请检查镜像或代理是否改动了软件包，然后重试",
    ),
    "SW385": Words(
        en="'{name}' keeps no vectors",
        zh="'{name}' 不能保存向量",
        fix_en="name a postgres with extensions: [vector], or a milvus",
        fix_zh="请写一个带有 extensions: [vector] 的 postgres，或一个 milvus",
    ),
    "SW386": Words(
        en="vectors of {dimensions} dimensions are searched one by one; an index takes {most}",
        zh="{dimensions} 维的向量只能逐个比较；索引最多支持 {most} 维",
        fix_en="choose a model with at most {most} dimensions when there are many vectors",
        fix_zh="向量很多时，请选择不超过 {most} 维的模型",
    ),
    "SW387": Words(
        en="no gateway makes vectors of texts here; applications send vectors",
        zh="这里没有网关把文本变成向量；应用须自行提供向量",
        fix_en="add a gateway to `uses`",
        fix_zh="请把一个 gateway 加入 `uses`",
    ),
    "SW388": Words(
        en="'{name}' keeps no documents",
        zh="'{name}' 不能保存文档",
        fix_en="name a postgres",
        fix_zh="请写一个 postgres",
    ),
    "SW389": Words(
        en="'{name}' finds no passages",
        zh="'{name}' 不能查找段落",
        fix_en="name a component of kind vectors",
        fix_zh="请写一个 kind 为 vectors 的组件",
    ),
    "SW390": Words(
        en="'{name}' writes no answers",
        zh="'{name}' 不能生成回答",
        fix_en="name a gateway",
        fix_zh="请写一个 gateway",
    ),
    "SW391": Words(
        en="answers are not kept, for there is no redis to keep them in",
        zh="回答不会被缓存，因为没有可供保存的 redis",
        fix_en="add a redis to `uses` of this component",
        fix_zh="请把一个 redis 加入这个组件的 `uses`",
    ),
}
