// Lists the dishes; adds, changes and removes them.

import { useCallback, useEffect, useState } from "react";
import { call, type Dish } from "../shared/api";
import { names, yuan } from "../shared/format";
import { Icon } from "../shared/Icon";
import { useLanguage, useProblems, useWords } from "../shared/preferences";
import { DishForm } from "./DishForm";

const LOOK_AGAIN_MS = 2000;

export function DishesPage() {
  const words = useWords();
  const problems = useProblems();
  const [dishes, setDishes] = useState<readonly Dish[]>();
  const [edited, setEdited] = useState<Dish | "new">();
  const [problem, setProblem] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      setDishes((await call<{ dishes: Dish[] }>("GET", "/api/admin/dishes")).dishes);
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
  }, []);
  useEffect(() => void load(), [load]);
  const waiting = dishes?.some((dish) => !dish.embedded) ?? false;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => void load(), LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [waiting, dishes, load]);

  async function remove(dish: Dish) {
    try {
      await call("DELETE", `/api/admin/dishes/${dish.id}`);
      await load();
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <>
      <div className="heading">
        <h1>{words("dishes")}</h1>
        <button type="button" className="main" onClick={() => setEdited("new")}>
          <Icon name="plus" />
          {words("newDish")}
        </button>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {edited && (
        <DishForm
          key={edited === "new" ? "new" : edited.id}
          dish={edited === "new" ? undefined : edited}
          onEnd={() => {
            setEdited(undefined);
            void load();
          }}
        />
      )}
      {dishes?.length === 0 && <p className="card empty quiet">{words("noDishes")}</p>}
      {dishes && dishes.length > 0 && (
        <div className="card table">
          <table>
            <thead>
              <tr>
                <th>{words("name")}</th>
                <th>{words("category")}</th>
                <th className="number">{words("kcal")}</th>
                <th className="number">{words("protein")}</th>
                <th className="number">{words("price")}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {dishes.map((dish) => (
                <DishRow key={dish.id} dish={dish} onEdit={setEdited} onRemove={remove} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

interface RowProps {
  readonly dish: Dish;
  readonly onEdit: (dish: Dish) => void;
  readonly onRemove: (dish: Dish) => Promise<void>;
}

function DishRow({ dish, onEdit, onRemove }: RowProps) {
  const words = useWords();
  const [language] = useLanguage();
  const [sure, setSure] = useState(false);
  const [name, other] = names(dish, language);
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        {!dish.available && <span className="tag">{words("hidden")}</span>}
        {!dish.embedded && <span className="tag busy">{words("indexing")}</span>}
        <div className="quiet">{other}</div>
      </td>
      <td>{dish.category}</td>
      <td className="number">{dish.kcal}</td>
      <td className="number">{dish.proteinG} g</td>
      <td className="number">{yuan(dish.priceFen)}</td>
      <td className="actions">
        <button
          type="button"
          className="plain round"
          aria-label={`${words("edit")} ${name}`}
          onClick={() => onEdit(dish)}
        >
          <Icon name="pencil" />
        </button>
        <button
          type="button"
          className={sure ? "danger" : "plain round"}
          aria-label={`${words("remove")} ${name}`}
          onClick={() => (sure ? void onRemove(dish) : setSure(true))}
          onBlur={() => setSure(false)}
        >
          {sure ? words("sure") : <Icon name="trash" />}
        </button>
      </td>
    </tr>
  );
}
