/** How the console is built, served while developing, and tested. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// TAPBOT_URL points the development server at a running tapbot; without it the fixtures of dev/ answer.
const server = process.env.TAPBOT_URL;
const proxy = server ? { "/api": { target: server }, "/chat": { target: server } } : undefined;

export default defineConfig(async ({ command }) => ({
  plugins: [react(), ...(command === "serve" && !server ? [(await import("./dev/mock.ts")).mockServer()] : [])],
  server: proxy ? { proxy } : {},
  preview: proxy ? { proxy } : {},
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // the CSP allows fonts from 'self' alone, never from data: addresses
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  resolve: {
    alias: [{ find: /^@tabler\/icons-react$/, replacement: "@tabler/icons-react/dist/esm/icons/index.mjs" }],
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node" },
}));
