import { defineConfig } from "vite";

// The API a developer runs beside `npm run dev`.
const api = "http://127.0.0.1:3000";

export default defineConfig({
  build: {
    target: "es2022",
    // two pages: the console of the restaurant, and what guests see
    rolldownOptions: { input: { admin: "index.html", guest: "app/index.html" } },
    // a data: address for a small image would need a wider content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": api, "/ai": api, "/static": api, "/ws": { target: api, ws: true } },
  },
});
