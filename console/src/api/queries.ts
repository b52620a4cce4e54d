/** What the console asks the server for: one query per list or object, with the key it is cached under. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { request, requestSession } from "./client";
import type {
  Approval,
  ApprovalDecision,
  CannedReply,
  ChangedRun,
  Collection,
  Conversation,
  ConversationChange,
  ConversationDetail,
  DecideRequest,
  Holder,
  Listing,
  Message,
  NodeType,
  Page,
  Person,
  Project,
  RecordPage,
  RetryRequest,
  Run,
  RunDetail,
  RunStatus,
  Trouble,
  UploadedFile,
  WorkflowDetail,
  WorkflowSummary,
} from "./types";

const FIRST_PAGE = null as string | null;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => requestSession("/me", { signal }),
  staleTime: Infinity,
  gcTime: Infinity,
  retry: false,
});

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => request<Listing<Project>>("/projects", { signal }),
  staleTime: 60_000,
});

export interface ConversationFilters {
  bot?: string;
  channel?: string;
  holder?: Holder;
  team?: string;
}

export const conversationsQuery = (project: string | undefined, filters: ConversationFilters = {}) =>
  infiniteQueryOptions({
    queryKey: ["conversations", project, filters],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Conversation>>("/conversations", {
        query: { project, ...filters, limit: 50, before: pageParam },
        signal,
      }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const conversationQuery = (project: string | undefined, id: string) =>
  queryOptions({
    queryKey: ["conversation", id, project],
    queryFn: ({ signal }) =>
      request<ConversationDetail>(`/conversations/${encodeURIComponent(id)}`, { query: { project }, signal }),
  });

/** What a person should look at in all chats. Below the key of the lists, so that the same events make it stale. */
export const troublesQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: ["conversations", "troubles", project],
    queryFn: ({ signal }) => request<Listing<Trouble>>("/troubles", { query: { project, limit: 200 }, signal }),
  });

/** Say that a conversation was seen; its list hears of it by an event. */
export const markRead = (project: string | undefined, id: string) =>
  request<unknown>(`/conversations/${encodeURIComponent(id)}/read`, { method: "POST", query: { project } });

/** What an operator does with a conversation; gives it as it is then. */
export type DeskAct =
  | { do: "claim"; body: { force?: boolean } }
  | { do: "reply"; body: { text: string; files: string[]; key: string } }
  | { do: "note"; body: { text: string } }
  | { do: "tags"; body: { tags: string[] } }
  | { do: "snooze"; body: { until: string | null } }
  | { do: "close"; body: { reason?: string } }
  | { do: "assign"; body: { assignee: string | null; team: string | null } }
  | { do: "return"; body: { summary: string } }
  | { do: `messages/${string}/settle`; body: { arrived: boolean } }
  | { do: `messages/${string}/answer`; body: { again: boolean } };

export const changeConversation = (project: string | undefined, id: string, act: DeskAct) =>
  request<ConversationDetail>(`/conversations/${encodeURIComponent(id)}/${act.do}`, {
    method: act.do === "tags" ? "PUT" : "POST",
    query: { project },
    body: act.body,
  });

export const uploadConversationFile = (project: string | undefined, id: string, file: File) =>
  request<UploadedFile>(`/conversations/${encodeURIComponent(id)}/files`, { method: "POST", query: { project }, file });

/** Below the key of its conversation, so that the same events make it stale. */
export const changesQuery = (project: string | undefined, id: string) =>
  queryOptions({
    queryKey: ["conversation", id, "changes", project],
    queryFn: ({ signal }) =>
      request<Listing<ConversationChange>>(`/conversations/${encodeURIComponent(id)}/changes`, {
        query: { project },
        signal,
      }),
  });

export const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: ({ signal }) => request<Listing<Person>>("/people", { signal }),
  staleTime: 60_000,
});

export const cannedQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: ["canned", project],
    queryFn: ({ signal }) => request<Listing<CannedReply>>("/canned-replies", { query: { project }, signal }),
    staleTime: 60_000,
  });

/** Answers that carry titles in the language of the reader. */
export const TITLED_KEYS = ["projects", "collections", "node-types"];

/** Pages run from the newest to the oldest; inside a page the oldest message comes first. */
export const messagesQuery = (project: string | undefined, conversationId: string) =>
  infiniteQueryOptions({
    queryKey: ["messages", conversationId, project],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Message>>(`/conversations/${encodeURIComponent(conversationId)}/messages`, {
        query: { project, limit: 50, before: pageParam },
        signal,
      }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
  });

export interface RunFilters {
  status?: RunStatus;
  workflow?: string;
}

export const approvalsQuery = (project: string | undefined, status?: Approval["status"]) =>
  queryOptions({
    queryKey: ["approvals", project, status],
    queryFn: ({ signal }) => request<Listing<Approval>>("/approvals", { query: { project, status }, signal }),
  });

/** Approve or refuse exactly what was shown. */
export const decideApproval = (
  project: string | undefined,
  { id, details_hash }: Approval,
  decision: ApprovalDecision,
  note: string | null,
) =>
  request<Approval>(`/approvals/${encodeURIComponent(id)}/decision`, {
    method: "POST",
    query: { project },
    body: { decision, details_hash, note },
  });

export const runsQuery = (project: string | undefined, filters: RunFilters = {}) =>
  infiniteQueryOptions({
    queryKey: ["runs", project, filters],
    queryFn: ({ signal, pageParam }) =>
      request<Page<Run>>("/runs", { query: { project, ...filters, limit: 50, before: pageParam }, signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const runQuery = (project: string | undefined, id: string) =>
  queryOptions({
    queryKey: ["run", id, project],
    queryFn: ({ signal }) => request<RunDetail>(`/runs/${encodeURIComponent(id)}`, { query: { project }, signal }),
  });

/** A change of a run that a person asks for. */
export type RunChange =
  | { do: "cancel" | "resume" }
  | { do: "retry"; body: RetryRequest }
  | { do: "decide"; body: DecideRequest };

/** Change a run; gives the run that goes on, which is another one when it begins anew. */
export const changeRun = (project: string | undefined, id: string, change: RunChange) =>
  request<ChangedRun>(`/runs/${encodeURIComponent(id)}/${change.do}`, {
    method: "POST",
    query: { project },
    body: "body" in change ? change.body : undefined,
  });

export const workflowsQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: ["workflows", project],
    queryFn: ({ signal }) => request<Listing<WorkflowSummary>>("/workflows", { query: { project }, signal }),
  });

export const workflowQuery = (project: string | undefined, id: string) =>
  queryOptions({
    queryKey: ["workflow", project, id],
    queryFn: ({ signal }) =>
      request<WorkflowDetail>(`/workflows/${encodeURIComponent(id)}`, { query: { project }, signal }),
  });

export const nodeTypesQuery = queryOptions({
  queryKey: ["node-types"],
  queryFn: ({ signal }) => request<Listing<NodeType>>("/node-types", { signal }),
  staleTime: Infinity,
});

export const collectionsQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: ["collections", project],
    queryFn: ({ signal }) => request<Listing<Collection>>("/collections", { query: { project }, signal }),
  });

export interface RecordsView {
  limit: number;
  offset: number;
  /** A field's name; a minus before it means descending. */
  sort?: string;
  q?: string;
}

export const recordsQuery = (project: string | undefined, collection: string, view: RecordsView) =>
  queryOptions({
    queryKey: ["records", project, collection, view],
    queryFn: ({ signal }) =>
      request<RecordPage>(`/collections/${encodeURIComponent(collection)}/records`, {
        query: { project, ...view },
        signal,
      }),
    placeholderData: keepPreviousData,
  });
