// Lets people sign up and log in.

import { type FormEvent, useState } from "react";
import { enter } from "../api";
import { Icon, type IconName } from "../parts/Icon";
import { useProblems, useWords } from "../preferences";
import type { Word } from "../words";

const PROMISES: readonly (readonly [IconName, Word])[] = [
  ["spark", "promiseJobs"],
  ["lock", "promiseKeys"],
  ["upload", "promiseFiles"],
  ["play", "promisePlay"],
];

export function WelcomePage() {
  const words = useWords();
  return (
    <>
      <section className="hero">
        <h1>AIXSSS</h1>
        <p>{words("tagline")}</p>
        <ul>
          {PROMISES.map(([icon, word]) => (
            <li key={word}>
              <Icon name={icon} />
              {words(word)}
            </li>
          ))}
        </ul>
      </section>
      <EntryForm />
    </>
  );
}

function EntryForm() {
  const words = useWords();
  const problems = useProblems();
  const [how, setHow] = useState<"login" | "signup">("login");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const title = words(how === "login" ? "logIn" : "signUp");

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      await enter(how, {
        email: String(form.get("email")),
        password: String(form.get("password")),
      });
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  function turn() {
    setHow(how === "login" ? "signup" : "login");
    setProblem(undefined);
  }

  return (
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
          aria-describedby={how === "signup" ? "password-rule" : undefined}
        />
        {how === "signup" && (
          <small id="password-rule" className="quiet">
            {words("passwordRule")}
          </small>
        )}
      </label>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      <button type="submit" className="main" disabled={busy}>
        {busy ? words("loading") : title}
      </button>
      <button type="button" className="link" onClick={turn}>
        {words(how === "login" ? "toSignUp" : "toLogIn")}
      </button>
    </form>
  );
}
