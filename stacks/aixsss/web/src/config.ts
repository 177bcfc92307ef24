// Finds out, at run time, where the API is.

export interface Config {
  /** The path all calls begin with, without a slash at its end. */
  readonly apiBase: string;
}

const FALLBACK: Config = { apiBase: "/api" };

/** Reads `/config.json`; whatever is wrong with it, the usual path is a better guess than none. */
export async function loadConfig(): Promise<Config> {
  try {
    const response = await fetch("/config.json", { cache: "no-cache" });
    const read: unknown = await response.json();
    return response.ok ? checked(read) : FALLBACK;
  } catch {
    return FALLBACK;
  }
}

function checked(read: unknown): Config {
  if (typeof read !== "object" || read === null || !("apiBase" in read)) return FALLBACK;
  const base = read.apiBase;
  if (typeof base !== "string" || !/^\/[\w./-]*$/.test(base)) return FALLBACK;
  return { apiBase: base.replace(/\/+$/, "") };
}
