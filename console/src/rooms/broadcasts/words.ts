/** Names of states and reasons in the reader's language; one that the console does not know stays as it is. */
import type { TextKey, Translate } from "../../language/translate";
import { MESSAGE_STATES } from "./draft";

const REASONS = ["no_consent", "no_chat", "blocked", "person_has_chat", "window_closed", "no_value", "already", "withdrawn"];

export function stateName(state: string, t: Translate): string {
  return (MESSAGE_STATES as readonly string[]).includes(state) ? t(`delivery.${state}` as TextKey) : state;
}

export function reasonName(reason: string, t: Translate): string {
  return REASONS.includes(reason) ? t(`leftOut.${reason}` as TextKey) : reason;
}
