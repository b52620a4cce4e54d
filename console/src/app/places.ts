/** The rooms in the order of the navigation, with the key that opens each after `g`. */
import {
  IconAddressBook,
  IconDatabase,
  IconHome,
  IconMessages,
  IconPlayerPlay,
  IconSitemap,
  IconSpeakerphone,
  IconThumbUp,
  type Icon,
} from "@tabler/icons-react";
import type { TextKey } from "../language/translate";

export interface Place {
  to: "/" | "/conversations" | "/approvals" | "/contacts" | "/broadcasts" | "/runs" | "/workflows" | "/records";
  label: TextKey;
  key: string;
  icon: Icon;
  /** Not among the tabs of a phone, which are seven already: another room leads there. */
  onDesk?: true;
}

export const PLACES: Place[] = [
  { to: "/", label: "overview.title", key: "o", icon: IconHome },
  { to: "/conversations", label: "conversations.title", key: "c", icon: IconMessages },
  { to: "/approvals", label: "approvals.title", key: "a", icon: IconThumbUp },
  { to: "/contacts", label: "contacts.title", key: "p", icon: IconAddressBook },
  { to: "/broadcasts", label: "broadcasts.title", key: "b", icon: IconSpeakerphone, onDesk: true },
  { to: "/runs", label: "runs.title", key: "r", icon: IconPlayerPlay },
  { to: "/workflows", label: "workflows.title", key: "w", icon: IconSitemap },
  { to: "/records", label: "records.title", key: "d", icon: IconDatabase },
];
