// Lets people register and log in.

import { type FormEvent, useState } from "react";
import { enter } from "./api";
import { useProblems, useWords } from "./preferences";
import type { Word } from "./words";

export function Entry({ register, lead }: { register: boolean; lead: Word }) {
  const words = useWords();
  const problems = useProblems();
  const [how, setHow] = useState<"login" | "register">("login");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const title = words(how === "login" ? "logIn" : "register");

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      const credentials = { email: String(form.get("email")), password: String(form.get("password")) };
      await enter(how, credentials);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  return (
    <section className="entry-page">
      <div className="hero">
        <img src="/icon.svg" alt="" width="72" height="72" />
        <h1>{words("restaurant")}</h1>
        <p>{words(lead)}</p>
      </div>
      <form className="card entry" onSubmit={(event) => void submit(event)}>
        <h2>{title}</h2>
        <label>
          {words("email")}
          <input name="email" type="email" autoComplete="username" required maxLength={254} />
        </label>
        <label>
          {words("password")}
          <input
            name="password"
            type="password"
            autoComplete={how === "login" ? "current-password" : "new-password"}
            required
            minLength={how === "login" ? 1 : 10}
          />
        </label>
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problems(problem)}
          </p>
        )}
        <button type="submit" className="main" disabled={busy}>
          {busy ? words("loading") : title}
        </button>
        {register && (
          <button
            type="button"
            className="link"
            onClick={() => setHow(how === "login" ? "register" : "login")}
          >
            {words(how === "login" ? "toRegister" : "toLogIn")}
          </button>
        )}
      </form>
    </section>
  );
}
