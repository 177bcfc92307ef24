// Plays one file over the page; the browser itself asks for the ranges it needs.

import { useEffect, useRef } from "react";
import { contentAddress, type MediaFile } from "../api";
import { useWords } from "../preferences";
import { Icon } from "./Icon";

export function Player({ file, onClose }: { file: MediaFile; onClose: () => void }) {
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);

  return (
    <dialog ref={dialog} className="player" onClose={onClose} aria-label={file.name}>
      <header>
        <h2>{file.name}</h2>
        <button type="button" className="plain round" onClick={onClose} aria-label={words("close")}>
          <Icon name="close" />
        </button>
      </header>
      <Medium file={file} />
    </dialog>
  );
}

function Medium({ file }: { file: MediaFile }) {
  const source = contentAddress(file);
  if (file.type.startsWith("video/")) return <video src={source} controls autoPlay playsInline />;
  if (file.type.startsWith("audio/")) return <audio src={source} controls autoPlay />;
  return <img src={source} alt={file.name} />;
}
