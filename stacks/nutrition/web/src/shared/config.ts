// Finds out, at run time, where the API is.

export interface Config {
  /** The origin all calls go to, as `https://api.example.com`; empty where it is this page's. */
  readonly apiOrigin: string;
}

const HERE: Config = { apiOrigin: "" };

/** Reads `/config.json`; whatever is wrong with it, the page's own origin is the best guess. */
export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch("/config.json", { cache: "no-cache" });
    const read: unknown = await response.json();
    return response.ok ? checked(read) : HERE;
  } catch {
    return HERE;
  }
}

function checked(read: unknown): Config {
  if (typeof read !== "object" || read === null || !("apiOrigin" in read)) return HERE;
  const origin = read.apiOrigin;
  return typeof origin === "string" && /^https?:\/\/[^/]+$/.test(origin) ? { apiOrigin: origin } : HERE;
}
