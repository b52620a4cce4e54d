/** Arranges messages for reading: pages into one order, days apart, one author's messages together. */
import type { Author, Message, Page } from "../../api/types";

export interface DayOfMessages {
  /** The day's name as it is shown, for example "today". */
  day: string;
  groups: GroupOfMessages[];
}

export interface GroupOfMessages {
  author: Author;
  messages: Message[];
}

const GROUP_GAP_MS = 5 * 60_000;

/** Pages come newest first, messages inside a page oldest first; a message seen twice is kept once. */
export function inOrder(pages: Page<Message>[]): Message[] {
  const messages = new Map<string, Message>();
  for (const page of [...pages].reverse()) {
    for (const message of page.items) messages.set(message.id, message);
  }
  return [...messages.values()];
}

export function groupByDay(messages: Message[], nameDay: (iso: string) => string): DayOfMessages[] {
  const days: DayOfMessages[] = [];
  for (const message of messages) {
    const name = nameDay(message.created_at);
    let day = days.at(-1);
    if (day?.day !== name) {
      day = { day: name, groups: [] };
      days.push(day);
    }
    const group = day.groups.at(-1);
    if (group && continues(group, message)) group.messages.push(message);
    else day.groups.push({ author: message.author, messages: [message] });
  }
  return days;
}

function continues(group: GroupOfMessages, message: Message): boolean {
  const previous = group.messages.at(-1);
  if (!previous || group.author !== message.author) return false;
  if (previous.speaker !== message.speaker) return false;
  if (previous.run_id !== message.run_id || previous.delivery !== message.delivery) return false;
  return Date.parse(message.created_at) - Date.parse(previous.created_at) < GROUP_GAP_MS;
}
