// Shows how far an upload is, and lets it be paused, gone on with, and given up.

import { percent, size } from "../format";
import { useLanguage, useProblems, useWords } from "../preferences";
import { cancel, pause, resume, type Upload } from "../upload";
import { Icon } from "./Icon";

export function UploadRow({ upload }: { upload: Upload }) {
  const words = useWords();
  const going = upload.phase === "sending" || upload.phase === "finishing";

  return (
    <li className="row">
      <span className="sign moving">
        <Icon name="upload" />
      </span>
      <div className="grow">
        <strong className="name">{upload.name}</strong>
        <progress value={upload.sent} max={upload.size} aria-label={upload.name} />
        <State upload={upload} />
      </div>
      <button
        type="button"
        className="plain"
        disabled={upload.phase === "finishing"}
        onClick={() => (going ? pause(upload.id) : resume(upload.id))}
      >
        {words(going ? "pause" : "resume")}
      </button>
      <button
        type="button"
        className="plain round"
        onClick={() => void cancel(upload.id)}
        aria-label={`${words("cancel")} ${upload.name}`}
        title={words("cancel")}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

function State({ upload }: { upload: Upload }) {
  const words = useWords();
  const problems = useProblems();
  const [language] = useLanguage();
  const share = percent(upload.sent, upload.size, language);

  switch (upload.phase) {
    case "failed":
      return <span className="problem">{problems(upload.problem)}</span>;
    case "finishing":
      return <span className="quiet">{words("finishing")}</span>;
    case "paused":
      return <span className="quiet">{words("paused", { percent: share })}</span>;
    case "sending": {
      const facts = { percent: share, size: size(upload.size, language) };
      return <span className="quiet">{words("sending", facts)}</span>;
    }
  }
}
