import type { ReceiptEvent } from "@companyos/receipts";
import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import { nodeMismatch, nodeVouched } from "./event.ts";
import { type OwedOfNode, type RememberedNode, readNode } from "./remember.ts";

/** By the node's name. */
export type RememberedNodes = Ledger<RememberedNode, OwedOfNode>;

export function openNodes(
  ledgers: Pick<Ledgers, "open">,
  cluster: string,
  now: () => number,
): Promise<RememberedNodes> {
  return ledgers.open("nodes", {
    read: (value) => readNode(value, now()),
    event: (name, owed) => nodeOwed(name, cluster, owed),
  });
}

/** The receipt for what a log waits to be told of the node of that name. Pure. */
function nodeOwed(name: string, cluster: string, owed: OwedOfNode): ReceiptEvent {
  const { rid, at, log, uid, region } = owed;
  const about = { rid, at, cluster, log, node: { name, uid }, region };
  return owed.is === "vouched"
    ? nodeVouched({ ...about, before: owed.before ?? undefined })
    : nodeMismatch({ ...about, says: owed.says, known: owed.known });
}
