// Lets users save provider keys, see their masks, and delete them.

import { type FormEvent, useCallback, useEffect, useState } from "react";
import { call, type SavedKey } from "../api";
import { when } from "../format";
import { DeleteButton } from "../parts/DeleteButton";
import { Icon } from "../parts/Icon";
import { useLanguage, useProblems, useWords } from "../preferences";
import { nameOf, PROVIDERS } from "../providers";

export function KeysPage() {
  const words = useWords();
  const problems = useProblems();
  const [keys, setKeys] = useState<readonly SavedKey[]>();
  const [problem, setProblem] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      setKeys((await call<{ keys: SavedKey[] }>("GET", "/keys")).keys);
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
  }, []);

  useEffect(() => void load(), [load]);

  async function remove(key: SavedKey) {
    await call("DELETE", `/keys/${key.provider}`).catch(setProblem);
    await load();
  }

  return (
    <>
      <h1>{words("keys")}</h1>
      <p className="quiet lead">{words("keysIntro")}</p>
      <KeyForm onSaved={() => void load()} />
      <h2>{words("savedKeys")}</h2>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {keys?.length === 0 && <p className="empty">{words("noKeys")}</p>}
      <ul className="rows">
        {keys?.map((key) => (
          <KeyRow key={key.provider} saved={key} onDelete={() => void remove(key)} />
        ))}
      </ul>
    </>
  );
}

function KeyForm({ onSaved }: { onSaved: () => void }) {
  const words = useWords();
  const problems = useProblems();
  const [problem, setProblem] = useState<unknown>();
  const [saved, setSaved] = useState("");

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const provider = String(data.get("provider"));
    setProblem(undefined);
    setSaved("");
    try {
      const body = { key: String(data.get("key")), label: String(data.get("label")) };
      await call("PUT", `/keys/${provider}`, body);
      form.reset();
      setSaved(nameOf(provider));
      onSaved();
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <form className="card fields" onSubmit={(event) => void submit(event)}>
      <label>
        {words("provider")}
        <select name="provider">
          {PROVIDERS.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>
          {words("label")} <small className="quiet">({words("optional")})</small>
        </span>
        <input name="label" maxLength={80} autoComplete="off" />
      </label>
      <label className="wide">
        {words("key")}
        <input
          name="key"
          type="password"
          required
          minLength={12}
          maxLength={512}
          autoComplete="off"
          spellCheck={false}
        />
      </label>
      <div className="wide actions">
        <button type="submit" className="main">
          {words("saveKey")}
        </button>
        <p role="status" className={problem === undefined ? "good" : "problem"}>
          {problem !== undefined && problems(problem)}
          {saved && words("keySaved", { provider: saved })}
        </p>
      </div>
    </form>
  );
}

function KeyRow({ saved, onDelete }: { saved: SavedKey; onDelete: () => void }) {
  const words = useWords();
  const [language] = useLanguage();
  return (
    <li className="row">
      <span className="sign">
        <Icon name="key" />
      </span>
      <div className="grow">
        <strong className="name">{nameOf(saved.provider)}</strong>
        <span className="quiet">
          {saved.label && `${saved.label} · `}
          {words("updated", { when: when(saved.updatedAt, language) })}
        </span>
      </div>
      <code className="mask">{saved.mask}</code>
      <DeleteButton what={nameOf(saved.provider)} onDelete={onDelete} />
    </li>
  );
}
