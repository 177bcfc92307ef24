// Shows the welcome page or, to those who are logged in, the page they chose.

import { useEffect, useState } from "react";
import { currentUser } from "./api";
import { FilesPage } from "./pages/FilesPage";
import { JobsPage } from "./pages/JobsPage";
import { KeysPage } from "./pages/KeysPage";
import { WelcomePage } from "./pages/WelcomePage";
import { Header } from "./parts/Header";
import { useWords } from "./preferences";
import { useStore } from "./store";

export type Page = "files" | "jobs" | "keys";

const PAGES = { files: FilesPage, jobs: JobsPage, keys: KeysPage };

export function App() {
  const user = useStore(currentUser);
  const page = usePage();
  const words = useWords();
  const Chosen = PAGES[page];

  return (
    <>
      <Header user={user ?? null} page={page} />
      <main className={user ? "page" : "welcome"}>
        {user === undefined && <p className="quiet">{words("loading")}</p>}
        {user === null && <WelcomePage />}
        {user && <Chosen />}
      </main>
    </>
  );
}

/** Follows the part of the address after `#`, which no server has to know about. */
function usePage(): Page {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const named = hash.slice(2);
  return named === "keys" || named === "jobs" ? named : "files";
}
