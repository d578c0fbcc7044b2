import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";

interface About {
  readonly rid: string;
  readonly at: number;
  readonly cluster: string;
  /** Region whose log gets it. */
  readonly log: string;
  readonly node: { readonly name: string; readonly uid: string };
}

/** A node counts as a region from now on. `before`: where a node of that name was taken to stand. Pure. */
export function nodeVouched(
  about: About & { readonly region: string; readonly before: string | undefined },
): ReceiptEvent {
  const { region, before } = about;
  return receiptEvent("region.provisioned", {
    ...common(about),
    reason: "NODE_VOUCHED",
    requested: [region],
    allowed: [region],
    disclosable: { ...disclosable(about), details: { region, before: before ?? null } },
  });
}

/** A node's labels say something else than what is vouched for. `says` is as written by the node. Pure. */
export function nodeMismatch(
  about: About & { readonly region: string; readonly says: string; readonly known: boolean },
): ReceiptEvent {
  const { region, says, known } = about;
  return receiptEvent("region.provisioned", {
    ...common(about),
    reason: "NODE_REGION_MISMATCH",
    requested: [known ? says : "unknown"],
    allowed: [region],
    disclosable: { ...disclosable(about), details: { region, says } },
  });
}

function common({ rid, at, cluster, log }: About) {
  return {
    rid,
    at,
    cluster,
    region: log,
    kind: "Node",
  } as const;
}

function disclosable({ rid, node }: About) {
  return { rid, name: node.name, uid: node.uid };
}
