/** The pretend server's answers, shaped as the management API's. */
import { conversations, messagesOf } from "./fixtures/conversations.ts";
import { collections, recordsOf } from "./fixtures/records.ts";
import { approvals, broadcasts, contactOf, contacts, historyOf, previewOf, results, troubles } from "./fixtures/people.ts";
import { nodeTypes } from "./fixtures/nodeTypes.ts";
import { runDetail, runs } from "./fixtures/runs.ts";
import { workflowDetails, workflows } from "./fixtures/workflows.ts";

export interface Ask {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  user: string;
  csrf: string | string[] | undefined;
}

export interface Reply {
  status: number;
  body: unknown;
  cookie?: string;
}

const CSRF = "csrf-demo";
const project = {
  id: "taxi",
  name: "Дала Такси",
  environment: "prod",
  release: "r-9f3ac17be2d04c55",
  locales: ["kk", "ru", "en"],
  time_zone: "Asia/Almaty",
  bots: [
    { id: "taxi", title: "Межгород", channels: ["webchat", "telegram"] },
    { id: "lost", title: "Бюро находок", channels: ["telegram"] },
  ],
};

const ok = (body: unknown): Reply => ({ status: 200, body });
const problem = (status: number, title: string, detail: string, code: string): Reply => ({
  status,
  body: { type: `https://example.com/errors/${code}`, title, status, detail, code, id: "e-5d20" },
});
const session = (email: string) => ({
  principal: { id: "p-1", email, name: "Айгерим Сарсен", role: "admin" },
  csrf_token: CSRF,
});

export function answer(ask: Ask): Reply {
  const open = signIn(ask);
  if (open) return open;
  if (!ask.user) return problem(401, "Sign in first", "This address needs a session.", "access.no_session");
  if (ask.method !== "GET" && ask.csrf !== CSRF) {
    return problem(403, "Write refused", "The X-CSRF-Token header is missing or wrong.", "access.csrf");
  }
  if (ask.path === "/me") return ok(session(ask.user));
  if (ask.path === "/logout") return { status: 204, body: null, cookie: "" };
  if (ask.path === "/projects") return ok({ items: [project] });
  if (ask.user.startsWith("fail")) {
    return problem(503, "The database does not answer", "The store did not reply within 5 s.", "storage.unavailable");
  }
  if (ask.user.startsWith("empty")) return emptyAnswer(ask.path);
  return list(ask) ?? one(ask) ?? problem(404, "Not found", `Nothing has the address ${ask.path}.`, "http.not_found");
}

function signIn({ method, path, body }: Ask): Reply | null {
  if (method !== "POST") return null;
  const email = String(body.email ?? "owner@example.com");
  const entered = { status: 200, body: session(email), cookie: email };
  if (path === "/login") {
    return body.password === "demo" ? entered : problem(401, "Not signed in", "Wrong e-mail or password.", "access.wrong_password");
  }
  if (path !== "/login/link") return null;
  return body.token === "demo" ? entered : problem(401, "Link refused", "This link was used or has expired.", "access.link_spent");
}

function emptyAnswer(path: string): Reply {
  return ok(path.includes("/records") ? { items: [], total: 0 } : { items: [], next: null });
}

function page<T>(items: T[], query: URLSearchParams): Reply {
  const limit = Number(query.get("limit") ?? 50);
  const from = Number(query.get("before") ?? 0);
  const end = from + limit;
  return ok({ items: items.slice(from, end), next: end < items.length ? String(end) : null });
}

function list({ path, query }: Ask): Reply | null {
  const wanted = (name: string, value: string | null) => !query.get(name) || query.get(name) === value;
  switch (path) {
    case "/conversations":
      return page(conversations.filter((each) => wanted("bot", each.bot) && wanted("channel", each.channel)), query);
    case "/contacts":
      return page(contacts.filter((each) => !query.get("tag") || each.tags.includes(query.get("tag") ?? "")), query);
    case "/approvals":
      return ok({ items: approvals.filter((each) => wanted("status", each.status)) });
    case "/broadcasts":
      return page(broadcasts, query);
    case "/troubles":
      return ok({ items: troubles });
    case "/runs":
      return page(runs.filter((each) => wanted("status", each.status) && wanted("workflow", each.workflow_id)), query);
    case "/workflows":
      return ok({ items: workflows });
    case "/node-types":
      return ok({ items: nodeTypes });
    case "/collections":
      return ok({ items: collections });
    default:
      return null;
  }
}

/** What is asked about one contact or broadcast. */
function person({ path, query, body }: Ask): Reply | null {
  const [, room, id = "", part] = path.split("/").map(decodeURIComponent);
  const found = (body: unknown) => (body ? ok(body) : null);
  switch (`${room}/${part ?? ""}`) {
    case "contacts/":
      return found(contactOf(id));
    case "contacts/history":
      return ok({ items: historyOf(id) });
    case "broadcasts/":
      return id === "preview" ? ok(previewOf(body)) : found(broadcasts.find((each) => each.id === id));
    case "broadcasts/messages":
      return page(results.filter(({ status }) => !query.get("status") || query.get("status") === status), query);
    default:
      return null;
  }
}

function one(ask: Ask): Reply | null {
  const { path, query } = ask;
  const [, room, rawId = "", part] = path.split("/");
  const id = decodeURIComponent(rawId);
  const found = (body: unknown) => (body ? ok(body) : null);
  switch (`${room}/${part ?? ""}`) {
    case "conversations/": {
      const conversation = conversations.find((each) => each.id === id);
      return found(conversation && { ...conversation, state: { form: "book_ride", slots: { from_city: "almaty", to_city: "taraz", seats: 2 }, missing: ["phone"] } });
    }
    case "conversations/messages": {
      const all = messagesOf(id);
      const limit = Number(query.get("limit") ?? 50);
      const end = query.has("before") ? Number(query.get("before")) : all.length;
      const start = Math.max(0, end - limit);
      return ok({ items: all.slice(start, end), next: start > 0 ? String(start) : null });
    }
    case "runs/":
      return found(runDetail(id));
    case "workflows/":
      return found(workflowDetails[id]);
    case "collections/records":
      return found(recordsOf(id, query));
    default:
      return person(ask);
  }
}
