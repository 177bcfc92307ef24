// Shows one job: how far it is, what is being written, why it failed, and what can be done.

import { type ReactNode, useEffect, useState } from "react";
import { call, type Job } from "../api";
import { percent, time, when } from "../format";
import { type Draft, UNDER_WAY } from "../jobs";
import { useLanguage, useWords } from "../preferences";
import { nameOf } from "../providers";
import { isWord } from "../words";
import { DeleteButton } from "./DeleteButton";
import { Icon } from "./Icon";
import { KINDS } from "./JobForm";

interface Props {
  readonly job: Job;
  readonly draft: Draft | undefined;
  readonly onCancel: () => void;
  readonly onReplay: () => void;
  readonly onDelete: () => void;
}

export function JobCard({ job, draft, onCancel, onReplay, onDelete }: Props) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const icon = KINDS.find(([kind]) => kind === job.kind)?.[1] ?? "text";
  const underWay = UNDER_WAY.has(job.state);

  return (
    <li className="job row" data-state={job.state}>
      <div className="head">
        <span className={job.state === "running" ? "sign moving" : "sign"}>
          <Icon name={icon} />
        </span>
        <div className="grow">
          <strong className="name" title={job.prompt}>
            {job.prompt}
          </strong>
          <About job={job} />
        </div>
        <span className="state">{words(job.state)}</span>
      </div>
      {(job.state === "running" || job.state === "cancelling") && <Progress job={job} />}
      {draft && job.state === "running" && <Writing job={job} draft={draft} />}
      <Why job={job} />
      {!open && job.state === "done" && <p className="preview">{job.preview}</p>}
      {open && <Result job={job} />}
      <div className="doing">
        {job.done > 0 && (
          <button type="button" className="soft" onClick={() => setOpen(!open)} aria-expanded={open}>
            {words(open ? "hideResult" : "showResult")}
          </button>
        )}
        {job.state === "dead" && (
          <button type="button" className="main" onClick={onReplay}>
            <Icon name="again" />
            {words("replay")}
          </button>
        )}
        {underWay ? (
          <button
            type="button"
            className="plain"
            onClick={onCancel}
            disabled={job.state === "cancelling"}
          >
            {words("cancel")}
          </button>
        ) : (
          <DeleteButton what={job.prompt} onDelete={onDelete} />
        )}
      </div>
    </li>
  );
}

function About({ job }: { job: Job }) {
  const words = useWords();
  const [language] = useLanguage();
  const facts = [
    words(job.kind),
    job.provider && nameOf(job.provider),
    when(job.createdAt, language),
    job.pieces > 1 &&
      words("scenesDone", { done: String(job.done), pieces: String(job.pieces) }),
    job.attempt > 1 && words("attempt", { attempt: String(job.attempt) }),
    job.worker && words("byWorker", { worker: job.worker }),
  ];
  return <span className="quiet">{facts.filter(Boolean).join(" · ")}</span>;
}

function Progress({ job }: { job: Job }) {
  const [language] = useLanguage();
  return (
    <div className="far">
      <progress value={job.percent} max={100} aria-label={job.prompt} />
      <span className="quiet">{percent(job.percent, 100, language)}</span>
    </div>
  );
}

function Writing({ job, draft }: { job: Job; draft: Draft }) {
  const words = useWords();
  return (
    <Piece title={job.pieces > 1 ? words("scene", { number: String(draft.number) }) : undefined}>
      <span className="caret">{draft.text}</span>
    </Piece>
  );
}

function Why({ job }: { job: Job }) {
  const words = useWords();
  const [language] = useLanguage();
  if (!job.reason) return null;
  const known = `why_${job.reason.code}`;
  return (
    <p className="why">
      {words(isWord(known) ? known : "why_failed")}
      {job.retryAt && ` ${words("retryAt", { when: time(job.retryAt, language) })}`}
      {job.reason.detail && <small>{job.reason.detail}</small>}
    </p>
  );
}

/** What is written, read from the server when it is wanted. */
function Result({ job }: { job: Job }) {
  const words = useWords();
  const [texts, setTexts] = useState<readonly string[]>();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    call<{ texts: string[] }>("GET", `/jobs/${job.id}`).then(
      (answer) => setTexts(answer.texts),
      () => undefined,
    );
  }, [job.id, job.done]);

  if (!texts) return <p className="quiet">{words("loading")}</p>;
  const whole = texts.join("\n\n");
  return (
    <>
      {texts.map((text, index) => (
        <Piece
          key={`${job.id} ${index + 1}`}
          title={job.pieces > 1 ? words("scene", { number: String(index + 1) }) : undefined}
        >
          {text}
        </Piece>
      ))}
      <button
        type="button"
        className="plain copy"
        onClick={() => void navigator.clipboard.writeText(whole).then(() => setCopied(true))}
      >
        <Icon name={copied ? "check" : "copy"} />
        {words(copied ? "copied" : "copy")}
      </button>
    </>
  );
}

function Piece({ title, children }: { title: string | undefined; children: ReactNode }) {
  return (
    <div className="piece">
      {title && <h3>{title}</h3>}
      <p>{children}</p>
    </div>
  );
}
