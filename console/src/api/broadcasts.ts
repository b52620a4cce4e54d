/** What the console asks the server about broadcasts. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { request } from "./client";
import type { Broadcast, BroadcastContent, BroadcastDetail, BroadcastPreview, BroadcastResult, Page } from "./types";

const FIRST_PAGE = null as string | null;
const LOOK_AGAIN_MS = 2_000;
type Project = string | undefined;

const at = (id: string, part = "") => `/broadcasts/${encodeURIComponent(id)}${part}`;

export const broadcastsQuery = (project: Project) =>
  infiniteQueryOptions({
    queryKey: ["broadcasts", project],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Broadcast>>("/broadcasts", { query: { project, limit: 50, before: pageParam }, signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
  });

/** Figures of one that runs are asked for again and again: its messages go out one by one. */
export const broadcastQuery = (project: Project, id: string) =>
  queryOptions({
    queryKey: ["broadcast", id, project],
    queryFn: ({ signal }) => request<BroadcastDetail>(at(id), { query: { project }, signal }),
    refetchInterval: ({ state }) => (state.data?.status === "running" ? LOOK_AGAIN_MS : false),
  });

/** Who would get what is being written; nothing of it is kept. */
export const broadcastPreviewQuery = (project: Project, idea: Partial<BroadcastContent>) =>
  queryOptions({
    queryKey: ["broadcast-preview", project, idea],
    queryFn: ({ signal }) =>
      request<BroadcastPreview>("/broadcasts/preview", { method: "POST", query: { project }, body: idea, signal }),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });

export const broadcastResultsQuery = (project: Project, id: string, status: string | null) =>
  infiniteQueryOptions({
    queryKey: ["broadcast", id, "messages", project, status],
    queryFn: ({ signal, pageParam }) =>
      request<Page<BroadcastResult>>(at(id, "/messages"), { query: { project, status, limit: 50, after: pageParam }, signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

/** Keep a draft: a new one, or the changes of one that is there. */
export const saveBroadcast = (project: Project, id: string | null, content: BroadcastContent) =>
  id === null
    ? request<BroadcastDetail>("/broadcasts", { method: "POST", query: { project }, body: content })
    : request<BroadcastDetail>(at(id), { method: "PATCH", query: { project }, body: content });

export const testBroadcast = (project: Project, id: string, contact: string, key: string) =>
  request<unknown>(at(id, "/test"), { method: "POST", query: { project }, body: { contact, key } });

/** Begin, now or at a time, or go on after a stop. */
export const startBroadcast = (project: Project, id: string, begins: string | null = null) =>
  request<BroadcastDetail>(at(id, "/start"), { method: "POST", query: { project }, body: { at: begins } });

export const stopBroadcast = (project: Project, id: string) =>
  request<BroadcastDetail>(at(id, "/stop"), { method: "POST", query: { project } });
