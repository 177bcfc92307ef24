// Writes sizes, shares and times the way the reader's language does.

import type { Language } from "./words";

const locales: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };
const UNITS = ["B", "KB", "MB", "GB"];

export function size(bytes: number, language: Language): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const number = new Intl.NumberFormat(locales[language], { maximumFractionDigits: power ? 1 : 0 });
  return `${number.format(bytes / 1024 ** power)} ${UNITS[power]}`;
}

export function percent(part: number, whole: number, language: Language): string {
  const format = new Intl.NumberFormat(locales[language], { style: "percent" });
  return format.format(Math.floor((100 * part) / whole) / 100);
}

export function when(iso: string, language: Language): string {
  const format = new Intl.DateTimeFormat(locales[language], {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return format.format(new Date(iso));
}

export function time(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { timeStyle: "medium" }).format(new Date(iso));
}
