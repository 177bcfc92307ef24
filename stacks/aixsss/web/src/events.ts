// Listens to what happens to the user's files and jobs, on this page or elsewhere.

import { address, authorization } from "./api";

const AGAIN_MS = 3000;

/** What came with an event; whoever reads it knows which event has which fields. */
export type Facts = Readonly<Record<string, unknown>>;

type Listener = (name: string, facts: Facts) => void;

/**
 * Calls back at every event until stopped; `EventSource` cannot send the token, `fetch` can.
 * `hello` comes first, each time it is connected: what happened before that was missed.
 */
export function listen(onEvent: Listener): () => void {
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      await read(onEvent, stop.signal).catch(() => undefined);
      await new Promise((wake) => setTimeout(wake, AGAIN_MS));
    }
  })();
  return () => stop.abort();
}

async function read(onEvent: Listener, signal: AbortSignal): Promise<void> {
  const headers = { Authorization: authorization() };
  const response = await fetch(address("/events"), { headers, signal });
  if (!response.ok || !response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + value).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const name = /^event: (.+)$/m.exec(event)?.[1];
      if (name) onEvent(name, facts(/^data: (.+)$/m.exec(event)?.[1]));
    }
  }
}

function facts(data: string | undefined): Facts {
  const read: unknown = JSON.parse(data ?? "{}");
  return typeof read === "object" && read !== null ? (read as Facts) : {};
}
