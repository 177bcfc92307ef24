// Names the providers whose models can be used.

export const PROVIDERS: readonly (readonly [string, string])[] = [
  ["deepseek", "DeepSeek"],
  ["zhipu", "智谱 GLM"],
  ["qwen", "通义千问 Qwen"],
  ["moonshot", "Moonshot Kimi"],
  ["openai", "OpenAI"],
  ["anthropic", "Anthropic"],
];

export function nameOf(provider: string): string {
  return PROVIDERS.find(([id]) => id === provider)?.[1] ?? provider;
}
