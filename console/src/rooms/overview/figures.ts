/** Small figures from the first page of a list. Pure. */
import { daysBetween, parseMoment } from "../../language/format";

export interface Figure {
  count: number;
  /** There are more than the page holds: shown as "50+". */
  more: boolean;
}

/** Count the entries of today; when even the last one is of today and more follow, the figure is a floor. */
export function countToday<T>(
  items: readonly T[],
  momentOf: (item: T) => string | null,
  zone: string,
  now: Date,
  hasNext: boolean,
): Figure {
  const today = (item: T | undefined) => {
    const moment = item === undefined ? null : parseMoment(momentOf(item));
    return moment !== null && daysBetween(moment, now, zone) === 0;
  };
  return { count: items.filter(today).length, more: hasNext && today(items.at(-1)) };
}
