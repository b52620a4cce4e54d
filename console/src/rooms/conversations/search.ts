/** Which conversations a typed search keeps; runs over the loaded ones. */
import type { Conversation } from "../../api/types";

/** Every typed word must occur in the name, the phone or the last message. */
export function matchesSearch(conversation: Conversation, typed: string): boolean {
  const { contact, last_text } = conversation;
  const text = [contact.name, contact.phone, last_text].join(" ").toLowerCase();
  const digits = (contact.phone ?? "").replace(/\D/g, "");
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => text.includes(word) || (/^\+?\d{3,}$/.test(word) && digits.includes(word.replace(/\D/g, ""))));
}
