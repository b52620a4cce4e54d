/** What the console asks the server about contacts. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { request, requestFile } from "./client";
import type {
  Contact,
  ContactCard,
  ContactChange,
  ContactConversation,
  ErasurePreview,
  ErasureReceipt,
  Listing,
  Page,
} from "./types";

const FIRST_PAGE = null as string | null;
type Project = string | undefined;

const at = (id: string, part = "") => `/contacts/${encodeURIComponent(id)}${part}`;

export interface ContactFilters {
  search?: string;
  tag?: string;
}

export const contactsQuery = (project: Project, filters: ContactFilters = {}) =>
  infiniteQueryOptions({
    queryKey: ["contacts", project, filters],
    queryFn: ({ signal, pageParam }) =>
      request<Page<ContactCard>>("/contacts", { query: { project, ...filters, limit: 50, before: pageParam }, signal }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const contactQuery = (project: Project, id: string) =>
  queryOptions({
    queryKey: ["contact", id, project],
    queryFn: ({ signal }) => request<Contact>(at(id), { query: { project }, signal }),
  });

/** Below the key of its contact, so that the same changes make it stale. */
export const contactHistoryQuery = (project: Project, id: string) =>
  queryOptions({
    queryKey: ["contact", id, "history", project],
    queryFn: ({ signal }) => request<Listing<ContactConversation>>(at(id, "/history"), { query: { project }, signal }),
  });

/** What an operator does with a contact; gives the person as they are then. */
export type ContactAct =
  | { do: "change"; body: Partial<ContactChange> }
  | { do: "phone"; body: { phone: string; source: string } }
  | { do: "consents"; body: { purpose: string; granted: boolean; source: string } }
  | { do: "merge"; body: { other: string } }
  | { do: "undo"; merge: string };

export const changeContact = (project: Project, id: string, act: ContactAct) => {
  const query = { project };
  if (act.do === "undo") {
    return request<Contact>(`/contact-merges/${encodeURIComponent(act.merge)}/undo`, { method: "POST", query });
  }
  if (act.do === "change") return request<Contact>(at(id), { method: "PATCH", query, body: act.body });
  return request<Contact>(at(id, `/${act.do}`), { method: "POST", query, body: act.body });
};

/** Everything that is kept about a person, as a ZIP. */
export const exportContact = (project: Project, id: string) =>
  requestFile(at(id, "/export"), { method: "POST", query: { project } });

export const erasurePreviewQuery = (project: Project, id: string) =>
  queryOptions({
    queryKey: ["contact", id, "erasure", project],
    queryFn: ({ signal }) => request<ErasurePreview>(at(id, "/erasure"), { query: { project }, signal }),
    staleTime: 0,
  });

export const eraseContact = (project: Project, id: string) =>
  request<ErasureReceipt>(at(id, "/erasure"), { method: "POST", query: { project }, body: { confirm: id } });

export const receiptsQuery = (project: Project) =>
  queryOptions({
    queryKey: ["contact-erasures", project],
    queryFn: ({ signal }) => request<Listing<ErasureReceipt>>("/contact-erasures", { query: { project }, signal }),
  });
