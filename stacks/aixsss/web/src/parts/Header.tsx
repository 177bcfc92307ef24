// Leads from page to page, and holds the switches that are always at hand.

import { leave, type User } from "../api";
import type { Page } from "../App";
import { useLanguage, useTheme, useWords } from "../preferences";
import { abandon } from "../upload";
import { Icon } from "./Icon";

const PAGES: readonly Page[] = ["files", "jobs", "keys"];

export function Header({ user, page }: { user: User | null; page: Page }) {
  const words = useWords();
  const [, switchLanguage] = useLanguage();
  const [theme, switchTheme] = useTheme();

  async function logOut() {
    abandon();
    await leave();
  }

  return (
    <header className="top">
      <a className="brand" href="#/files">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span>AIXSSS</span>
      </a>
      {user && (
        <nav aria-label="AIXSSS">
          {PAGES.map((one) => (
            <a key={one} href={`#/${one}`} aria-current={one === page ? "page" : undefined}>
              {words(one)}
            </a>
          ))}
        </nav>
      )}
      <div className="switches">
        <button type="button" className="plain" onClick={switchLanguage} title={words("languageHint")}>
          {words("language")}
        </button>
        <button
          type="button"
          className="plain round"
          onClick={switchTheme}
          aria-label={words(theme === "dark" ? "light" : "dark")}
          title={words(theme === "dark" ? "light" : "dark")}
        >
          <Icon name={theme === "dark" ? "sun" : "moon"} />
        </button>
        {user && (
          <>
            <span className="who" title={user.email}>
              {user.email}
            </span>
            <button type="button" className="plain" onClick={() => void logOut()}>
              {words("logOut")}
            </button>
          </>
        )}
      </div>
    </header>
  );
}
