// Holds what the guest has chosen, while the page is open.

import type { Dish } from "../shared/api";
import { createStore } from "../shared/store";

export interface Chosen {
  readonly dish: Dish;
  readonly quantity: number;
}

export const cart = createStore<readonly Chosen[]>([]);

export function choose(dish: Dish, change: number): void {
  cart.set((before) => {
    const known = before.find((one) => one.dish.id === dish.id);
    if (!known) return change > 0 ? [...before, { dish, quantity: change }] : before;
    const quantity = Math.min(known.quantity + change, 99);
    const others = before.map((one) => (one === known ? { dish, quantity } : one));
    return others.filter((one) => one.quantity > 0);
  });
}

export function total(chosen: readonly Chosen[]): number {
  return chosen.reduce((sum, one) => sum + one.dish.priceFen * one.quantity, 0);
}
