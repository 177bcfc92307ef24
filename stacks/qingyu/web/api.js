// Speaks with the back end. The access token is kept in memory only; the refresh token is in a
// cookie that no script can read.

const API = "/api/v1";
let token = "";

export class Problem extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

async function asked(method, path, value, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (value !== undefined) headers["Content-Type"] = "application/json";
  const body = value === undefined ? undefined : JSON.stringify(value);
  try {
    return await fetch(API + path, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("network", String(error));
  }
}

async function refusal(answer) {
  const said = await answer.json().catch(() => ({}));
  return new Problem(said.error?.code ?? String(answer.status), said.error?.message ?? answer.statusText);
}

async function answered(method, path, value, signal) {
  let answer = await asked(method, path, value, signal);
  if (answer.status === 401 && token && (await refreshed())) {
    answer = await asked(method, path, value, signal);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function json(method, path, value) {
  const answer = await answered(method, path, value);
  return answer.status === 204 ? null : answer.json();
}

export async function refreshed() {
  const answer = await asked("POST", "/auth/refresh");
  token = answer.ok ? (await answer.json()).accessToken : "";
  return answer.ok;
}

export async function enter(way, email, password) {
  token = (await json("POST", `/auth/${way}`, { email, password })).accessToken;
}

export async function leave() {
  await asked("POST", "/auth/logout");
  token = "";
}

export const documents = {
  all: async () => (await json("GET", "/documents")).documents,
  one: async (id) => (await json("GET", `/documents/${id}`)).document,
  add: async (title, text) => (await json("POST", "/documents", { title, text })).document,
  change: async (id, title, text) => (await json("PUT", `/documents/${id}`, { title, text })).document,
  remove: (id) => json("DELETE", `/documents/${id}`),
};

export const talks = {
  all: async () => (await json("GET", "/conversations")).conversations,
  one: async (id) => (await json("GET", `/conversations/${id}`)).conversation,
  begin: async () => (await json("POST", "/conversations")).conversation,
  remove: (id) => json("DELETE", `/conversations/${id}`),
};

// Yields [event, data] as they come; a stream that ends without `done` has broken off.
export async function* said(conversation, text, task, signal) {
  const answer = await answered("POST", "/ai/messages", { conversation, text, task }, signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const found = block.match(/^event: (\w+)\ndata: (.*)$/s);
      if (found) yield [found[1], JSON.parse(found[2])];
    }
  }
}
