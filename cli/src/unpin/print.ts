import { table } from "../table.ts";
import { complain, say } from "../terminal.ts";
import type { Item } from "./item.ts";

const most = 50;

export function printItems(items: readonly Item[]): void {
  if (items.length === 0) {
    console.log("nothing bears a pin");
    return;
  }
  const rows = items
    .slice(0, most)
    .map(({ kind, namespace, name, state, code }) => [kind, namespace || "-", name, state, code ?? ""]);
  console.log(table(["KIND", "NAMESPACE", "NAME", "STATE", "CODE"], rows));
  if (items.length > most) console.log(`and ${items.length - most} more: --output json lists all`);
  // One word for each cause: a tenant's hundred pods have the same.
  const causes = new Map(items.flatMap(({ code, message }) => (message ? [[message, code] as const] : [])));
  for (const [message, code] of [...causes].slice(0, most)) say(`${code ?? ""}: ${message}`);
}

export function printUnread(unread: readonly string[]): void {
  if (unread.length > 0) complain(`you may not list ${unread.join(", ")}: what is said is without them`);
}

export function printSummary(items: readonly Item[]): void {
  const count = (state: Item["state"]) => items.filter((item) => item.state === state).length;
  const deleted = count("deleted") > 0 ? `, ${count("deleted")} old revisions deleted` : "";
  console.log(
    `\n${count("unpinned")} free of pins, ${count("replacing")} still replacing pods, ${count("pinned") + count("remains")} with a pin${deleted}`,
  );
}
