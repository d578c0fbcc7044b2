import { table } from "../table.ts";
import { say } from "../terminal.ts";
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
  for (const message of new Set(items.flatMap(({ message }) => message ?? []).slice(0, most))) say(message);
}

export function printSummary(items: readonly Item[]): void {
  const count = (state: Item["state"]) => items.filter((item) => item.state === state).length;
  console.log(
    `\n${count("unpinned")} free of pins, ${count("replacing")} still replacing pods, ${count("pinned") + count("remains")} with a pin`,
  );
}
