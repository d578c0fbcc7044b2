import { type StatusItem, statusOf } from "companyos/status";
import { readUntil } from "./probe.ts";

/** What people declared, which may be wrong for good: an earlier run left it. */
const declared = ["Region", "ResidencyPolicy", "Tenant", "Namespace", "LeftBehind", "Unclaimed"];
/** Milliseconds for the operator to have looked at it. */
const lookMs = 10_000;

/**
 * Waits until all is in force as `companyos status` tells it: who asks for that next is told so. What people declared is waited
 * for a while, and named if it is not. Rejects where what the product installs does not come.
 */
export async function waitInForce(
  cluster: Parameters<typeof statusOf>[0],
  write: (line: string) => void,
  timeoutMs: number,
): Promise<void> {
  const missing = async (isMeant: (item: StatusItem) => boolean) =>
    (await statusOf(cluster))
      .filter((item) => !item.ready && isMeant(item))
      .map(({ kind, name, detail }) => `${kind} ${name}: ${detail}`);
  const none = (left: readonly string[]) => left.length === 0;
  await readUntil(() => missing(({ kind }) => !declared.includes(kind)), none, timeoutMs);
  await readUntil(() => missing(() => true), none, lookMs).catch((error: Error) =>
    write(`Not everything is in force (companyos status): ${error.message}`),
  );
}
