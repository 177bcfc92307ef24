// Leads from page to page, and holds the switches that are always at hand.

import { leave, type User } from "./api";
import { Icon, type IconName } from "./Icon";
import { connected } from "./live";
import { useLanguage, useTheme, useWords } from "./preferences";
import { useStore } from "./store";
import type { Word } from "./words";

export interface Tab {
  readonly id: Word;
  readonly icon: IconName;
}

interface Props {
  readonly title: Word;
  readonly user: User | null;
  readonly tabs: readonly Tab[];
  readonly page: string;
}

export function Header({ title, user, tabs, page }: Props) {
  const words = useWords();
  const [, switchLanguage] = useLanguage();
  const [theme, switchTheme] = useTheme();
  const live = useStore(connected);

  return (
    <header className="top">
      <a className="brand" href={`#/${tabs[0]?.id ?? ""}`}>
        <img src="/icon.svg" alt="" width="30" height="30" />
        <span>{words(title)}</span>
      </a>
      {user && (
        <nav aria-label={words(title)}>
          {tabs.map((tab) => (
            <a key={tab.id} href={`#/${tab.id}`} aria-current={tab.id === page ? "page" : undefined}>
              <Icon name={tab.icon} />
              {words(tab.id)}
            </a>
          ))}
        </nav>
      )}
      <div className="switches">
        {user && <span className={live ? "dot live" : "dot"} title={words(live ? "live" : "notLive")} />}
        <button type="button" className="plain" onClick={switchLanguage}>
          {words("language")}
        </button>
        <button
          type="button"
          className="plain round"
          onClick={switchTheme}
          aria-label={words(theme === "dark" ? "light" : "dark")}
        >
          <Icon name={theme === "dark" ? "sun" : "moon"} />
        </button>
        {user && (
          <>
            <span className="who" title={user.email}>
              {user.email}
            </span>
            <button type="button" className="plain" onClick={() => void leave()}>
              {words("logOut")}
            </button>
          </>
        )}
      </div>
    </header>
  );
}
