// Reads server-sent events from an answer; `EventSource` cannot send a token, `fetch` can.

export type Facts = Readonly<Record<string, unknown>>;

export async function* events(answer: Response): AsyncGenerator<readonly [string, Facts]> {
  if (!answer.body) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const whole = (text + value).split(/\r?\n\r?\n/);
    text = whole.pop() ?? "";
    for (const event of whole) {
      const name = /^event: ?(.+)$/m.exec(event)?.[1]?.trim();
      const data = /^data: ?(.*)$/m.exec(event)?.[1];
      if (name) yield [name, facts(data)];
    }
  }
}

function facts(data: string | undefined): Facts {
  const read: unknown = JSON.parse(data || "{}");
  return typeof read === "object" && read !== null ? (read as Facts) : {};
}
