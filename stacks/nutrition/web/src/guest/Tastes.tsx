// Lets guests say what they like and must not have, and suggests dishes.

import { type FormEvent, useCallback, useEffect, useState } from "react";
import { type Alike, call } from "../shared/api";
import { useProblems, useWords } from "../shared/preferences";
import { AlikeRows } from "./MenuPage";

interface Kept {
  readonly likes: string;
  readonly avoids: readonly string[];
  readonly kcalGoal: number | null;
  readonly embedded: boolean;
}

const LOOK_AGAIN_MS = 1500;

export function Tastes() {
  const words = useWords();
  const problems = useProblems();
  const [kept, setKept] = useState<Kept>();
  const [found, setFound] = useState<readonly Alike[]>([]);
  const [problem, setProblem] = useState<unknown>();

  const look = useCallback(async () => {
    try {
      const now = await call<Kept>("GET", "/api/preferences");
      setKept(now);
      const none = { dishes: [] };
      const said = now.embedded ? await call<{ dishes: Alike[] }>("GET", "/api/dishes/suggested") : none;
      setFound(said.dishes);
    } catch (error) {
      setProblem(error);
    }
  }, []);
  useEffect(() => void look(), [look]);
  const waiting = kept !== undefined && kept.likes !== "" && !kept.embedded;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => void look(), LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [waiting, kept, look]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const avoids = String(form.get("avoids"))
      .split(/[,，、;；]/)
      .map((one) => one.trim())
      .filter(Boolean);
    setProblem(undefined);
    try {
      setKept(await call<Kept>("PUT", "/api/preferences", { likes: String(form.get("likes")), avoids }));
    } catch (error) {
      setProblem(error);
    }
  }

  if (!kept) return null;
  return (
    <form className="card tastes" onSubmit={(event) => void submit(event)}>
      <h2>{words("tastes")}</h2>
      <label>
        {words("likes")}
        <input name="likes" maxLength={500} placeholder={words("likesHint")} defaultValue={kept.likes} />
      </label>
      <label>
        {words("avoids")}
        <input
          name="avoids"
          placeholder={words("allergensHint")}
          defaultValue={kept.avoids.join("，")}
        />
      </label>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      <button type="submit" className="soft">
        {words("save")}
      </button>
      {found.length > 0 && (
        <section aria-label={words("suggested")}>
          <h3>{words("suggested")}</h3>
          <AlikeRows found={found} />
        </section>
      )}
    </form>
  );
}
