/** The one door to the server: JSON in and out, the CSRF header on writes, problem documents as errors. */
import type { Problem, Session } from "./types";

const API = "/api/v1";
const READS = new Set(["GET", "HEAD"]);

let csrfToken: string | null = null;
let titleLanguage = "en";

/** Remember the token that every write must carry; `null` after signing out. */
export function keepCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Ask for titles (of bots, collections, fields) in this language. */
export function askTitlesIn(language: string): void {
  titleLanguage = language;
}

/** A reply that is not a success, or no reply at all (`status` 0). */
export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string | null;
  readonly code: string;
  readonly place: string | null;
  readonly hint: string | null;
  readonly reference: string | null;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiProblem";
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail ?? null;
    this.code = problem.code ?? `http.${problem.status}`;
    this.place = problem.place ?? null;
    this.hint = problem.hint ?? null;
    this.reference = problem.id ?? null;
  }
}

export type QueryValues = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: QueryValues;
  body?: unknown;
  /** Sent as it is, under its own name and type. */
  file?: File;
  signal?: AbortSignal;
}

/** Build an address below `/api/v1`; values that are empty are left out. */
export function apiAddress(path: string, query: QueryValues = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return `${API}${path}${text ? `?${text}` : ""}`;
}

/**
 * Send one request and return its JSON.
 *
 * Throws `ApiProblem` for any status from 400 up and when the server cannot be reached.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Send one request and return its body as a file. Throws as `request` does. */
export async function requestFile(path: string, options: RequestOptions = {}): Promise<Blob> {
  return (await send(path, options)).blob();
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const method = options.method ?? "GET";
  const { headers, body } = carry(options);
  if (!READS.has(method) && csrfToken) headers["X-CSRF-Token"] = csrfToken;
  let response: Response;
  try {
    response = await fetch(apiAddress(path, options.query), {
      method,
      headers,
      credentials: "same-origin",
      body,
      signal: options.signal,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiProblem({ title: "", status: 0, code: "network.unreachable" });
  }
  if (!response.ok) throw new ApiProblem(await readProblem(response));
  return response;
}

/** What a request carries: a file as it is, or JSON, or nothing. */
function carry({ file, body }: RequestOptions): { headers: Record<string, string>; body: BodyInit | undefined } {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": titleLanguage };
  if (file) {
    headers["Content-Type"] = file.type || "application/octet-stream";
    headers["X-File-Name"] = encodeURIComponent(file.name);
    return { headers, body: file };
  }
  if (body === undefined) return { headers, body };
  headers["Content-Type"] = "application/json";
  return { headers, body: JSON.stringify(body) };
}

/** Send one request and keep the session's CSRF token that the reply carries. */
export async function requestSession(path: string, options: RequestOptions = {}): Promise<Session> {
  const session = await request<Session>(path, options);
  keepCsrfToken(session.csrf_token);
  return session;
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...body, title: body.title ?? response.statusText, status: response.status };
  } catch {
    return { title: response.statusText, status: response.status };
  }
}
