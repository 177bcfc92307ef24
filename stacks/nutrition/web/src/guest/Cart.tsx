// Shows what was chosen, and orders it.

import { type FormEvent, useState } from "react";
import { call } from "../shared/api";
import { names, yuan } from "../shared/format";
import { Icon } from "../shared/Icon";
import { useLanguage, useProblems, useWords } from "../shared/preferences";
import { useStore } from "../shared/store";
import { cart, choose, total } from "./cart";

export function Cart() {
  const words = useWords();
  const problems = useProblems();
  const [language] = useLanguage();
  const chosen = useStore(cart);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const phone = String(new FormData(event.currentTarget).get("phone"));
    const items = chosen.map((one) => ({ dish: one.dish.id, quantity: one.quantity }));
    setBusy(true);
    setProblem(undefined);
    try {
      await call("POST", "/api/orders", { items, phone });
      cart.set(() => []);
      location.hash = "#/orders";
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  return (
    <form className="card cart" onSubmit={(event) => void submit(event)} aria-label={words("cart")}>
      <h2>{words("cart")}</h2>
      {chosen.length === 0 && <p className="quiet">{words("emptyCart")}</p>}
      <ul className="rows">
        {chosen.map(({ dish, quantity }) => (
          <li key={dish.id}>
            <span className="grow">
              {names(dish, language)[0]}
              <small className="quiet">{yuan(dish.priceFen * quantity)}</small>
            </span>
            <button
              type="button"
              className="plain round"
              aria-label={words("less")}
              onClick={() => choose(dish, -1)}
            >
              <Icon name="minus" />
            </button>
            <span>{quantity}</span>
            <button
              type="button"
              className="plain round"
              aria-label={words("more")}
              onClick={() => choose(dish, 1)}
            >
              <Icon name="plus" />
            </button>
          </li>
        ))}
      </ul>
      {chosen.length > 0 && (
        <>
          <label>
            {words("phone")}
            <input name="phone" type="tel" required pattern="\+?[0-9 \-]{6,17}" autoComplete="tel" />
            <small className="quiet">{words("phoneHint")}</small>
          </label>
          {problem !== undefined && (
            <p className="problem" role="alert">
              {problems(problem)}
            </p>
          )}
          <button type="submit" className="main" disabled={busy}>
            {words("order")} · {yuan(total(chosen))}
          </button>
        </>
      )}
    </form>
  );
}
