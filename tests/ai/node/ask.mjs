// OpenAI's own client for Node against a gateway: prints what it was answered, as JSON.
import OpenAI from "openai";

const [baseURL, apiKey, broken] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 20_000 });
const messages = [{ role: "user", content: "怎样做红烧肉？" }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } } },
  },
};
const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const whole = await client.chat.completions.create({ model: "chat", messages });
let streamed = "";
let usage = null;
const stream = await client.chat.completions.create({
  model: "chat",
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const event of stream) {
  streamed += event.choices[0]?.delta?.content ?? "";
  usage = event.usage ?? usage;
}
const called = await client.chat.completions.create({
  model: "chat",
  messages: [{ role: "user", content: "The weather in Xiamen?" }],
  tools: [weather],
});
const seen = await client.chat.completions.create({
  model: "chat",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image_url", image_url: { url: pixel } },
      ],
    },
  ],
});
const vectors = await client.embeddings.create({ model: "chat", input: ["a", "b"] });
const models = [];
for await (const model of client.models.list()) models.push(model.id);

const errors = {};
async function refused(name, call) {
  try {
    await call();
    errors[name] = "none";
  } catch (error) {
    errors[name] = [error.constructor.name, error.status, error.code].filter(Boolean).join(" ");
  }
}
await refused("model", () => client.chat.completions.create({ model: "none", messages }));
await refused("key", () => new OpenAI({ baseURL, apiKey: "x", maxRetries: 0 }).models.list());
await refused("stream", async () => {
  const cut = await client.chat.completions.create({ model: broken, messages, stream: true });
  for await (const event of cut) void event;
});

console.log(
  JSON.stringify({
    whole: whole.choices[0].message.content,
    streamed,
    usage: [usage.total_tokens, whole.usage.total_tokens],
    tool: called.choices[0].message.tool_calls[0].function.name,
    seen: seen.choices[0].message.content,
    dimensions: vectors.data.map((row) => row.embedding.length),
    models,
    errors,
  }),
);
