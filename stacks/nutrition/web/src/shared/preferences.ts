// Keeps the language and the colours the user chose.

import { Refusal } from "./api";
import { createStore, useStore } from "./store";
import { isWord, type Language, say, type Word } from "./words";

export type Theme = "light" | "dark";

const language = createStore<Language>(
  recalled("language", ["en", "zh"]) ?? (navigator.language.startsWith("zh") ? "zh" : "en"),
);
const theme = createStore<Theme>(
  recalled("theme", ["light", "dark"]) ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"),
);

apply();

export function useLanguage(): [Language, () => void] {
  return [useStore(language), () => choose(() => language.set((now) => (now === "en" ? "zh" : "en")))];
}

export function useTheme(): [Theme, () => void] {
  return [useStore(theme), () => choose(() => theme.set((now) => (now === "dark" ? "light" : "dark")))];
}

/** Returns how to say something in the language of the user. */
export function useWords(): (word: Word, facts?: Readonly<Record<string, string>>) => string {
  const [now] = useLanguage();
  return (word, facts) => say(now, word, facts);
}

/** Returns how to say what went wrong. */
export function useProblems(): (error: unknown) => string {
  const words = useWords();
  return (error) => {
    if (error instanceof Refusal && isWord(error.code)) return words(error.code);
    return words("problem", { message: error instanceof Error ? error.message : String(error) });
  };
}

function choose(change: () => void): void {
  change();
  apply();
  try {
    localStorage.setItem("language", language.get());
    localStorage.setItem("theme", theme.get());
  } catch {
    // a browser that keeps nothing still shows the choice
  }
}

function apply(): void {
  document.documentElement.lang = language.get() === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset["theme"] = theme.get();
}

function recalled<T extends string>(name: string, allowed: readonly T[]): T | undefined {
  try {
    return allowed.find((one) => one === localStorage.getItem(name));
  } catch {
    return undefined;
  }
}
