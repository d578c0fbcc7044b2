import type { Region } from "@companyos/crds";
import { describe, expect, test } from "@jest/globals";
import { nodesVouched } from "../src/nodes/condition.ts";
import { decideNode } from "../src/nodes/decide.ts";
import type { OwedOfNode, RememberedNode } from "../src/nodes/remember.ts";
import * as nodes from "../src/nodes/remember.ts";
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
  known?: { uid: string; region: string },
) => decideNode({ name: "n", uid: "u2", labels }, regions, known);

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
      reason: "Recreated",
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

  test("is believed by name only where its Region says so", () => {
    const listed = region("eu-west-1", { vouchedBy: "Names", names: ["n"] });
    const others = region("eu-west-1", { vouchedBy: "Names", names: ["m"] });
    expect(decide({}, [listed, us])).toMatchObject({ region: "eu-west-1", write: true });
    expect(decide(says("eu-west-1"), [others, us])).toEqual({ state: "unvouched", reason: "NoClaim" });
    expect(decide(written("eu-west-1"), [others, us])).toMatchObject({ reason: "LabelRefused" });
    expect(decide(written("us-east-1"), [listed, us])).toMatchObject({ region: "eu-west-1", write: true });
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
  const condition = (...nodes: { name: string; region?: string; labels: Record<string, string> }[]) =>
    nodesVouched({
      region: eu,
      regions: [eu, us],
      nodes: nodes.map((node) => ({ region: undefined, ...node })),
      announced: (name) => name === "announced",
      now: 0,
    });

  test("does not complain of a node that is about to be vouched for", () => {
    expect(condition({ name: "announced", labels: says("eu-west-1") })).toMatchObject({ status: "True" });
  });

  test("says when every node agrees, which contradict, and for whom nobody speaks", () => {
    const good = { name: "a", region: "eu-west-1", labels: says("eu-west-1") };
    expect(condition(good)).toMatchObject({ type: "NodesVouched", status: "True" });
    expect(condition(good, { name: "b", labels: says("eu-west-1") })).toMatchObject({
      status: "False",
      reason: "NodesUnvouched",
      message: expect.stringContaining("b: nobody vouches"),
    });
    expect(condition(good, { name: "c", region: "eu-west-1", labels: says("us-east-1") })).toMatchObject({
      reason: "NodeRegionMismatch",
      message: expect.stringContaining("c (says us-east-1)"),
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
