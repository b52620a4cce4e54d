/**
 * Shapes of the management API (`/api/v1`), by the console's own names.
 *
 * They come from schema.gen.ts, which `npm run generate` makes from the server's openapi.json. Only what the server
 * passes on as it found it (workflow files, items) is described here.
 */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Listing<T> {
  items: T[];
}

/** An RFC 9457 problem document; a proxy before the server may send less than the server does. */
export type Problem = Pick<Schemas["Problem"], "title" | "status"> & Partial<Schemas["Problem"]>;

export type Session = Schemas["SessionModel"];
export type Project = Schemas["ProjectModel"];
export type Conversation = Schemas["ConversationModel"];
export type ConversationDetail = Schemas["ConversationDetail"];
export type Holder = Conversation["holder"];
export type Message = Schemas["MessageModel"];
export type Attachment = Schemas["AttachmentModel"];
export type UploadedFile = Schemas["FileModel"];
export type Author = Message["author"];
export type Delivery = NonNullable<Message["delivery"]>;
export type ConversationChange = Schemas["ConversationChange"];
export type Person = Schemas["PersonModel"];
export type CannedReply = Schemas["CannedReply"];
export type ContactCard = Schemas["PersonCard"];
export type Contact = Schemas["PersonDetail"];
export type ContactChange = Schemas["ContactChange"];
export type Consent = Schemas["ConsentModel"];
export type ContactMerge = Schemas["MergeModel"];
export type ContactConversation = Schemas["HistoryItem"];
export type ErasurePreview = Schemas["ErasurePreview"];
export type ErasureReceipt = Schemas["ErasureReceipt"];
export type Trouble = Schemas["TroubleModel"];
export type Broadcast = Schemas["BroadcastModel"];
export type BroadcastDetail = Schemas["BroadcastDetail"];
export type BroadcastContent = Schemas["BroadcastContent"];
export type BroadcastFilter = Schemas["FilterModel"];
export type BroadcastPreview = Schemas["BroadcastPreview"];
export type BroadcastResult = Schemas["BroadcastResult"];
export type Approval = Schemas["ApprovalModel"];
export type ApprovalDecision = Schemas["DecisionRequest"]["decision"];
export type Run = Schemas["RunModel"];
export type RunKind = Run["kind"];
export type RunStatus = Run["status"];
export type ChangedRun = Schemas["ChangedRun"];
export type RetryRequest = Schemas["RetryRequest"];
export type DecideRequest = Pick<Schemas["DecideRequest"], "decision"> & Partial<Schemas["DecideRequest"]>;
export type Turn = Schemas["TurnModel"];
export type Step = Schemas["StepModel"];
export type WorkflowSummary = Schemas["WorkflowModel"];
export type NodeType = Schemas["NodeTypeModel"];
export type CollectionField = Schemas["FieldModel"];
export type Collection = Schemas["CollectionModel"];
export type RecordPage = Schemas["RecordPage"];
export type CollectionRecord = RecordPage["items"][number];

/** In the order in which the filter offers them. */
export const RUN_STATUSES = [
  "running",
  "waiting",
  "ready",
  "succeeded",
  "failed",
  "in_doubt",
  "cancelled",
] as const satisfies readonly RunStatus[];

/** In the order in which the filter offers them. */
export const HOLDERS = ["human", "approval", "bot", "closed"] as const satisfies readonly Holder[];

/** Why a run, a step or a node failed, or a workflow is not served: a sentence, or one with its place and advice. */
export type RunError = string | Pick<Schemas["ErrorModel"], "message" | "place" | "hint">;

export interface Item {
  json: Record<string, unknown>;
  binary?: Record<string, unknown>;
  pairedItem?: unknown;
}

/** One execution of one node: `inputs[port][index]` and `outputs[port][index]` are items. */
export type NodeRun = Omit<Schemas["NodeRunModel"], "inputs" | "outputs"> & { inputs: Item[][]; outputs: Item[][] };

export type RunDetail = Omit<Schemas["RunDetail"], "workflow" | "nodes"> & {
  workflow: WorkflowJson | null;
  nodes: Record<string, NodeRun[]>;
};

export type WorkflowDetail = Omit<Schemas["WorkflowDetail"], "workflow"> & { workflow: WorkflowJson | null };

/** n8n's workflow file, as it is; only what the console draws is named. */
export interface WorkflowJson {
  nodes: WorkflowNode[];
  connections: Record<string, Record<string, (ConnectionTarget[] | null)[] | undefined> | undefined>;
}

export interface WorkflowNode {
  id?: string;
  name: string;
  type: string;
  typeVersion?: number;
  position: [number, number];
  parameters?: Record<string, unknown>;
  disabled?: boolean;
  notes?: string;
}

export interface ConnectionTarget {
  node: string;
  type: string;
  index: number;
}

/** What `/api/v1/events` sends: a hint about what changed, never the change itself. */
export interface LiveEvent {
  id?: string;
  conversation_id?: string;
}
