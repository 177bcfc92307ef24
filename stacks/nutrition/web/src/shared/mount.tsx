// Starts a page.

import { type ReactNode, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { start } from "./api";
import { loadConfig } from "./config";
import "../styles/base.css";
import "../styles/parts.css";

export function mount(page: ReactNode): void {
  const root = document.getElementById("root");
  if (root) createRoot(root).render(<StrictMode>{page}</StrictMode>);
  void loadConfig().then(start);
}

/** Follows the part of the address after `#/`, which no server has to know about. */
export function useHash<T extends string>(known: readonly T[], usual: T): T {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return known.find((one) => one === hash.slice(2)) ?? usual;
}
