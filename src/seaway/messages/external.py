"""Words about services of others, and about pictures (SW380 to SW384)."""

from seaway.messages.words import Words

WORDS: dict[str, Words] = {
    "SW380": Words(
        en="`{setting}` is missing: what uses this service will find it switched off",
        zh="缺少 `{setting}`：使用这项服务的部分会发现它已停用",
        fix_en="write {setting}: secret:NAME or env:NAME and give it, or mode: simulated",
        fix_zh="请写 {setting}: secret:名称 或 env:名称 并给出它的值，或写 mode: simulated",
    ),
    "SW381": Words(
        en="WeChat Pay has no sandbox for its API v3",
        zh="微信支付 API v3 没有沙箱环境",
        fix_en="write mode: simulated or mode: real",
        fix_zh="写成 mode: simulated 或 mode: real",
    ),
    "SW382": Words(
        en="no simulator plays this provider; there is one for aliyun",
        zh="没有模拟这家供应商的服务；目前只有 aliyun 的",
        fix_en="write provider: aliyun, or mode: real with its keys",
        fix_zh="写成 provider: aliyun，或写 mode: real 并给出密钥",
    ),
    "SW383": Words(
        en="'{store}' has no bucket '{name}' for pictures",
        zh="“{store}”没有存放图片的桶“{name}”",
        fix_en="name an s3 and a bucket of it, as files/food-images; there are: {known}",
        fix_zh="请写一个 s3 和它的一个桶，例如 files/food-images；已有的：{known}",
    ),
    "SW384": Words(
        en="nobody is asked what is on the pictures: they are only kept",
        zh="没有可询问图片内容的网关：图片只会被保存",
        fix_en="add a gateway to `uses`",
        fix_zh="请在 `uses` 中加入一个网关",
    ),
}
