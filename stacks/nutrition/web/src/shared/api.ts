// Calls the API: adds the access token, renews it in time, waits where it is asked to wait, and
// turns refusals into one kind of error.

import type { Config } from "./config";
import { createStore } from "./store";

export interface User {
  readonly id: string;
  readonly email: string;
  readonly role: "guest" | "admin";
}

export interface Dish {
  readonly id: string;
  readonly name: string;
  readonly nameEn: string;
  readonly description: string;
  readonly category: string;
  readonly priceFen: number;
  readonly kcal: number;
  readonly proteinG: number;
  readonly fatG: number;
  readonly carbsG: number;
  readonly sodiumMg: number;
  readonly allergens: readonly string[];
  readonly available: boolean;
  readonly picture: string;
  readonly embedded: boolean;
}

export interface Alike {
  readonly dish: Dish;
  readonly similarity: number;
}

export type OrderState = "new" | "paid" | "cooking" | "ready" | "done" | "cancelled";

export interface Order {
  readonly id: string;
  readonly number: string;
  readonly state: OrderState;
  readonly phone: string;
  readonly totalFen: number;
  readonly items: readonly { readonly name: string; readonly quantity: number }[];
  readonly createdAt: string;
}

export interface Payment {
  readonly provider: "wechat" | "alipay";
  readonly codeUrl: string;
}

export interface Food {
  readonly name: string;
  readonly name_zh: string;
  readonly confidence: number;
  readonly nutrition: {
    readonly kcal: number;
    readonly protein: number;
    readonly fat: number;
    readonly carbs: number;
    readonly per: string;
    readonly source: string;
  } | null;
}

export interface Photo {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly recognition: { readonly foods: readonly Food[]; readonly confident: boolean };
  readonly createdAt: string;
  readonly deleteAfter: string;
}

export interface Source {
  /** What the answer calls it by: `[1]`. */
  readonly n: number;
  readonly document: string;
  readonly title: string;
  readonly passage: string;
  readonly score: number;
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
const TRIES = 3;
const LONGEST_WAIT_S = 5;

let origin = "";
let accessToken = "";
let renewal: Promise<boolean> | undefined;
let renewalTimer: ReturnType<typeof setTimeout> | undefined;

/** Takes up the session the browser has a cookie for, if there is one. */
export async function start(config: Config): Promise<void> {
  origin = config.apiOrigin;
  if (mayHaveSession()) await renewed();
  else forget();
}

export async function enter(
  how: "login" | "register",
  credentials: { email: string; password: string },
): Promise<void> {
  remember((await answered("POST", `/api/auth/${how}`, json(credentials))) as Tokens);
}

export async function leave(): Promise<void> {
  await answered("POST", "/api/auth/logout");
  forget();
}

/** Calls the API as the user; logs the user out where the session has ended. */
export async function call<T>(method: string, path: string, value?: unknown): Promise<T> {
  const body = value === undefined ? undefined : json(value);
  return withFreshToken(async () => (await answered(method, path, body)) as T);
}

/** Sends a file as a form. */
export async function send<T>(path: string, file: File): Promise<T> {
  const form = new FormData();
  form.append("file", file);
  return withFreshToken(async () => (await answered("POST", path, form)) as T);
}

/** Sends a file as it is. */
export async function put<T>(path: string, file: File): Promise<T> {
  return withFreshToken(async () => (await answered("PUT", path, file)) as T);
}

/** Gives the answer itself: a picture, or events as they come. */
export async function raw(method: string, path: string, value?: unknown): Promise<Response> {
  const body = value === undefined ? undefined : json(value);
  return withFreshToken(() => fetched(method, path, body));
}

export function socketAddress(): string {
  return `${(origin || location.origin).replace(/^http/, "ws")}/ws/events`;
}

export function token(): string {
  return accessToken;
}

function json(value: unknown): Blob {
  return new Blob([JSON.stringify(value)], { type: "application/json" });
}

async function withFreshToken<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) throw error;
    if (!(await renewed())) throw error;
    return attempt();
  }
}

async function answered(method: string, path: string, body?: Blob | FormData): Promise<unknown> {
  const response = await fetched(method, path, body);
  return response.status === 204 ? undefined : response.json();
}

async function fetched(method: string, path: string, body?: Blob | FormData): Promise<Response> {
  for (let left = TRIES; ; left--) {
    const response = await once(method, path, body);
    const wait = Number(response.headers.get("retry-after") ?? 1);
    if (response.status !== 429 || left <= 1 || wait > LONGEST_WAIT_S) {
      if (!response.ok) throw refusal(response.status, await response.text());
      return response;
    }
    await new Promise((wake) => setTimeout(wake, wait * 1000));
  }
}

function once(method: string, path: string, body?: Blob | FormData): Promise<Response> {
  const headers: Record<string, string> = {};
  if (accessToken) headers["Authorization"] = `Bearer ${accessToken}`;
  const asked = { method, headers, credentials: "include" as const, body: body ?? null };
  return fetch(`${origin}${path}`, asked).catch(() => {
    throw new Refusal(0, "offline", "the server cannot be reached");
  });
}

function refusal(status: number, text: string): Refusal {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new Refusal(status, error.code, error.message);
  } catch {
    return new Refusal(status, status >= 500 || status === 0 ? "unavailable" : "refused", text);
  }
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
    remember((await answered("POST", "/api/auth/refresh")) as Tokens);
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
  renewalTimer = setTimeout(() => void renewed(), Math.min(tokens.expiresIn * 800, 2 ** 31 - 1));
}

function forget(): void {
  mark(false);
  accessToken = "";
  clearTimeout(renewalTimer);
  currentUser.set(() => null);
}
