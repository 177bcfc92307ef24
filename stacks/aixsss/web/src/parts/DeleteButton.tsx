// Deletes something, but only when asked twice.

import { useEffect, useState } from "react";
import { useWords } from "../preferences";
import { Icon } from "./Icon";

const FORGET_MS = 4000;

export function DeleteButton({ what, onDelete }: { what: string; onDelete: () => void }) {
  const words = useWords();
  const [asked, setAsked] = useState(false);

  useEffect(() => {
    if (!asked) return;
    const timer = setTimeout(() => setAsked(false), FORGET_MS);
    return () => clearTimeout(timer);
  }, [asked]);

  if (asked) {
    return (
      <button type="button" className="danger" onClick={onDelete}>
        {words("sure")}
      </button>
    );
  }
  return (
    <button
      type="button"
      className="plain round"
      aria-label={`${words("delete")} ${what}`}
      title={words("delete")}
      onClick={() => setAsked(true)}
    >
      <Icon name="trash" />
    </button>
  );
}
