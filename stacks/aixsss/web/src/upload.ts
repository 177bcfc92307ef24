// Uploads files in parts: three at a time, each tried again when it fails, to be paused and gone on with.

import {
  address,
  authorization,
  call,
  type MediaFile,
  Refusal,
  refusal,
  withFreshToken,
} from "./api";
import { createStore } from "./store";

export type Phase = "sending" | "paused" | "finishing" | "failed";

export interface Upload {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly phase: Phase;
  readonly problem?: Refusal;
}

interface Work {
  readonly blob: File;
  readonly file: MediaFile;
  readonly done: Set<number>;
  readonly progress: Map<number, number>;
  stop: AbortController;
}

const PARALLEL = 3;
const TRIES = 5;

export const uploads = createStore<readonly Upload[]>([]);
const works = new Map<string, Work>();

const TYPES: Readonly<Record<string, string>> = {
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  m4v: "video/mp4",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ogg: "audio/ogg",
  png: "image/png",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
};

export const ACCEPTED = Object.keys(TYPES).map((one) => `.${one}`).join(",");

/** Begins to upload, or goes on with an upload of the same file that broke off earlier. */
export async function begin(blob: File, known: readonly MediaFile[]): Promise<void> {
  const same = known.find(
    (one) =>
      one.state === "uploading" &&
      one.name === blob.name &&
      one.size === blob.size &&
      !works.has(one.id),
  );
  const { file, received } = await (same ? receivedOf(same) : announced(blob));
  works.set(file.id, {
    blob,
    file,
    done: new Set(received),
    progress: new Map(),
    stop: new AbortController(),
  });
  const shown: Upload = { id: file.id, name: blob.name, size: blob.size, sent: 0, phase: "sending" };
  uploads.set((before) => [shown, ...before]);
  void run(file.id);
}

export function pause(id: string): void {
  works.get(id)?.stop.abort();
  show(id, { phase: "paused" });
}

export function resume(id: string): void {
  const work = works.get(id);
  if (!work) return;
  work.stop = new AbortController();
  show(id, { phase: "sending" });
  void run(id);
}

export async function cancel(id: string): Promise<void> {
  works.get(id)?.stop.abort();
  drop(id);
  await call("DELETE", `/files/${id}`);
}

/** Lets go of all uploads, as nobody is logged in any more. */
export function abandon(): void {
  for (const work of works.values()) work.stop.abort();
  works.clear();
  uploads.set(() => []);
}

async function announced(blob: File): Promise<{ file: MediaFile; received: number[] }> {
  const extension = blob.name.split(".").pop()?.toLowerCase() ?? "";
  const type = TYPES[extension] ?? blob.type;
  const body = { name: blob.name, type, size: blob.size };
  const { file } = await call<{ file: MediaFile }>("POST", "/files", body);
  return { file, received: [] };
}

function receivedOf(file: MediaFile): Promise<{ file: MediaFile; received: number[] }> {
  return call("GET", `/files/${file.id}`);
}

async function run(id: string): Promise<void> {
  const work = works.get(id);
  if (!work) return;
  const { signal } = work.stop;
  try {
    const numbers = Array.from({ length: work.file.partCount }, (_, index) => index + 1);
    const left = numbers.filter((number) => !work.done.has(number));
    const lanes = Array.from({ length: PARALLEL }, () => lane(work, left, signal));
    await Promise.all(lanes);
    show(id, { phase: "finishing" });
    await patiently(signal, () => call("POST", `/files/${id}/complete`));
    drop(id);
  } catch (error) {
    if (signal.aborted) return;
    work.stop.abort(); // the other lanes
    show(id, { phase: "failed", problem: asRefusal(error) });
  }
}

async function lane(work: Work, left: number[], signal: AbortSignal): Promise<void> {
  for (let number = left.shift(); number !== undefined; number = left.shift()) {
    const part = number;
    await patiently(signal, () => withFreshToken(() => send(work, part, signal)));
    work.done.add(part);
  }
}

/** Tries again with growing pauses while there is hope. */
async function patiently<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      const status = asRefusal(error).status;
      const hopeful = status === 0 || status === 408 || status === 429 || status >= 500;
      if (signal.aborted || !hopeful || tried === TRIES) throw error;
      // a little chance in it, so that many pages do not come back at one moment
      await new Promise((wake) => setTimeout(wake, 500 * 2 ** tried * (0.75 + Math.random() / 2)));
    }
  }
}

/** Sends one part; by XMLHttpRequest, as `fetch` does not tell how far it is. */
function send(work: Work, number: number, signal: AbortSignal): Promise<void> {
  const from = (number - 1) * work.file.partSize;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const end = (error?: Refusal) => {
      signal.removeEventListener("abort", abort);
      work.progress.set(number, 0);
      if (error) reject(error);
      else {
        work.done.add(number);
        resolve();
      }
      showProgress(work);
    };
    request.open("PUT", address(`/files/${work.file.id}/parts/${number}`));
    request.setRequestHeader("Authorization", authorization());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      work.progress.set(number, event.loaded);
      showProgress(work);
    };
    request.onload = () =>
      end(request.status < 300 ? undefined : refusal(request.status, request.responseText));
    request.onerror = () => end(new Refusal(0, "offline", "the server cannot be reached"));
    request.onabort = () => end(new Refusal(0, "aborted", "stopped"));
    signal.addEventListener("abort", abort);
    request.send(work.blob.slice(from, from + work.file.partSize));
  });
}

function showProgress(work: Work): void {
  const { partSize, size } = work.file;
  let sent = 0;
  for (const number of work.done) sent += Math.min(partSize, size - (number - 1) * partSize);
  for (const bytes of work.progress.values()) sent += bytes;
  show(work.file.id, { sent: Math.min(sent, size) });
}

function show(id: string, change: Partial<Upload>): void {
  uploads.set((before) => before.map((one) => (one.id === id ? { ...one, ...change } : one)));
}

function drop(id: string): void {
  works.delete(id);
  uploads.set((before) => before.filter((one) => one.id !== id));
}

function asRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(0, "unknown", String(error));
}
