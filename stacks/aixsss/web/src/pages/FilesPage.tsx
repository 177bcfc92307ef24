// Takes files up, lists them, and plays them.

import { useCallback, useEffect, useRef, useState } from "react";
import { call, type MediaFile } from "../api";
import { listen } from "../events";
import { DropZone } from "../parts/DropZone";
import { FileRow } from "../parts/FileRow";
import { Player } from "../parts/Player";
import { UploadRow } from "../parts/UploadRow";
import { useProblems, useWords } from "../preferences";
import { useStore } from "../store";
import { begin, uploads } from "../upload";

export function FilesPage() {
  const words = useWords();
  const problems = useProblems();
  const { files, problem, setProblem, load } = useFiles();
  const running = useStore(uploads);
  const [playing, setPlaying] = useState<MediaFile>();

  async function add(chosen: readonly File[]) {
    setProblem(undefined);
    for (const one of chosen) await begin(one, files ?? []).catch(setProblem);
  }

  async function remove(file: MediaFile) {
    await call("DELETE", `/files/${file.id}`).catch(setProblem);
    await load();
  }

  const listed = files?.filter((file) => !running.some((upload) => upload.id === file.id));
  return (
    <>
      <h1>{words("files")}</h1>
      <p className="quiet lead">{words("filesIntro")}</p>
      <DropZone onFiles={(chosen) => void add(chosen)} />
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {running.length > 0 && (
        <>
          <h2>{words("underWay")}</h2>
          <ul className="rows">
            {running.map((upload) => (
              <UploadRow key={upload.id} upload={upload} />
            ))}
          </ul>
        </>
      )}
      <h2>{words("yourFiles")}</h2>
      {listed?.length === 0 && <p className="empty">{words("noFiles")}</p>}
      <ul className="rows">
        {listed?.map((file) => (
          <FileRow
            key={file.id}
            file={file}
            onPlay={() => setPlaying(file)}
            onDelete={() => void remove(file)}
          />
        ))}
      </ul>
      {playing && <Player file={playing} onClose={() => setPlaying(undefined)} />}
    </>
  );
}

/** Keeps the list as it is on the server: after each upload, and after what other pages do. */
function useFiles() {
  const [files, setFiles] = useState<readonly MediaFile[]>();
  const [problem, setProblem] = useState<unknown>();
  const running = useStore(uploads).length;
  const before = useRef(running);

  const load = useCallback(async () => {
    try {
      setFiles((await call<{ files: MediaFile[] }>("GET", "/files")).files);
    } catch (error) {
      setProblem(error);
    }
  }, []);

  useEffect(() => {
    void load();
    return listen((event) => {
      if (event.startsWith("file.")) void load();
    });
  }, [load]);

  useEffect(() => {
    if (running < before.current) void load();
    before.current = running;
  }, [running, load]);

  return { files, problem, setProblem, load };
}
