// Keeps the list of jobs as it is on the server, and what is being written just now.

import { useCallback, useEffect, useState } from "react";
import { call, type Job, type JobState } from "./api";
import { type Facts, listen } from "./events";

export const UNDER_WAY: ReadonlySet<JobState> = new Set([
  "queued",
  "running",
  "waiting",
  "cancelling",
]);

/** What a worker has written of a piece so far. */
export interface Draft {
  readonly number: number;
  readonly text: string;
}

export type Drafts = ReadonlyMap<string, Draft>;

export function useJobs() {
  const [jobs, setJobs] = useState<readonly Job[]>();
  const [drafts, setDrafts] = useState<Drafts>(new Map());
  const [problem, setProblem] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      setJobs((await call<{ jobs: Job[] }>("GET", "/jobs")).jobs);
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
  }, []);

  const loadOne = useCallback(async (id: string) => {
    const { job } = await call<{ job: Job }>("GET", `/jobs/${id}`);
    setJobs((before) => replaced(before, job));
    if (job.state !== "running") setDrafts((before) => without(before, id));
  }, []);

  useEffect(() => {
    void load();
    return listen((name, facts) => {
      if (name === "hello") void load();
      if (name === "job.draft") {
        setDrafts((before) => drawn(before, facts));
        setJobs((before) => counted(before, facts));
      }
      if (name === "job.changed") {
        const id = String(facts["id"]);
        setJobs((before) => moved(before, facts));
        // while it runs only the figures change; what else there is to know is on the server
        if (facts["state"] !== "running" || facts["percent"] === 0) {
          void loadOne(id).catch(() => undefined); // it may be deleted by now
        }
      }
    });
  }, [load, loadOne]);

  /** Does something to a job, then shows what came of it. */
  const act = useCallback(
    async (method: "POST" | "DELETE", path: string) => {
      try {
        await call(method, path);
        await load();
      } catch (error) {
        await load();
        setProblem(error);
      }
    },
    [load],
  );

  return { jobs, drafts, problem, setProblem, load, act };
}

function replaced(jobs: readonly Job[] | undefined, job: Job): readonly Job[] | undefined {
  if (!jobs?.some((one) => one.id === job.id)) return jobs && [job, ...jobs];
  return jobs.map((one) => (one.id === job.id ? job : one));
}

function moved(jobs: readonly Job[] | undefined, facts: Facts): readonly Job[] | undefined {
  const percent = facts["percent"];
  if (facts["state"] !== "running" || typeof percent !== "number") return jobs;
  return jobs?.map((one) =>
    one.id === facts["id"] && one.state !== "cancelling"
      ? { ...one, state: "running", percent, retryAt: null }
      : one,
  );
}

/** Whoever writes the third piece has kept two. */
function counted(jobs: readonly Job[] | undefined, facts: Facts): readonly Job[] | undefined {
  const { id, number } = facts;
  if (typeof number !== "number") return jobs;
  const behind = jobs?.some((one) => one.id === id && one.done < number - 1);
  if (!behind) return jobs;
  return jobs?.map((one) => (one.id === id ? { ...one, done: number - 1 } : one));
}

function drawn(drafts: Drafts, facts: Facts): Drafts {
  const { id, number, text } = facts;
  if (typeof id !== "string" || typeof number !== "number" || typeof text !== "string") return drafts;
  return new Map(drafts).set(id, { number, text });
}

function without(drafts: Drafts, id: string): Drafts {
  const left = new Map(drafts);
  left.delete(id);
  return left;
}
