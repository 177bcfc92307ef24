// Starts the page.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { start } from "./api";
import { App } from "./App";
import { loadConfig } from "./config";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/jobs.css";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
void loadConfig().then(start);
