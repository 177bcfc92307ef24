// Shows one file and what can be done with it.

import type { MediaFile } from "../api";
import { size, when } from "../format";
import { useLanguage, useWords } from "../preferences";
import { DeleteButton } from "./DeleteButton";
import { Icon, type IconName } from "./Icon";

interface Props {
  readonly file: MediaFile;
  readonly onPlay: () => void;
  readonly onDelete: () => void;
}

export function FileRow({ file, onPlay, onDelete }: Props) {
  const words = useWords();
  const [language] = useLanguage();
  const kind = file.type.split("/")[0] as IconName;
  const ready = file.state === "ready";

  return (
    <li className="row">
      <span className={`sign ${kind}`}>
        <Icon name={kind} />
      </span>
      <div className="grow">
        <strong className="name">{file.name}</strong>
        <span className="quiet">
          {ready
            ? `${size(file.size, language)} · ${when(file.createdAt, language)}`
            : words("unfinished")}
        </span>
      </div>
      {ready && (
        <button type="button" className="soft" onClick={onPlay}>
          <Icon name={kind === "image" ? "image" : "play"} />
          {words(kind === "image" ? "show" : "play")}
        </button>
      )}
      <DeleteButton what={file.name} onDelete={onDelete} />
    </li>
  );
}
