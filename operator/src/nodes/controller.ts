import { join } from "node:path";
import { type Region, restrictedRegion } from "@companyos/crds";
import { type KubeObject, resources, runController, watchSource } from "@companyos/kube";
import { uuidv7 } from "@companyos/outbox";
import { Gauge } from "prom-client";
import type { ControllerContext, RunningController } from "../context.ts";
import { eachOwed, surplus } from "../owed.ts";
import { openRemembered } from "../remembered.ts";
import { nodeMismatch, nodeVouched } from "./event.ts";
import { judgeNode, type NodeJudgement, type SeenNode } from "./judge.ts";
import { crossedOff, forgetGone, type OwedMismatch, type RememberedNode, saying } from "./remember.ts";

/**
 * Writes down which node stands where, in the label that no kubelet can write, and reports nodes whose own labels
 * come to say something else. The inventory, and with it both layers, goes by what is written here.
 */
export async function startNodes(
  context: ControllerContext,
  { notaries }: { readonly notaries: Readonly<Record<string, string>> },
): Promise<RunningController> {
  const { kube, inventory, registry, clock, outbox, cluster, nodeMap } = context;
  const { nodes, regions } = inventory.reflectors;
  const remembered = await openRemembered<RememberedNode>(join(context.stateDir, "nodes.jsonl"));
  await forgetGone(remembered, clock.now());
  const judged = new Map<string, NodeJudgement>();
  countJudged(judged, registry);

  const controller = runController({
    name: "nodes",
    log: context.log,
    registry,
    clock,
    concurrency: 8,
    sources: [
      watchSource(nodes, undefined, (node, old) => !sameLabels(node, old)),
      watchSource(
        regions,
        () => nodes.store.keys(),
        (region, old) => !sameNodes(region, old),
      ),
      {
        whenSynced: (signal) => nodes.whenSynced(signal),
        subscribe(enqueue) {
          for (const [name] of remembered.entries()) enqueue(name);
          return () => {};
        },
      },
    ],
    async reconcile(name, { log }) {
      const object = nodes.store.get(name);
      if (!object) return gone(name);
      const node = seenNode(object);
      const known = remembered.get(name);
      const judgement = judgeNode(node, [...regions.store.values()], known);
      judged.set(name, judgement);
      if (judgement.state === "unvouched" || !judgement.write) nodeMap.withdraw(name);
      if (judgement.state === "unvouched") {
        if (judgement.reason !== "NoClaim") warn(node, unvouchedNote(judgement));
        return undefined;
      }
      const { region, write } = judgement;
      if (write) {
        const wait = nodeMap.announce(name, region, clock.elapsed());
        if (wait > 0) return { requeueAfter: wait };
        const metadata = { uid: node.uid, labels: { [restrictedRegion]: region } };
        await kube.patch(resources.nodes, name, "merge", { metadata });
        log.info("node vouched for", { node: name, region });
      }
      await record(node, judgement, known);
      return undefined;
    },
  });

  /** Receipts come after the label: a notary that is away must not keep a node from being used. */
  async function record(
    node: SeenNode,
    { region, says }: Extract<NodeJudgement, { state: "vouched" }>,
    known: RememberedNode | undefined,
  ): Promise<void> {
    let entry = known;
    if (entry?.uid !== node.uid || entry.region !== region || entry.gone !== undefined) {
      const same = entry?.uid === node.uid && entry.region === region;
      const unrecorded = same
        ? entry?.unrecorded
        : { rid: uuidv7(clock.now()), before: entry?.region ?? null };
      entry = { uid: node.uid, region, ...(unrecorded ? { unrecorded } : {}) };
      await remembered.set(node.name, entry);
      if (remembered.size > 20_000) await forgetGone(remembered, clock.now());
    }
    if (entry.unrecorded) {
      const { rid, before } = entry.unrecorded;
      const about = { rid, at: clock.now(), cluster, log: region, node };
      if (region in notaries)
        await outbox.append(nodeVouched({ ...about, region, before: before ?? undefined }));
      const { unrecorded: _, ...rest } = entry;
      entry = rest;
      await remembered.set(node.name, entry);
    }
    if (entry.says !== says) {
      const owed = says === undefined ? [] : mismatch(node, region, says);
      const lost = surplus(entry.mismatches, owed.length);
      entry = saying(entry, says, owed);
      await remembered.set(node.name, entry);
      context.giveUp(lost, { type: "region.provisioned", log: context.log, of: node.name });
    }
    await tell(node, entry.mismatches ?? []);
  }

  async function tell(node: SeenNode, owed: readonly OwedMismatch[]): Promise<void> {
    await eachOwed(owed, async ({ rid, at, log, region, says, known }) => {
      // A region that was taken out since: there is no journal for it any more.
      if (log in notaries)
        await outbox.append(nodeMismatch({ rid, at, cluster, log, node, region, says, known }));
      await remembered.set(node.name, crossedOff(remembered.get(node.name)!, rid));
    });
  }

  function mismatch(node: SeenNode, region: string, says: string): OwedMismatch[] {
    const note = `labels say ${says}, but the node is vouched for as ${region}; what they say changes nothing`;
    warn(node, note);
    const at = clock.now();
    const known = regions.store.get(says) !== undefined;
    return [...new Set([region, says])]
      .filter((log) => log in notaries)
      .map((log) => ({ log, rid: uuidv7(at), at, region, says, known }));
  }

  async function gone(name: string): Promise<undefined> {
    judged.delete(name);
    nodeMap.withdraw(name);
    const known = remembered.get(name);
    if (known && known.gone === undefined) await remembered.set(name, { ...known, gone: clock.now() });
  }

  function warn({ name, uid }: SeenNode, note: string): void {
    context.log.warn("a node's region is not vouched for", { node: name, note });
    const about = { apiVersion: "v1", kind: "Node", metadata: { name, uid } };
    context.events.record(about, { type: "Warning", reason: "NodeRegionMismatch", note });
  }

  return {
    name: "nodes",
    async stop() {
      await controller.stop();
      await remembered.close();
    },
  };
}

function unvouchedNote({ reason, claim }: Extract<NodeJudgement, { state: "unvouched" }>): string {
  if (reason === "Recreated") {
    return `a node of this name stood elsewhere before and now claims ${claim}: set the label ${restrictedRegion} to say where it stands`;
  }
  return `the label ${restrictedRegion} names no Region that takes this node`;
}

function countJudged(
  judged: ReadonlyMap<string, NodeJudgement>,
  registry: ControllerContext["registry"],
): void {
  new Gauge({
    name: "residency_nodes",
    help: "Nodes by region (or - for none) and by whether somebody vouches for it: vouched, mismatch, unvouched",
    labelNames: ["region", "state"],
    registers: [registry],
    collect() {
      this.reset();
      for (const judgement of judged.values()) {
        if (judgement.state === "unvouched") this.inc({ region: judgement.claim ?? "-", state: "unvouched" });
        else this.inc({ region: judgement.region, state: judgement.says ? "mismatch" : "vouched" });
      }
    },
  });
}

function seenNode(object: object): SeenNode {
  const { metadata } = object as KubeObject;
  return { name: metadata.name!, uid: metadata.uid ?? "", labels: metadata.labels ?? {} };
}

function sameLabels(a: object, b: object): boolean {
  const [one, other] = [seenNode(a), seenNode(b)];
  return one.uid === other.uid && JSON.stringify(one.labels) === JSON.stringify(other.labels);
}

function sameNodes(a: Region, b: Region): boolean {
  return JSON.stringify(a.spec.nodes) === JSON.stringify(b.spec.nodes);
}
