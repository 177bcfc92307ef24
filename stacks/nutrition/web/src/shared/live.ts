// Listens, by websocket, to what happens to orders and photos.

import { useEffect, useRef } from "react";
import { currentUser, socketAddress, token } from "./api";
import { createStore, useStore } from "./store";

const AGAIN_MS = 2000;

export type Facts = Readonly<Record<string, unknown>>;
type Listener = (name: string, facts: Facts) => void;

export const connected = createStore(false);

const listeners = new Set<Listener>();
let socket: WebSocket | undefined;

/** Calls back at every event while it is shown; `hello` each time the page is connected anew. */
export function useLive(listener: Listener): void {
  const latest = useRef(listener);
  latest.current = listener;
  const user = useStore(currentUser);
  useEffect(() => {
    if (!user) return;
    const heard: Listener = (name, facts) => latest.current(name, facts);
    listeners.add(heard);
    connect();
    return () => {
      listeners.delete(heard);
      if (listeners.size === 0) socket?.close();
    };
  }, [user]);
}

function connect(): void {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const opened = new WebSocket(socketAddress());
  socket = opened;
  opened.onopen = () => opened.send(JSON.stringify({ token: token() }));
  opened.onmessage = (message) => {
    const { type, data } = JSON.parse(String(message.data)) as { type: string; data?: Facts };
    if (type === "hello") connected.set(() => true);
    for (const listener of listeners) listener(type, data ?? {});
  };
  opened.onclose = () => {
    connected.set(() => false);
    if (listeners.size > 0 && currentUser.get()) setTimeout(connect, AGAIN_MS);
  };
}
