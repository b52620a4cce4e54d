/** The cache of the server's answers: what is retried, and what happens when a session ends. */
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiProblem, keepCsrfToken } from "../api/client";

const MOST_RETRIES = 2;

/** A reply below 500 will not change by asking again. */
export function mayRetry(tries: number, error: unknown): boolean {
  const status = error instanceof ApiProblem ? error.status : 500;
  return tries < MOST_RETRIES && (status === 0 || status >= 500);
}

export function createAnswers(onSessionEnd: () => void): QueryClient {
  const answers: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (!(error instanceof ApiProblem) || error.status !== 401 || query.queryKey[0] === "session") return;
        keepCsrfToken(null);
        answers.removeQueries({ queryKey: ["session"] });
        onSessionEnd();
      },
    }),
    defaultOptions: { queries: { retry: mayRetry, staleTime: 5_000, refetchOnWindowFocus: true } },
  });
  return answers;
}
