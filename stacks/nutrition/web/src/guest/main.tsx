// Starts the pages of the guests.

import { useState } from "react";
import { currentUser } from "../shared/api";
import { Entry } from "../shared/Entry";
import { Header, type Tab } from "../shared/Header";
import { useLive } from "../shared/live";
import { mount, useHash } from "../shared/mount";
import { useWords } from "../shared/preferences";
import { useStore } from "../shared/store";
import { isWord } from "../shared/words";
import { AskPage } from "./AskPage";
import { MenuPage } from "./MenuPage";
import { OrdersPage } from "./OrdersPage";
import { PhotoPage } from "./PhotoPage";

const TABS: readonly Tab[] = [
  { id: "menu", icon: "bowl" },
  { id: "photo", icon: "camera" },
  { id: "ask", icon: "chat" },
  { id: "orders", icon: "receipt" },
];
const PAGES = { menu: MenuPage, photo: PhotoPage, ask: AskPage, orders: OrdersPage };
const SHOWN_MS = 6000;

function Guest() {
  const words = useWords();
  const user = useStore(currentUser);
  const page = useHash(["menu", "photo", "ask", "orders"] as const, "menu");
  const Chosen = PAGES[page];

  return (
    <>
      <Header title="restaurant" user={user ?? null} tabs={TABS} page={page} />
      <main className="page">
        {user === undefined && <p className="quiet">{words("loading")}</p>}
        {user === null && <Entry register lead="leadGuest" />}
        {user && <Chosen />}
      </main>
      {user && <News />}
    </>
  );
}

/** Tells what has become of an order, wherever the guest is. */
function News() {
  const words = useWords();
  const [news, setNews] = useState("");
  useLive((name, facts) => {
    const state = String(facts["state"]);
    if (name !== "order.changed" || state === "new" || !isWord(state)) return;
    const number = `…${String(facts["number"]).slice(-6)}`;
    setNews(words("notified", { number, state: words(state) }));
    setTimeout(() => setNews(""), SHOWN_MS);
  });
  return (
    <div className={news ? "news shown" : "news"} role="status">
      {news}
    </div>
  );
}

mount(<Guest />);
