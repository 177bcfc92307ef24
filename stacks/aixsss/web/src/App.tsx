// Shows the welcome page or, to those who are logged in, the page they chose.

import { useEffect, useState } from "react";
import { currentUser } from "./api";
import { FilesPage } from "./pages/FilesPage";
import { KeysPage } from "./pages/KeysPage";
import { WelcomePage } from "./pages/WelcomePage";
import { Header } from "./parts/Header";
import { useWords } from "./preferences";
import { useStore } from "./store";

export type Page = "files" | "keys";

export function App() {
  const user = useStore(currentUser);
  const page = usePage();
  const words = useWords();

  return (
    <>
      <Header user={user ?? null} page={page} />
      <main className={user ? "page" : "welcome"}>
        {user === undefined && <p className="quiet">{words("loading")}</p>}
        {user === null && <WelcomePage />}
        {user && (page === "keys" ? <KeysPage /> : <FilesPage />)}
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
  return hash === "#/keys" ? "keys" : "files";
}
