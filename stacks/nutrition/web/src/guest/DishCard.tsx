// Shows one dish with what a portion of it holds.

import type { Dish } from "../shared/api";
import { names, yuan } from "../shared/format";
import { Icon } from "../shared/Icon";
import { useLanguage, useWords } from "../shared/preferences";
import { choose } from "./cart";

/** Grams of each, as shares of the energy they bring: 4, 9 and 4 kcal per gram. */
function shares(dish: Dish): readonly [number, number, number] {
  const parts = [dish.proteinG * 4, dish.fatG * 9, dish.carbsG * 4] as const;
  const whole = parts[0] + parts[1] + parts[2] || 1;
  return [parts[0] / whole, parts[1] / whole, parts[2] / whole];
}

export function DishCard({ dish, onSimilar }: { dish: Dish; onSimilar: (dish: Dish) => void }) {
  const words = useWords();
  const [language] = useLanguage();
  const [name, other] = names(dish, language);
  const [protein, fat, carbs] = shares(dish);

  return (
    <article className="card dish">
      {dish.picture && <img className="picture" src={dish.picture} alt="" loading="lazy" />}
      <header>
        <h3>{name}</h3>
        <strong className="price">{yuan(dish.priceFen)}</strong>
      </header>
      <p className="quiet other">{other || dish.category}</p>
      <p className="about">{dish.description}</p>
      <div className="energy">
        <strong>{dish.kcal}</strong> {words("kcal")} <span className="quiet">{words("perPortion")}</span>
      </div>
      <div className="bar" aria-hidden="true">
        <i className="protein" style={{ flexGrow: protein }} />
        <i className="fat" style={{ flexGrow: fat }} />
        <i className="carbs" style={{ flexGrow: carbs }} />
      </div>
      <dl>
        <div>
          <dt className="protein">{words("protein")}</dt>
          <dd>{dish.proteinG} g</dd>
        </div>
        <div>
          <dt className="fat">{words("fat")}</dt>
          <dd>{dish.fatG} g</dd>
        </div>
        <div>
          <dt className="carbs">{words("carbs")}</dt>
          <dd>{dish.carbsG} g</dd>
        </div>
      </dl>
      {dish.allergens.length > 0 && (
        <p className="quiet small">
          {words("allergens")}: {dish.allergens.join(language === "zh" ? "、" : ", ")}
        </p>
      )}
      <footer>
        <button type="button" className="plain" onClick={() => onSimilar(dish)}>
          {words("similar")}
        </button>
        <button type="button" className="main" onClick={() => choose(dish, 1)}>
          <Icon name="plus" />
          {words("add")}
        </button>
      </footer>
    </article>
  );
}
