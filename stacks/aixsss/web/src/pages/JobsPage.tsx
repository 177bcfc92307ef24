// Takes jobs, shows how they go, and what came of them.

import type { Job } from "../api";
import { useJobs } from "../jobs";
import { JobCard } from "../parts/JobCard";
import { JobForm } from "../parts/JobForm";
import { useProblems, useWords } from "../preferences";

export function JobsPage() {
  const words = useWords();
  const problems = useProblems();
  const { jobs, drafts, problem, setProblem, load, act } = useJobs();
  const dead = jobs?.filter((job) => job.state === "dead") ?? [];
  const others = jobs?.filter((job) => job.state !== "dead");

  const card = (job: Job) => (
    <JobCard
      key={job.id}
      job={job}
      draft={drafts.get(job.id)}
      onCancel={() => void act("POST", `/jobs/${job.id}/cancel`)}
      onReplay={() => void act("POST", `/jobs/${job.id}/replay`)}
      onDelete={() => void act("DELETE", `/jobs/${job.id}`)}
    />
  );

  return (
    <>
      <h1>{words("jobs")}</h1>
      <p className="quiet lead">{words("jobsIntro")}</p>
      <JobForm onStarted={() => void load()} onProblem={setProblem} />
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {dead.length > 0 && (
        <section aria-labelledby="dead">
          <h2 id="dead" className="counted">
            {words("deadJobs")} <span className="count bad">{dead.length}</span>
          </h2>
          <p className="quiet lead">{words("deadIntro")}</p>
          <ul className="rows">{dead.map(card)}</ul>
        </section>
      )}
      <section aria-labelledby="jobs">
        <h2 id="jobs">{words("yourJobs")}</h2>
        {others?.length === 0 && dead.length === 0 && <p className="empty">{words("noJobs")}</p>}
        <ul className="rows">{others?.map(card)}</ul>
      </section>
    </>
  );
}
