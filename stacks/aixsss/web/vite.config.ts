import { defineConfig } from "vite";

// The API a developer runs beside `npm run dev`.
const api = "http://127.0.0.1:8000";

export default defineConfig({
  build: {
    target: "es2022",
    assetsDir: "assets",
    // a data: address for a small image would need a wider content security policy
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: api, ws: true } } },
});
