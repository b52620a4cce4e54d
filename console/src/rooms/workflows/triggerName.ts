/** The readable part of a trigger's type: "n8n-nodes-base.scheduleTrigger" gives "Schedule"; other words stay. */
export function triggerName(type: string): string {
  if (!type.includes(".")) return type;
  const last = type.split(".").at(-1) ?? type;
  const words = last.replace(/Trigger$/, "").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
