// Takes files by drag and drop, or by choosing them.

import { type DragEvent, useRef, useState } from "react";
import { useWords } from "../preferences";
import { ACCEPTED } from "../upload";
import { Icon } from "./Icon";

export function DropZone({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const words = useWords();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  }

  return (
    <div
      className={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" />
      <span>{words("drop")}</span>
      <span className="quiet">{words("or")}</span>
      <button type="button" className="main" onClick={() => input.current?.click()}>
        {words("choose")}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPTED}
        aria-label={words("choose")}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = ""; // the same file may be chosen again, to go on with it
        }}
      />
    </div>
  );
}
