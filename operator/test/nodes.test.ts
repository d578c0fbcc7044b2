import type { Region } from "@companyos/crds";
import { describe, expect, test } from "@jest/globals";
import { nodesVouched } from "../src/nodes/condition.ts";
import { decideNode } from "../src/nodes/decide.ts";
import type { OwedOfNode, RememberedNode } from "../src/nodes/remember.ts";
import * as nodes from "../src/nodes/remember.ts";
import { isOurs, needsLabel } from "../src/nodes/take-back.ts";
import { bounded, crossedOff } from "../src/owed/owed.ts";
import { remembering } from "./ledgers.ts";

const saying = remembering(nodes.saying);
const standing = remembering(nodes.standing);

const region = (name: string, nodes?: object): Region =>
  ({
    apiVersion: "residency.companyos.io/v1",
    kind: "Region",
    metadata: { name, generation: 1 },
    spec: { jurisdiction: "EU", ...(nodes ? { nodes } : {}) },
  }) as Region;
const eu = region("eu-west-1");
const us = region("us-east-1");
const says = (name: string) => ({ "topology.kubernetes.io/region": name });
const written = (name: string) => ({ "node-restriction.kubernetes.io/residency-region": name });
const decide = (
  labels: Record<string, string>,
  regions = [eu, us],
  known?: { uid: string; region: string; takenBack?: true },
) => decideNode({ name: "n", uid: "u2", labels }, regions, known);

describe("the label of a Region that is gone", () => {
  const key = "node-restriction.kubernetes.io/residency-region";
  const by = (...managers: string[]) => ({
    metadata: {
      name: "n",
      managedFields: managers.map((manager) => ({
        manager,
        operation: "Update",
        fieldsV1: { "f:metadata": { "f:labels": { [`f:${key}`]: {} } } },
      })),
    },
  });

  test("is taken off where the operator alone wrote it", () => {
    expect(isOurs(by("companyos-operator"))).toBe(true);
    expect(isOurs(by("companyos-operator/nodes"))).toBe(true);
    expect(isOurs(by("kubectl-label"))).toBe(false);
    expect(isOurs(by("companyos-operators"))).toBe(false);
    expect(isOurs(by("companyos-operator/nodes", "karpenter"))).toBe(false);
    expect(isOurs(by())).toBe(false);
  });

  test("stays while a pod there is pinned by it", () => {
    const pod = (spec: object, phase = "Running") => ({ metadata: {}, spec, status: { phase } });
    expect(needsLabel(pod({ nodeSelector: { [key]: "eu-west-1" } }))).toBe(true);
    expect(needsLabel(pod({ nodeSelector: { [key]: "eu-west-1" } }, "Succeeded"))).toBe(false);
    expect(needsLabel(pod({ nodeSelector: says("eu-west-1") }))).toBe(false);
    expect(needsLabel(pod({}))).toBe(false);
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator: "In", values: ["eu-west-1"] }] }],
      },
    };
    expect(needsLabel(pod({ affinity: { nodeAffinity } }))).toBe(true);
  });
});

describe("a node", () => {
  test("is taken at its word when it is first seen, and that is written down", () => {
    expect(decide(says("eu-west-1"))).toEqual({ state: "vouched", region: "eu-west-1", write: true });
  });

  test("that says something else later stays where it was written down, and is reported", () => {
    expect(decide({ ...written("us-east-1"), ...says("eu-west-1") })).toEqual({
      state: "vouched",
      region: "us-east-1",
      write: false,
      says: "eu-west-1",
    });
    expect(decide(written("us-east-1"))).toMatchObject({ region: "us-east-1", says: "nothing" });
  });

  test("that no Region claims is nobody's", () => {
    expect(decide({})).toEqual({ state: "unvouched", reason: "NoClaim" });
    expect(decide(says("mars"))).toEqual({ state: "unvouched", reason: "NoClaim" });
  });

  test("that is made again elsewhere under its old name gets no second first time", () => {
    const before = { uid: "u1", region: "us-east-1" };
    expect(decide(says("eu-west-1"), [eu, us], before)).toMatchObject({
      reason: "StoodElsewhere",
      claim: "eu-west-1",
    });
    expect(decide(says("us-east-1"), [eu, us], before)).toMatchObject({ region: "us-east-1", write: true });
    expect(decide({ ...says("eu-west-1"), ...written("eu-west-1") }, [eu, us], before)).toMatchObject({
      region: "eu-west-1",
    });
  });

  test("whose label an administrator took away is seen for the first time again", () => {
    expect(decide(says("eu-west-1"), [eu, us], { uid: "u2", region: "us-east-1" })).toMatchObject({
      region: "eu-west-1",
      write: true,
    });
  });

  test("whose label names a Region that is gone gives it back, and gets no second first time for it", () => {
    expect(decide({ ...written("eu-west-1"), ...says("us-east-1") }, [us])).toEqual({
      state: "unvouched",
      reason: "RegionGone",
      claim: "us-east-1",
    });
    const known = { uid: "u2", region: "eu-west-1", takenBack: true } as const;
    expect(decide(says("us-east-1"), [us], known)).toMatchObject({ reason: "StoodElsewhere" });
    expect(decide(says("eu-west-1"), [eu, us], known)).toMatchObject({ region: "eu-west-1", write: true });
    expect(standing(known, { uid: "u2", region: "eu-west-1" }, { rid: "id", at: 7 })).toEqual({
      uid: "u2",
      region: "eu-west-1",
    });
  });

  test("is believed by name only where its Region says so", () => {
    const listed = region("eu-west-1", { vouchedBy: "Names", names: ["n"] });
    const others = region("eu-west-1", { vouchedBy: "Names", names: ["m"] });
    expect(decide({}, [listed, us])).toMatchObject({ region: "eu-west-1", write: true });
    expect(decide(says("eu-west-1"), [others, us])).toEqual({ state: "unvouched", reason: "NoClaim" });
    expect(decide(written("eu-west-1"), [others, us])).toMatchObject({ reason: "NotListed" });
    const both = [listed, region("us-east-1", { vouchedBy: "Names", names: ["n"] })];
    expect(decide(written("eu-west-1"), both)).toMatchObject({ reason: "LabelRefused" });
    expect(decide(written("us-east-1"), [listed, us])).toMatchObject({ region: "eu-west-1", write: true });
  });

  test("that is vouched for by name may bear another cloud's name for the place, or none, but no other Region's", () => {
    const listed = region("eu-west-1", { vouchedBy: "Names", names: ["n"] });
    for (const labels of [{}, says("westeurope"), says("eu-west-1")])
      expect(decide({ ...written("eu-west-1"), ...labels }, [listed, us])).toEqual({
        state: "vouched",
        region: "eu-west-1",
        write: false,
        says: undefined,
      });
    expect(decide({ ...written("eu-west-1"), ...says("us-east-1") }, [listed, us])).toMatchObject({
      region: "eu-west-1",
      says: "us-east-1",
    });
    expect(decide({ ...written("eu-west-1"), ...says("westeurope") })).toMatchObject({ says: "westeurope" });
  });

  test("waits for an administrator's label where its Region asks for one", () => {
    const strict = region("eu-west-1", { vouchedBy: "RestrictedLabel" });
    expect(decide(says("eu-west-1"), [strict, us])).toEqual({ state: "unvouched", reason: "NoClaim" });
    expect(decide({ ...says("eu-west-1"), ...written("eu-west-1") }, [strict, us])).toEqual({
      state: "vouched",
      region: "eu-west-1",
      write: false,
      says: undefined,
    });
  });
});

describe("a Region's condition", () => {
  type Node = { name: string; region?: string; labels: Record<string, string> };
  const conditionOf = (of: Region, ...nodes: Node[]) =>
    nodesVouched({
      region: of,
      regions: [of, us],
      nodes: nodes.map((node) => ({ region: undefined, ...node })),
      announced: (name) => name === "announced",
      now: 0,
    });
  test("names its page by the path, or where the installation has it", () => {
    const message = (docs?: string) =>
      nodesVouched({ region: eu, regions: [eu, us], nodes: [], announced: () => false, now: 0, docs })
        .message;
    expect(message()).toContain("(docs/autoscalers.md)");
    expect(message("https://docs.example")).toContain("(https://docs.example/autoscalers.md)");
  });

  const condition = (...nodes: Node[]) => conditionOf(eu, ...nodes);
  const vouched = (name: string, labels: Record<string, string>): Node => ({
    name,
    region: "eu-west-1",
    labels: { ...written("eu-west-1"), ...labels },
  });
  const good = vouched("a", says("eu-west-1"));

  test("does not complain of a node that is about to be vouched for", () => {
    expect(condition({ name: "announced", labels: says("eu-west-1") })).toMatchObject({ status: "True" });
  });

  test("says when every node agrees, which contradict, and for whom nobody speaks", () => {
    expect(condition(good)).toMatchObject({
      type: "NodesVouched",
      status: "True",
      message: "every node that counts as this region is vouched for, and pods pinned to it find it",
    });
    expect(condition(good, { name: "b", labels: says("eu-west-1") })).toMatchObject({
      status: "False",
      reason: "NodesUnvouched",
      message: expect.stringContaining("b: nobody vouches"),
    });
    expect(condition(good, vouched("c", says("us-east-1")))).toMatchObject({
      reason: "NodeRegionMismatch",
      message: expect.stringContaining("c (says us-east-1)"),
    });
  });

  const listed = region("eu-west-1", { vouchedBy: "Names", names: ["d", "e"] });

  test("names nodes that are in order but that pods asking by the topology label do not find", () => {
    expect(conditionOf(listed, vouched("d", {}), vouched("e", says("westeurope")))).toMatchObject({
      status: "True",
      reason: "AllVouched",
      message: expect.stringContaining("do not run on d (says nothing), e (says westeurope)"),
    });
  });

  test("is False while a node that is vouched for lacks the label that pods are pinned by", () => {
    expect(conditionOf(listed, { name: "d", region: "eu-west-1", labels: {} })).toMatchObject({
      status: "False",
      reason: "PinLabelMissing",
      message: expect.stringContaining("node-restriction.kubernetes.io/residency-region=eu-west-1"),
    });
    expect(conditionOf(listed, { name: "announced", region: "eu-west-1", labels: {} })).toMatchObject({
      status: "True",
    });
  });

  test("names a node that draws pods by a label that was once written, and that its Region lists no more", () => {
    expect(conditionOf(listed, { name: "left", labels: written("eu-west-1") })).toMatchObject({
      status: "False",
      reason: "NodesUnvouched",
      message: expect.stringContaining(
        "left (draws pods by its label node-restriction.kubernetes.io/residency-region)",
      ),
    });
  });

  test("gives the command that takes such a label off, for those that are named", () => {
    const left = Array.from({ length: 7 }, (_, i) => ({ name: `n${i}`, labels: written("eu-west-1") }));
    const { message } = conditionOf(listed, ...left);
    const label = "node-restriction.kubernetes.io/residency-region-";
    expect(message).toMatch(new RegExp(`, or to take it off: kubectl label node n0 n1 n2 n3 n4 ${label}$`));
  });

  test("without nodes says which label lets a pool at zero grow", () => {
    expect(condition()).toMatchObject({
      status: "True",
      reason: "NoNodes",
      message: expect.stringContaining("node-restriction.kubernetes.io/residency-region=eu-west-1"),
    });
  });

  describe("where pods are pinned by the topology label alone", () => {
    const names = ["d", "e"];
    const managed = region("eu-west-1", { vouchedBy: "Names", names, pinnedBy: "Topology" });

    test("is False when pods would pass a node by, whoever vouches for it", () => {
      expect(conditionOf(managed, vouched("d", says("eu-west-1")))).toMatchObject({ status: "True" });
      expect(conditionOf(managed, vouched("d", {}), vouched("e", says("westeurope")))).toMatchObject({
        status: "False",
        reason: "PinLabelMissing",
        message: expect.stringMatching(/^d, e: spec.nodes.pinnedBy is Topology, .* is not eu-west-1/),
      });
    });

    test("is False when a node draws pods that it never gets", () => {
      const elsewhere = { name: "liar", region: "us-east-1", labels: says("eu-west-1") };
      expect(conditionOf(managed, elsewhere)).toMatchObject({
        reason: "NodeRegionMismatch",
        message: expect.stringContaining("liar (vouched for as us-east-1)"),
      });
      expect(conditionOf(managed, { name: "stranger", labels: says("eu-west-1") })).toMatchObject({
        reason: "NodesUnvouched",
        message: expect.stringContaining("stranger"),
      });
    });

    test("without nodes names that label for the pool", () => {
      expect(conditionOf(managed)).toMatchObject({
        message: expect.stringContaining("label topology.kubernetes.io/region=eu-west-1"),
      });
    });
  });
});

describe("what a node's labels say instead", () => {
  const node = { uid: "u", region: "eu-west-1" };
  const owed = (log: string, rid: string): OwedOfNode => ({
    is: "mismatch",
    uid: "u",
    log,
    rid,
    at: 7,
    region: "eu-west-1",
    says: "us-east-1",
    known: true,
  });
  const both = [owed("eu-west-1", "id-1"), owed("us-east-1", "id-2")];

  test("is owed to both logs until each has it", () => {
    const lying = saying(node, "us-east-1", both);
    expect(lying).toEqual({ ...node, says: "us-east-1", owed: both });
    expect(crossedOff(lying, "id-1")).toEqual({ ...node, says: "us-east-1", owed: [both[1]] });
    expect(crossedOff(crossedOff(lying, "id-1"), "id-2")).toEqual({ ...node, says: "us-east-1" });
  });

  test("stays owed when the node says the truth again before", () => {
    const honest = saying(saying(node, "us-east-1", both), undefined, []);
    expect(honest).toEqual({ ...node, owed: both });
  });

  test("is kept up to a limit, the newest", () => {
    const many = Array.from({ length: 150 }, (_, i) => owed("eu-west-1", `id-${i}`));
    const { kept, lost } = bounded<RememberedNode, OwedOfNode>(saying(node, "us-east-1", many), 7);
    expect(kept.owed).toHaveLength(100);
    expect(kept.owed?.at(-1)?.rid).toBe("id-149");
    expect(lost.map(({ rid }) => rid)).toEqual(many.slice(0, 50).map(({ rid }) => rid));
  });
});

describe("where a node stands", () => {
  const eu = { uid: "u", region: "eu-west-1" };
  const fresh = (n: number) => ({ rid: `id-${n}`, at: n });

  test("is owed to its region's log once, whether that has a notary or not", () => {
    const first = standing(undefined, eu, fresh(1));
    const vouched = { log: "eu-west-1", ...eu, is: "vouched", before: null };
    expect(first).toEqual({ ...eu, owed: [{ ...vouched, ...fresh(1) }] });
    expect(standing(first, eu, fresh(2))).toBe(first);
  });

  test("and where it stood before stays owed when it moves on before that is told", () => {
    const us = { uid: "u2", region: "us-east-1" };
    const moved = standing(standing(undefined, eu, fresh(1)), us, fresh(2));
    expect(moved.owed?.map(({ log, rid, uid }) => [log, rid, uid])).toEqual([
      ["eu-west-1", "id-1", "u"],
      ["us-east-1", "id-2", "u2"],
    ]);
    expect(moved.owed?.[1]).toMatchObject({ before: "eu-west-1" });
  });

  test("one that comes back as it was is owed nothing", () => {
    expect(standing({ ...eu, gone: 5 }, eu, fresh(1))).toEqual(eu);
  });
});
