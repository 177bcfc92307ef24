// Listens to what happens to the user's files, on this page or elsewhere.

import { address, authorization } from "./api";

const AGAIN_MS = 3000;

/** Calls back at every event until stopped; `EventSource` cannot send the token, `fetch` can. */
export function listen(onEvent: (name: string) => void): () => void {
  const stop = new AbortController();
  void (async () => {
    while (!stop.signal.aborted) {
      await read(onEvent, stop.signal).catch(() => undefined);
      await new Promise((wake) => setTimeout(wake, AGAIN_MS));
    }
  })();
  return () => stop.abort();
}

async function read(onEvent: (name: string) => void, signal: AbortSignal): Promise<void> {
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
      if (name) onEvent(name);
    }
  }
}
