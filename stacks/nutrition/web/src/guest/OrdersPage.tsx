// Shows the guest's orders as they move on, and lets them be paid.

import qrcode from "qrcode-generator";
import { useCallback, useEffect, useState } from "react";
import { call, type Order, type OrderState, type Payment } from "../shared/api";
import { when, yuan } from "../shared/format";
import { useLive } from "../shared/live";
import { useLanguage, useProblems, useWords } from "../shared/preferences";

const WAY: readonly OrderState[] = ["new", "paid", "cooking", "ready", "done"];

export function OrdersPage() {
  const words = useWords();
  const problems = useProblems();
  const [orders, setOrders] = useState<readonly Order[]>();
  const [problem, setProblem] = useState<unknown>();

  const load = useCallback(async () => {
    try {
      setOrders((await call<{ orders: Order[] }>("GET", "/api/orders")).orders);
    } catch (error) {
      setProblem(error);
    }
  }, []);
  useEffect(() => void load(), [load]);
  useLive((name) => {
    if (name === "order.changed" || name === "hello") void load();
  });

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
      <div className="orders">
        {orders?.map((order) => (
          <OrderCard key={order.id} order={order} />
        ))}
      </div>
    </>
  );
}

function OrderCard({ order }: { order: Order }) {
  const words = useWords();
  const [language] = useLanguage();
  const reached = WAY.indexOf(order.state);
  return (
    <article className="card order">
      <header>
        <div>
          <code>{order.number}</code>
          <div className="quiet small">{when(order.createdAt, language)}</div>
        </div>
        <span className={`tag ${order.state}`}>{words(order.state)}</span>
        <strong className="price">{yuan(order.totalFen)}</strong>
      </header>
      <p>{order.items.map((item) => `${item.name} × ${item.quantity}`).join(language === "zh" ? "，" : ", ")}</p>
      {reached >= 0 && (
        <ol className="way">
          {WAY.map((state, at) => (
            <li key={state} className={at <= reached ? "reached" : ""}>
              {words(state)}
            </li>
          ))}
        </ol>
      )}
      {order.state === "new" && <Pay order={order} />}
    </article>
  );
}

function Pay({ order }: { order: Order }) {
  const words = useWords();
  const problems = useProblems();
  const [begun, setBegun] = useState<{ payment: Payment; payPage: string }>();
  const [problem, setProblem] = useState<unknown>();

  async function begin(provider: Payment["provider"]) {
    setProblem(undefined);
    try {
      setBegun(await call("POST", `/api/orders/${order.id}/pay`, { provider }));
    } catch (error) {
      setProblem(error);
    }
  }

  return (
    <div className="pay">
      <div className="actions">
        <span className="quiet">{words("payBy")}</span>
        <button type="button" className="wechat" onClick={() => void begin("wechat")}>
          {words("wechat")}
        </button>
        <button type="button" className="alipay" onClick={() => void begin("alipay")}>
          {words("alipay")}
        </button>
        <button
          type="button"
          className="plain"
          onClick={() => void call("POST", `/api/orders/${order.id}/cancel`).catch(setProblem)}
        >
          {words("toCancelled")}
        </button>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problems(problem)}
        </p>
      )}
      {begun && (
        <div className="scan">
          <Code text={begun.payment.codeUrl} />
          <div>
            <p>
              {words("scan", { app: words(begun.payment.provider), amount: yuan(order.totalFen) })}
            </p>
            {begun.payPage && (
              <p className="quiet small">
                {words("simulated")}{" "}
                <a href={begun.payPage} target="_blank" rel="noreferrer">
                  {words("simulatedPay")}
                </a>
              </p>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

function Code({ text }: { text: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const dark: string[] = [];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (code.isDark(y, x)) dark.push(`M${x} ${y}h1v1h-1z`);
  }
  return (
    <svg className="code" viewBox={`-2 -2 ${size + 4} ${size + 4}`} role="img" aria-label={text}>
      <path d={dark.join("")} />
    </svg>
  );
}
