// Asks for everything there is to say of a dish.

import { type FormEvent, useState } from "react";
import { call, type Dish, put } from "../shared/api";
import { useProblems, useWords } from "../shared/preferences";

interface Props {
  readonly dish: Dish | undefined;
  readonly onEnd: () => void;
}

export function DishForm({ dish, onEnd }: Props) {
  const words = useWords();
  const problems = useProblems();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    try {
      const path = dish ? `/api/admin/dishes/${dish.id}` : "/api/admin/dishes";
      const said = await call<{ dish: Dish }>(dish ? "PUT" : "POST", path, facts(form));
      const picture = form.get("picture");
      if (picture instanceof File && picture.size > 0) {
        await put(`/api/admin/dishes/${said.dish.id}/picture`, picture);
      }
      onEnd();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  const number = (name: string, label: string, value: number, step = "0.1") => (
    <label>
      {label}
      <input name={name} type="number" min="0" step={step} required defaultValue={value} />
    </label>
  );

  return (
    <form className="card form" onSubmit={(event) => void submit(event)}>
      <h2 className="wide">{words(dish ? "editDish" : "newDish")}</h2>
      <label>
        {words("name")}
        <input name="name" required maxLength={100} defaultValue={dish?.name} />
      </label>
      <label>
        {words("nameEn")}
        <input name="nameEn" maxLength={100} defaultValue={dish?.nameEn} />
      </label>
      <label>
        {words("category")}
        <input name="category" maxLength={50} defaultValue={dish?.category} />
      </label>
      {number("price", words("priceYuan"), (dish?.priceFen ?? 2000) / 100, "0.01")}
      <label className="wide">
        {words("description")}
        <textarea name="description" rows={2} maxLength={2000} defaultValue={dish?.description} />
      </label>
      {number("kcal", words("energy"), dish?.kcal ?? 0)}
      {number("proteinG", `${words("protein")} (g)`, dish?.proteinG ?? 0)}
      {number("fatG", `${words("fat")} (g)`, dish?.fatG ?? 0)}
      {number("carbsG", `${words("carbs")} (g)`, dish?.carbsG ?? 0)}
      {number("sodiumMg", words("sodium"), dish?.sodiumMg ?? 0)}
      <label>
        {words("allergens")}
        <input
          name="allergens"
          placeholder={words("allergensHint")}
          defaultValue={dish?.allergens.join("，")}
        />
      </label>
      <label>
        {words("picture")}
        <input name="picture" type="file" accept="image/jpeg,image/png" />
      </label>
      <label className="check">
        <input name="available" type="checkbox" defaultChecked={dish?.available ?? true} />
        {words("available")}
      </label>
      {problem !== undefined && (
        <p className="problem wide" role="alert">
          {problems(problem)}
        </p>
      )}
      <div className="wide actions">
        <button type="submit" className="main" disabled={busy}>
          {words(busy ? "loading" : "save")}
        </button>
        <button type="button" className="plain" onClick={onEnd}>
          {words("cancel")}
        </button>
      </div>
    </form>
  );
}

function facts(form: FormData) {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const figure = (name: string) => Number(form.get(name));
  return {
    name: text("name"),
    nameEn: text("nameEn"),
    category: text("category"),
    description: text("description"),
    priceFen: Math.round(figure("price") * 100),
    kcal: figure("kcal"),
    proteinG: figure("proteinG"),
    fatG: figure("fatG"),
    carbsG: figure("carbsG"),
    sodiumMg: figure("sodiumMg"),
    allergens: text("allergens")
      .split(/[,，、;；]/)
      .map((one) => one.trim())
      .filter(Boolean),
    available: form.get("available") !== null,
  };
}
