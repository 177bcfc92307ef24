// Shows all orders as they come, and brings them on their way.

import { useCallback, useEffect, useState } from "react";
import { call, type Order, type OrderState } from "../shared/api";
import { when, yuan } from "../shared/format";
import { useLive } from "../shared/live";
import { useLanguage, useProblems, useWords } from "../shared/preferences";
import type { Word } from "../shared/words";

const NEXT: Partial<Record<OrderState, readonly [OrderState, Word]>> = {
  new: ["cancelled", "toCancelled"],
  paid: ["cooking", "toCooking"],
  cooking: ["ready", "toReady"],
  ready: ["done", "toDone"],
};

export function OrdersPage() {
  const words = useWords();
  const problems = useProblems();
  const [language] = useLanguage();
  const [orders, setOrders] = useState<readonly Order[]>();
  const [problem, setProblem] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      setOrders((await call<{ orders: Order[] }>("GET", "/api/admin/orders")).orders);
      setProblem(undefined);
    } catch (error) {
      setProblem(error);
    }
  }, []);
  useEffect(() => void load(), [load]);
  useLive((name) => {
    if (name === "order.changed" || name === "hello") void load();
  });

  async function step(order: Order, state: OrderState) {
    try {
      await call("POST", `/api/admin/orders/${order.id}/state`, { state });
      await load();
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <>
      <div className="heading">
        <h1>{words("orders")}</h1>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {orders?.length === 0 && <p className="card empty quiet">{words("noOrders")}</p>}
      {orders && orders.length > 0 && (
        <div className="card table">
          <table>
            <thead>
              <tr>
                <th>{words("number")}</th>
                <th>{words("what")}</th>
                <th className="number">{words("total")}</th>
                <th>{words("state")}</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {orders.map((order) => {
                const next = NEXT[order.state];
                return (
                  <tr key={order.id}>
                    <td>
                      <code>…{order.number.slice(-6)}</code>
                      <div className="quiet">{when(order.createdAt, language)}</div>
                    </td>
                    <td>
                      {order.items.map((item) => (
                        <div key={item.name}>
                          {item.name} × {item.quantity}
                        </div>
                      ))}
                    </td>
                    <td className="number">{yuan(order.totalFen)}</td>
                    <td>
                      <span className={`tag ${order.state}`}>{words(order.state)}</span>
                    </td>
                    <td className="actions">
                      {next && (
                        <button
                          type="button"
                          className={next[0] === "cancelled" ? "plain" : "soft"}
                          onClick={() => void step(order, next[0])}
                        >
                          {words(next[1])}
                        </button>
                      )}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
