import { fieldManager, type Region, restrictedRegion } from "@companyos/crds";
import {
  type KubeObject,
  type ReconcileResult,
  resources,
  runController,
  watchSource,
} from "@companyos/kube";
import { gauge, type Logger } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext, RunningController } from "../context.ts";
import { homeRegions } from "../home-regions.ts";
import { decideNode, type NodeDecision, type SeenNode } from "./decide.ts";
import { openNodes } from "./owed.ts";
import { forgetGone, maxNodes, type OwedOfNode, saying, standing } from "./remember.ts";
import { takeBack } from "./take-back.ts";

/**
 * Writes each node's region into the label that no kubelet can write, and reports nodes whose own labels say something else.
 * The inventory, and so both layers, uses the label written here.
 */
export async function startNodes(context: ControllerContext): Promise<RunningController> {
  const { kube, inventory, registry, clock, nodeMap } = context;
  const { nodes, regions } = inventory.reflectors;
  const remembered = await openNodes(context.ledgers, context.cluster, () => clock.now());
  const isHome = homeRegions(context);
  await forgetGone(remembered, clock.now());
  const decided = new Map<string, NodeDecision>();
  countDecided(decided, registry);

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
      const decision = decideNode(node, [...regions.store.values()], known);
      decided.set(name, decision);
      if (decision.state === "unvouched" || !decision.write) nodeMap.withdraw(name);
      if (decision.state === "unvouched") {
        if (decision.reason === "RegionGone" || decision.reason === "NotListed")
          return giveBack(node, decision, log);
        if (decision.reason !== "NoClaim") warn(node, unvouchedNote(decision));
        return undefined;
      }
      const { region, write } = decision;
      if (write) {
        const wait = nodeMap.announce(name, region, clock.elapsed());
        if (wait > 0) return { requeueAfter: wait };
        const metadata = { uid: node.uid, labels: { [restrictedRegion]: region } };
        await kube.patch(resources.nodes, name, "merge", { metadata }, { fieldManager: manager });
        log.info("node vouched for", { node: name, region });
      }
      await record(node, decision);
      return undefined;
    },
  });

  /** The label names no Region that takes the node: where it is the operator's own it goes, once no pod there needs it. */
  async function giveBack(
    node: SeenNode,
    decision: Extract<NodeDecision, { state: "unvouched" }>,
    log: Logger,
  ): Promise<ReconcileResult | undefined> {
    const { name, uid, labels } = node;
    const region = labels[restrictedRegion]!;
    const outcome = await takeBack(kube, { name, uid, region }, () =>
      remembered.change(name, (known) => ({
        state: { ...(known?.uid === uid ? known : {}), uid, region, takenBack: true },
      })),
    );
    const isGone = decision.reason === "RegionGone";
    const whose = isGone ? "that is gone" : "that lists the node no more";
    if (outcome === "taken") log.info(`label of a Region ${whose} taken off`, { node: name, region });
    if (outcome === "theirs" || (outcome === "needed" && !isGone)) warn(node, unvouchedNote(decision));
    return outcome === "needed" ? { requeueAfter: neededMs } : undefined;
  }

  /** Receipts come after the label: a notary that is away must not keep a node from being used. */
  async function record(
    node: SeenNode,
    { region, says }: Extract<NodeDecision, { state: "vouched" }>,
  ): Promise<void> {
    const { name, uid } = node;
    const at = clock.now();
    const vouched = { rid: uuidv7(at), at };
    const lies = mismatch(node, region, says);
    let isNew = false;
    await remembered.change(name, (known) => {
      const stands = standing(known, { uid, region }, vouched);
      const state = stands?.state ?? known!;
      isNew = state.says !== says;
      if (!isNew) return stands;
      const { state: next, owes = [] } = saying(state, says, lies);
      return { state: next, owes: [...(stands?.owes ?? []), ...owes] };
    });
    if (isNew && says !== undefined)
      warn(
        node,
        `labels say ${says}, but the node is vouched for as ${region}; what they say changes nothing`,
      );
    if (remembered.size > maxNodes) await forgetGone(remembered, at);
    await remembered.trySend(name);
  }

  function mismatch(node: SeenNode, region: string, says: string | undefined): OwedOfNode[] {
    if (says === undefined) return [];
    const at = clock.now();
    const known = regions.store.get(says) !== undefined;
    return [...new Set([region, says])]
      .filter(isHome)
      .map((log) => ({ log, rid: uuidv7(at), at, uid: node.uid, region, is: "mismatch", says, known }));
  }

  async function gone(name: string): Promise<undefined> {
    decided.delete(name);
    nodeMap.withdraw(name);
    await remembered.change(name, (known) =>
      known && known.gone === undefined ? { state: { ...known, gone: clock.now() } } : undefined,
    );
    await remembered.trySend(name);
  }

  function warn({ name, uid }: SeenNode, note: string): void {
    context.log.warn("a node's region is not vouched for", { node: name, note });
    const about = { apiVersion: "v1", kind: "Node", metadata: { name, uid } };
    context.events.record(about, { type: "Warning", reason: "NodeRegionMismatch", note });
  }

  return { name: "nodes", stop: () => controller.stop() };
}

const manager = fieldManager("nodes");
/** Milliseconds until it is looked again whether pods on a node still need its label. */
const neededMs = 10 * 60_000;

function unvouchedNote({ reason, claim }: Extract<NodeDecision, { state: "unvouched" }>): string {
  if (reason === "StoodElsewhere") {
    return `a node of this name stood elsewhere before and now claims ${claim}: set the label ${restrictedRegion} to say where it stands`;
  }
  const kept =
    reason === "NotListed" ? "; it goes once no pod there is pinned by it, where the operator wrote it" : "";
  return `the label ${restrictedRegion} names no Region that takes this node${kept}`;
}

function countDecided(
  decided: ReadonlyMap<string, NodeDecision>,
  registry: ControllerContext["registry"],
): void {
  gauge(registry, "residency_nodes", function () {
    this.reset();
    for (const decision of decided.values()) {
      if (decision.state === "unvouched") this.inc({ region: decision.claim ?? "-", state: "unvouched" });
      else this.inc({ region: decision.region, state: decision.says ? "mismatch" : "vouched" });
    }
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
