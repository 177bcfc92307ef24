// Asks what is to be written, and by which model.

import { type FormEvent, useEffect, useState } from "react";
import { call, type JobKind, type SavedKey } from "../api";
import { useWords } from "../preferences";
import { nameOf } from "../providers";
import { Icon, type IconName } from "./Icon";

export const KINDS: readonly (readonly [JobKind, IconName])[] = [
  ["text", "text"],
  ["storyboard", "board"],
  ["image_prompt", "image"],
];
const SCENES = [2, 3, 4, 6, 8, 12];

interface Props {
  readonly onStarted: () => void;
  readonly onProblem: (problem: unknown) => void;
}

export function JobForm({ onStarted, onProblem }: Props) {
  const words = useWords();
  const [kind, setKind] = useState<JobKind>("text");
  const [busy, setBusy] = useState(false);
  const keys = useKeys();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const asked = {
      kind,
      prompt: String(data.get("prompt")),
      provider: String(data.get("provider")),
      ...(kind === "storyboard" && { scenes: Number(data.get("scenes")) }),
    };
    setBusy(true);
    onProblem(undefined);
    try {
      await call("POST", "/jobs", asked);
      form.reset();
      onStarted();
    } catch (error) {
      onProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form className="card fields" onSubmit={(event) => void submit(event)}>
      <fieldset className="wide kinds">
        <legend>{words("kind")}</legend>
        {KINDS.map(([each, icon]) => (
          <label key={each} className="kind">
            <input
              type="radio"
              name="kind"
              value={each}
              checked={kind === each}
              onChange={() => setKind(each)}
            />
            <Icon name={icon} />
            <span>{words(each)}</span>
          </label>
        ))}
      </fieldset>
      <label className="wide">
        {words("prompt")}
        <textarea
          name="prompt"
          rows={3}
          required
          maxLength={8000}
          placeholder={words("promptHint")}
        />
      </label>
      <label>
        {words("model")}
        <select name="provider">
          <option value="">{words("ownModel")}</option>
          {keys.map((key) => (
            <option key={key.provider} value={key.provider}>
              {words("ownKey", { provider: nameOf(key.provider) })}
            </option>
          ))}
        </select>
      </label>
      {kind === "storyboard" && (
        <label>
          {words("scenes")}
          <select name="scenes" defaultValue={4}>
            {SCENES.map((number) => (
              <option key={number}>{number}</option>
            ))}
          </select>
        </label>
      )}
      <div className="wide actions">
        <button type="submit" className="main" disabled={busy}>
          <Icon name="spark" />
          {words("start")}
        </button>
      </div>
    </form>
  );
}

/** Whose models can be chosen; without an answer the page's own model is left. */
function useKeys(): readonly SavedKey[] {
  const [keys, setKeys] = useState<readonly SavedKey[]>([]);
  useEffect(() => {
    call<{ keys: SavedKey[] }>("GET", "/keys").then(
      (answer) => setKeys(answer.keys),
      () => undefined,
    );
  }, []);
  return keys;
}
