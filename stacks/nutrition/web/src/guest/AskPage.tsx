// Answers questions about the dishes, word by word as the answer comes.

import { type FormEvent, useRef, useState } from "react";
import { raw, type Source } from "../shared/api";
import { useProblems, useWords } from "../shared/preferences";
import { events } from "./events";

interface Turn {
  readonly question: string;
  readonly answer: string;
  readonly sources: readonly Source[];
  readonly state: "coming" | "done" | "nothing";
  readonly cached: boolean;
}

export function AskPage() {
  const words = useWords();
  const problems = useProblems();
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [problem, setProblem] = useState<unknown>();
  const field = useRef<HTMLInputElement>(null);
  const busy = turns.some((turn) => turn.state === "coming");

  const change = (to: (turn: Turn) => Turn) =>
    setTurns((before) => before.map((turn, at) => (at === before.length - 1 ? to(turn) : turn)));

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const question = field.current?.value.trim() ?? "";
    if (!question || busy) return;
    setProblem(undefined);
    const turn: Turn = { question, answer: "", sources: [], state: "coming", cached: false };
    setTurns((before) => [...before, turn]);
    if (field.current) field.current.value = "";
    try {
      await follow(question, change);
    } catch (error) {
      setTurns((before) => before.slice(0, -1));
      if (field.current) field.current.value = question;
      setProblem(error);
    }
  }

  return (
    <>
      <div className="heading">
        <h1>{words("ask")}</h1>
      </div>
      <p className="quiet lead">{words("askLead")}</p>
      <div className="talk" aria-live="polite">
        {turns.map((turn, at) => (
          <Told key={at} turn={turn} />
        ))}
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      <form className="askbar" onSubmit={(event) => void submit(event)}>
        <input
          ref={field}
          aria-label={words("question")}
          placeholder={words("questionHint")}
          maxLength={1000}
          required
        />
        <button type="submit" className="main" disabled={busy}>
          {words("askIt")}
        </button>
      </form>
    </>
  );
}

async function follow(question: string, change: (to: (turn: Turn) => Turn) => void): Promise<void> {
  const answer = await raw("POST", "/ai/chat/questions", { question, stream: true });
  for await (const [name, data] of events(answer)) {
    if (name === "sources") {
      change((turn) => ({ ...turn, sources: (data["sources"] as readonly Source[] | undefined) ?? [] }));
    } else if (name === "token") {
      change((turn) => ({ ...turn, answer: turn.answer + String(data["text"] ?? "") }));
    } else if (name === "done") {
      const found = data["found"] !== false;
      const state = found ? ("done" as const) : ("nothing" as const);
      const cited = data["cited"] as readonly number[] | undefined;
      change((turn) => ({
        ...turn,
        state,
        cached: data["cached"] === true,
        sources: turn.sources.filter((source) => !cited || cited.includes(source.n)),
      }));
    }
  }
  change((turn) => (turn.state === "coming" ? { ...turn, state: "done" } : turn));
}

function Told({ turn }: { turn: Turn }) {
  const words = useWords();
  const titles = [...new Set(turn.sources.map((source) => source.title))];
  return (
    <article className="turn">
      <p className="asked">{turn.question}</p>
      <div className="card answer" aria-busy={turn.state === "coming"}>
        <p className={turn.state === "coming" ? "caret" : ""}>
          {turn.state === "nothing" ? words("notFound") : turn.answer}
        </p>
        {turn.state === "done" && (
          <footer className="quiet small">
            {titles.length > 0 && (
              <span>
                {words("sources")}: {titles.join(" · ")}
              </span>
            )}
            {turn.cached && <span className="tag">{words("fromCache")}</span>}
          </footer>
        )}
      </div>
    </article>
  );
}
