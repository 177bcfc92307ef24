// Calls the API: adds the access token, renews it in time, and turns refusals into one kind of error.

import type { Config } from "./config";
import { createStore } from "./store";

export interface User {
  readonly id: string;
  readonly email: string;
}

export interface SavedKey {
  readonly provider: string;
  readonly label: string;
  readonly mask: string;
  readonly updatedAt: string;
}

export interface MediaFile {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly state: "uploading" | "ready";
  readonly partSize: number;
  readonly partCount: number;
  readonly createdAt: string;
}

export type JobKind = "text" | "storyboard" | "image_prompt";

export type JobState =
  | "queued"
  | "running"
  | "waiting"
  | "done"
  | "dead"
  | "cancelling"
  | "cancelled";

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly prompt: string;
  /** Whose key is used; empty for the model that comes with AIXSSS. */
  readonly provider: string;
  readonly state: JobState;
  readonly percent: number;
  readonly pieces: number;
  readonly done: number;
  readonly attempt: number;
  readonly reason: { readonly code: string; readonly detail: string } | null;
  readonly retryAt: string | null;
  readonly worker: string;
  readonly preview: string;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

interface Tokens {
  readonly user: User;
  readonly accessToken: string;
  readonly expiresIn: number;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** `undefined`: not known yet; `null`: nobody is logged in. */
export const currentUser = createStore<User | null | undefined>(undefined);

const MARK = "session";

let base = "/api";
let accessToken = "";
let renewal: Promise<boolean> | undefined;
let renewalTimer: ReturnType<typeof setTimeout> | undefined;

/** Takes up the session the browser has a cookie for, if there is one. */
export async function start(config: Config): Promise<void> {
  base = config.apiBase;
  if (mayHaveSession()) await renewed();
  else forget();
}

export async function enter(
  how: "login" | "signup",
  credentials: { email: string; password: string },
): Promise<void> {
  remember((await sent("POST", `/auth/${how}`, credentials)) as Tokens);
}

export async function leave(): Promise<void> {
  await sent("POST", "/auth/logout");
  forget();
}

/** Calls the API as the user; logs the user out where the session has ended. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  return withFreshToken(async () => (await sent(method, path, body)) as T);
}

/** Runs an attempt, and once more with a new token if the old one was not taken. */
export async function withFreshToken<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) throw error;
    if (!(await renewed())) throw error;
    return attempt();
  }
}

export function address(path: string): string {
  return `${base}${path}`;
}

export function authorization(): string {
  return `Bearer ${accessToken}`;
}

/** What a media element plays; it proves who asks by a cookie that scripts cannot read. */
export function contentAddress(file: MediaFile): string {
  return address(`/files/${file.id}/content`);
}

export function refusal(status: number, text: string): Refusal {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new Refusal(status, error.code, error.message);
  } catch {
    return new Refusal(status, status >= 500 || status === 0 ? "unavailable" : "refused", text);
  }
}

async function sent(method: string, path: string, body?: unknown): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (accessToken) headers["Authorization"] = authorization();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(address(path), {
    method,
    headers,
    credentials: "same-origin",
    body: body === undefined ? null : JSON.stringify(body),
  }).catch(() => {
    throw new Refusal(0, "offline", "the server cannot be reached");
  });
  if (!response.ok) throw refusal(response.status, await response.text());
  return response.status === 204 ? undefined : response.json();
}

/** Several callers may need a new token at once; all of them share one exchange. */
function renewed(): Promise<boolean> {
  renewal ??= exchange().finally(() => {
    renewal = undefined;
  });
  return renewal;
}

async function exchange(): Promise<boolean> {
  try {
    remember((await sent("POST", "/auth/refresh")) as Tokens);
    return true;
  } catch (error) {
    const ended = error instanceof Refusal && error.status === 401;
    // a server that is away for a moment must not log anybody out
    if (ended) forget();
    else if (currentUser.get() === undefined) currentUser.set(() => null);
    return false;
  }
}

/** Scripts cannot see the cookie; a mark beside it spares newcomers a request that must fail. */
function mayHaveSession(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return true;
  }
}

function mark(kept: boolean): void {
  try {
    if (kept) localStorage.setItem(MARK, "1");
    else localStorage.removeItem(MARK);
  } catch {
    // then the request is made
  }
}

function remember(tokens: Tokens): void {
  mark(true);
  accessToken = tokens.accessToken;
  currentUser.set(() => tokens.user);
  clearTimeout(renewalTimer);
  // the playback cookie lives as long as the token: renew both while something may be playing
  renewalTimer = setTimeout(() => void renewed(), tokens.expiresIn * 800);
}

function forget(): void {
  mark(false);
  accessToken = "";
  clearTimeout(renewalTimer);
  currentUser.set(() => null);
}
