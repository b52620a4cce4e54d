/** The map of the console: each address and the room that it opens. Rooms are fetched when first entered. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { sessionQuery } from "../api/queries";
import { ApiProblem } from "../api/client";
import { CrashPage, MissingPage } from "./FailurePages";
import { ROOMS } from "./rooms";
import { Shell } from "./Shell";
import { approvalsSearch, contactsSearch, conversationSearch, loginSearch, recordsSearch, runsSearch } from "./search";

export interface RouterContext {
  answers: QueryClient;
  /** Taken from a one-time link; posted by the login room. */
  linkToken: string | null;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  notFoundComponent: MissingPage,
  errorComponent: CrashPage,
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: loginSearch,
  component: lazyRouteComponent(ROOMS.login, "LoginRoom"),
});

const insideRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.answers.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
      throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
    }
  },
});

const overviewRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/",
  component: lazyRouteComponent(ROOMS.overview, "OverviewRoom"),
});

const conversationsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/conversations",
  validateSearch: conversationSearch,
  component: lazyRouteComponent(ROOMS.conversations, "ConversationsRoom"),
});

const conversationRoute = createRoute({
  getParentRoute: () => conversationsRoute,
  path: "$conversationId",
  component: lazyRouteComponent(ROOMS.conversation, "ConversationPage"),
});

const troublesRoute = createRoute({
  getParentRoute: () => conversationsRoute,
  path: "troubles",
  component: lazyRouteComponent(ROOMS.troubles, "Troubles"),
});

const approvalsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/approvals",
  validateSearch: approvalsSearch,
  component: lazyRouteComponent(ROOMS.approvals, "ApprovalsRoom"),
});

const contactsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/contacts",
  validateSearch: contactsSearch,
  component: lazyRouteComponent(ROOMS.contacts, "ContactsRoom"),
});

const contactRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/contacts/$contactId",
  component: lazyRouteComponent(ROOMS.contact, "ContactPage"),
});

const broadcastsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/broadcasts",
  component: lazyRouteComponent(ROOMS.broadcasts, "BroadcastsRoom"),
});

const newBroadcastRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/broadcasts/new",
  component: lazyRouteComponent(ROOMS.broadcast, "NewBroadcastPage"),
});

const broadcastRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/broadcasts/$broadcastId",
  component: lazyRouteComponent(ROOMS.broadcast, "BroadcastPage"),
});

const runsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/runs",
  validateSearch: runsSearch,
  component: lazyRouteComponent(ROOMS.runs, "RunsRoom"),
});

const runRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/runs/$runId",
  component: lazyRouteComponent(ROOMS.run, "RunPage"),
});

const workflowsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/workflows",
  component: lazyRouteComponent(ROOMS.workflows, "WorkflowsRoom"),
});

const workflowRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/workflows/$workflowId",
  component: lazyRouteComponent(ROOMS.workflow, "WorkflowPage"),
});

const recordsRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/records",
  component: lazyRouteComponent(ROOMS.collections, "CollectionsRoom"),
});

const collectionRoute = createRoute({
  getParentRoute: () => insideRoute,
  path: "/records/$collection",
  validateSearch: recordsSearch,
  component: lazyRouteComponent(ROOMS.collection, "CollectionPage"),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  insideRoute.addChildren([
    overviewRoute,
    conversationsRoute.addChildren([troublesRoute, conversationRoute]),
    approvalsRoute,
    contactsRoute,
    contactRoute,
    broadcastsRoute,
    newBroadcastRoute,
    broadcastRoute,
    runsRoute,
    runRoute,
    workflowsRoute,
    workflowRoute,
    recordsRoute,
    collectionRoute,
  ]),
]);

export function createConsoleRouter(context: RouterContext) {
  return createRouter({ routeTree, context, defaultPreload: "intent", scrollRestoration: false });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
