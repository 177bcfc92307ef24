// Shows the dishes, those that are alike, and those that suit the guest.

import { useEffect, useState } from "react";
import { type Alike, call, type Dish } from "../shared/api";
import { names, percent } from "../shared/format";
import { Icon } from "../shared/Icon";
import { useLanguage, useProblems, useWords } from "../shared/preferences";
import { Cart } from "./Cart";
import { choose } from "./cart";
import { DishCard } from "./DishCard";
import { Tastes } from "./Tastes";

export function MenuPage() {
  const words = useWords();
  const problems = useProblems();
  const [dishes, setDishes] = useState<readonly Dish[]>();
  const [category, setCategory] = useState("");
  const [like, setLike] = useState<Dish>();
  const [problem, setProblem] = useState<unknown>();

  useEffect(() => {
    call<{ dishes: Dish[] }>("GET", "/api/dishes").then((said) => setDishes(said.dishes), setProblem);
  }, []);

  const categories = [...new Set((dishes ?? []).map((dish) => dish.category))].filter(Boolean);
  const shown = (dishes ?? []).filter((dish) => !category || dish.category === category);

  return (
    <div className="with-side">
      <div>
        <div className="heading">
          <h1>{words("menu")}</h1>
        </div>
        {problem !== undefined && (
          <p className="problem" role="alert">
            {problems(problem)}
          </p>
        )}
        <div className="chips">
          {["", ...categories].map((one) => (
            <button
              key={one}
              type="button"
              className={one === category ? "chip chosen" : "chip"}
              onClick={() => setCategory(one)}
            >
              {one || words("all")}
            </button>
          ))}
        </div>
        {like && <Similar dish={like} onEnd={() => setLike(undefined)} />}
        <div className="grid">
          {shown.map((dish) => (
            <DishCard key={dish.id} dish={dish} onSimilar={setLike} />
          ))}
        </div>
        {dishes?.length === 0 && <p className="card empty quiet">{words("noDishes")}</p>}
      </div>
      <aside>
        <Cart />
        <Tastes />
      </aside>
    </div>
  );
}

function Similar({ dish, onEnd }: { dish: Dish; onEnd: () => void }) {
  const words = useWords();
  const problems = useProblems();
  const [language] = useLanguage();
  const [found, setFound] = useState<readonly Alike[]>();
  const [problem, setProblem] = useState<unknown>();

  useEffect(() => {
    setFound(undefined);
    setProblem(undefined);
    call<{ dishes: Alike[] }>("GET", `/api/dishes/${dish.id}/similar`).then(
      (said) => setFound(said.dishes),
      setProblem,
    );
  }, [dish.id]);

  return (
    <section className="card similar" aria-label={words("similar")}>
      <div className="heading">
        <h2>{words("similarTo", { name: names(dish, language)[0] })}</h2>
        <button type="button" className="plain round" aria-label={words("close")} onClick={onEnd}>
          <Icon name="close" />
        </button>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {found?.length === 0 && <p className="quiet">{words("noSimilar")}</p>}
      <AlikeRows found={found ?? []} />
    </section>
  );
}

export function AlikeRows({ found }: { found: readonly Alike[] }) {
  const words = useWords();
  const [language] = useLanguage();
  return (
    <ul className="rows">
      {found.map(({ dish, similarity }) => (
        <li key={dish.id}>
          <span className="grow">
            <strong>{names(dish, language)[0]}</strong>
            <small className="quiet">
              {dish.kcal} {words("kcal")} · {words("alike", { percent: percent(similarity) })}
            </small>
          </span>
          <button type="button" className="soft" onClick={() => choose(dish, 1)}>
            {words("add")}
          </button>
        </li>
      ))}
    </ul>
  );
}
