/**
 * Shapes of the management API (`/api/v1`), the only place where they are written down.
 *
 * When the server's openapi.json exists, `npm run generate` writes schema.gen.ts and each line here becomes
 * `export type Run = components["schemas"]["Run"]`; nothing else in the console changes.
 */

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Listing<T> {
  items: T[];
}

/** An RFC 9457 problem document. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  hint?: string;
  id?: string;
}

export interface Principal {
  id: string;
  email: string;
  name: string;
  role: string;
}

export interface Session {
  principal: Principal;
  csrf_token: string;
}

export interface BotSummary {
  id: string;
  title: string;
  channels: string[];
}

export interface Project {
  id: string;
  name: string;
  environment: string;
  release: string;
  locales: string[];
  time_zone: string;
  bots: BotSummary[];
}

export interface Contact {
  id: string;
  name: string | null;
  phone: string | null;
  language: string | null;
}

export type Holder = "bot" | "human" | "approval";

export interface Conversation {
  id: string;
  bot: string;
  channel: string;
  contact: Contact;
  holder: Holder;
  holder_reason: string | null;
  last_text: string | null;
  last_message_at: string | null;
  unread: number;
}

export interface ConversationDetail extends Conversation {
  state: Record<string, unknown> | null;
}

export interface Button {
  label: string;
  value: string;
}

export type Author = "contact" | "bot" | "human";
export type Delivery = "queued" | "sent" | "failed";

export interface Message {
  id: string;
  author: Author;
  text: string | null;
  buttons: Button[];
  value: string | null;
  created_at: string;
  run_id: string | null;
  delivery: Delivery | null;
}

export type RunKind = "workflow" | "turn" | "tool";

export const RUN_STATUSES = ["running", "waiting", "ready", "succeeded", "failed", "in_doubt", "cancelled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** A run's or step's error: a sentence, or a sentence with its place and the next step to take. */
export type RunError = string | { message: string; code?: string; place?: string | null; hint?: string | null };

export interface Run {
  id: string;
  kind: RunKind;
  name: string;
  workflow_id: string | null;
  trigger: string | null;
  status: RunStatus;
  started_at: string | null;
  finished_at: string | null;
  duration_ms: number | null;
  error: RunError | null;
  parent_run_id: string | null;
  conversation_id: string | null;
  release: string;
}

export interface Item {
  json: Record<string, unknown>;
  binary?: Record<string, unknown>;
  pairedItem?: unknown;
}

/** One execution of one node: `inputs[port][index]` and `outputs[port][index]` are items. */
export interface NodeRun {
  run_index: number;
  status: RunStatus;
  started_at: string | null;
  duration_ms: number | null;
  inputs: (Item[] | null)[];
  outputs: (Item[] | null)[];
  error: RunError | null;
}

export interface Step {
  key: string;
  node: string | null;
  kind: string;
  status: RunStatus;
  started_at: string | null;
  finished_at: string | null;
  input_hash: string | null;
  output: unknown;
  error: RunError | null;
}

export interface RunDetail extends Run {
  workflow: WorkflowJson | null;
  nodes: Record<string, NodeRun[]>;
  order: string[];
  steps: Step[];
  children: Run[];
}

export interface WorkflowProblem {
  message: string;
  place: string | null;
  hint: string | null;
}

export interface WorkflowTrigger {
  type: string;
  detail: string | null;
}

export interface WorkflowSummary {
  id: string;
  name: string;
  active: boolean;
  nodes: number;
  triggers: WorkflowTrigger[];
  problem: WorkflowProblem | null;
}

export interface WorkflowDetail {
  id: string;
  name: string;
  active: boolean;
  release: string;
  workflow: WorkflowJson | null;
  problem: WorkflowProblem | null;
}

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

export interface NodeType {
  type: string;
  label: string;
  version: number;
  icon: string | null;
  schema: Record<string, unknown> | null;
  outputs: (string | { name?: string; label?: string })[];
}

export interface CollectionField {
  name: string;
  type: string;
  title: string | null;
  required: boolean;
}

export interface Collection {
  name: string;
  title: string | null;
  fields: CollectionField[];
  count: number;
}

export type CollectionRecord = Record<string, unknown>;

export interface RecordPage {
  items: CollectionRecord[];
  total: number;
}

/** What `/api/v1/events` sends: a hint about what changed, never the change itself. */
export interface LiveEvent {
  id?: string;
  conversation_id?: string;
  collection?: string;
}
