"""Knows the providers: where they are and which of their models is asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenAI-compatible endpoint; all of these say so in their documentation."""

    base_url: str
    model: str


PROVIDERS = {
    "anthropic": Provider("https://api.anthropic.com/v1", "claude-haiku-4-5"),
    "deepseek": Provider("https://api.deepseek.com/v1", "deepseek-chat"),
    "moonshot": Provider("https://api.moonshot.cn/v1", "kimi-k2-0905-preview"),
    "openai": Provider("https://api.openai.com/v1", "gpt-4o-mini"),
    "qwen": Provider("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen-plus"),
    "zhipu": Provider("https://open.bigmodel.cn/api/paas/v4", "glm-4-flash"),
}
