// Starts the console of the restaurant.

import { currentUser } from "../shared/api";
import { Entry } from "../shared/Entry";
import { Header, type Tab } from "../shared/Header";
import { useLive } from "../shared/live";
import { mount, useHash } from "../shared/mount";
import { useWords } from "../shared/preferences";
import { useStore } from "../shared/store";
import { DishesPage } from "./DishesPage";
import { OrdersPage } from "./OrdersPage";

const TABS: readonly Tab[] = [
  { id: "dishes", icon: "bowl" },
  { id: "orders", icon: "receipt" },
];

function Console() {
  const words = useWords();
  const user = useStore(currentUser);
  const page = useHash(["dishes", "orders"] as const, "dishes");
  const admin = user?.role === "admin";
  useLive(() => undefined); // connected whatever page is shown

  return (
    <>
      <Header title="console" user={user ?? null} tabs={admin ? TABS : []} page={page} />
      <main className="page">
        {user === undefined && <p className="quiet">{words("loading")}</p>}
        {user === null && <Entry register={false} lead="leadAdmin" />}
        {user && !admin && (
          <div className="card empty">
            <p>{words("guestsOnly")}</p>
            <a className="button main" href="/app/">
              {words("toGuestPages")}
            </a>
          </div>
        )}
        {admin && (page === "orders" ? <OrdersPage /> : <DishesPage />)}
      </main>
    </>
  );
}

mount(<Console />);
