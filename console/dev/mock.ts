/**
 * A pretend server for developing the console: a Vite plugin that answers `/api/v1` from fixtures.
 *
 * It serves `npm run dev` and `npm run preview`, the latter with the real server's CSP; nothing of it is in the build.
 * Sign in with any e-mail and the password "demo", or by /login?token=demo. The e-mail "fail@example.com" makes
 * every list fail, "empty@example.com" makes every list empty, "slow@example.com" delays each answer by two seconds.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { answer, type Ask, type Reply } from "./routes.ts";

const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const PING_MS = 15_000;
const CHANGE_MS = 20_000;

export function mockServer(): Plugin {
  return {
    name: "tapbot-mock",
    configureServer: ({ middlewares }) => void middlewares.use(serve),
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", CSP);
        next();
      });
      middlewares.use(serve);
    },
  };
}

const serve: Connect.NextHandleFunction = (request, response, next) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (!url.pathname.startsWith("/api/v1/")) {
    next();
    return;
  }
  const path = url.pathname.slice("/api/v1".length);
  const user = userOf(request);
  if (path === "/events" && user) {
    streamEvents(response);
    return;
  }
  void readBody(request).then((body) => {
    const ask: Ask = { method: request.method ?? "GET", path, query: url.searchParams, body, user, csrf: request.headers["x-csrf-token"] };
    const wait = user.startsWith("slow") ? 2_000 : 60;
    setTimeout(() => send(response, answer(ask)), wait);
  });
};

function userOf(request: IncomingMessage): string {
  const match = /tapbot_session=([^;]+)/.exec(request.headers.cookie ?? "");
  return match?.[1] ? decodeURIComponent(match[1]) : "";
}

function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => resolve(text ? (JSON.parse(text) as Record<string, unknown>) : {}));
  });
}

function send(response: ServerResponse, reply: Reply): void {
  response.statusCode = reply.status;
  if (reply.cookie !== undefined) {
    const age = reply.cookie ? "" : "; Max-Age=0";
    response.setHeader("Set-Cookie", `tapbot_session=${encodeURIComponent(reply.cookie)}; HttpOnly; SameSite=Strict; Path=/${age}`);
  }
  response.setHeader("Content-Type", reply.status < 400 ? "application/json" : "application/problem+json");
  response.end(JSON.stringify(reply.body));
}

function streamEvents(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": ping\n\n");
  let number = 0;
  const ping = setInterval(() => response.write(": ping\n\n"), PING_MS);
  const change = setInterval(() => {
    number += 1;
    response.write(`id: ${number}\nevent: message\ndata: {"id":"m-live-${number}","conversation_id":"c-01"}\n\n`);
  }, CHANGE_MS);
  response.on("close", () => {
    clearInterval(ping);
    clearInterval(change);
  });
}
