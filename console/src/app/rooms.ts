/** The rooms as separate parts of the bundle: fetched when first entered, or ahead of that in a quiet moment. */

const ASK_AGAIN_MS = 2_000;

const IMPORTS = {
  login: () => import("../rooms/login/LoginRoom"),
  overview: () => import("../rooms/overview/OverviewRoom"),
  conversations: () => import("../rooms/conversations/ConversationsRoom"),
  conversation: () => import("../rooms/conversations/ConversationPage"),
  troubles: () => import("../rooms/conversations/Troubles"),
  approvals: () => import("../rooms/approvals/ApprovalsRoom"),
  contacts: () => import("../rooms/contacts/ContactsRoom"),
  contact: () => import("../rooms/contacts/ContactPage"),
  broadcasts: () => import("../rooms/broadcasts/BroadcastsRoom"),
  broadcast: () => import("../rooms/broadcasts/BroadcastPage"),
  runs: () => import("../rooms/runs/RunsRoom"),
  run: () => import("../rooms/runs/RunPage"),
  workflows: () => import("../rooms/workflows/WorkflowsRoom"),
  workflow: () => import("../rooms/workflows/WorkflowPage"),
  collections: () => import("../rooms/records/CollectionsRoom"),
  collection: () => import("../rooms/records/CollectionPage"),
};

type Rooms = typeof IMPORTS;

/** Imports of the rooms that wait while the server is away. */
export const ROOMS = Object.fromEntries(
  Object.entries(IMPORTS).map(([name, load]) => [name, () => fetchRoom(load as () => Promise<unknown>)]),
) as Rooms;

/** Bring all rooms in, so that a server that is away for a moment keeps nobody from changing rooms. */
export function prefetchRooms(): void {
  for (const load of Object.values(IMPORTS)) load().catch(() => undefined); // asked again when the room is entered
}

/**
 * Import a room. The router answers a failed import by loading the page anew, which is right after an update of the
 * server and wrong while the server is away: the browser's own error page would stand there for good.
 */
export async function fetchRoom<Room>(load: () => Promise<Room>): Promise<Room> {
  try {
    return await load();
  } catch (error) {
    while (!(await serverAnswers())) await new Promise((done) => setTimeout(done, ASK_AGAIN_MS));
    throw error;
  }
}

async function serverAnswers(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
