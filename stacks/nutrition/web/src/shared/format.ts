// Writes amounts and times the way the reader's language does.

import type { Dish } from "./api";
import type { Language } from "./words";

const locales: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

export function yuan(fen: number): string {
  return `¥${(fen / 100).toFixed(2).replace(/\.00$/, "")}`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

export function when(iso: string, language: Language): string {
  const format = new Intl.DateTimeFormat(locales[language], {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
  return format.format(new Date(iso));
}

/** The name in the reader's language, and the other one below it. */
export function names(dish: Dish, language: Language): readonly [string, string] {
  if (!dish.nameEn) return [dish.name, ""];
  return language === "zh" ? [dish.name, dish.nameEn] : [dish.nameEn, dish.name];
}
