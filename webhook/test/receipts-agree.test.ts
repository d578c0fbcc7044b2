import type { ReceiptEvent } from "@companyos/outbox";
import {
  createDecider,
  type Decision,
  type KubeObject,
  type Plan,
  placedKinds,
  reasons,
  resourcesOf,
} from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import {
  hostname,
  named,
  one,
  plan,
  region,
  required,
  term,
  topology,
  vouched,
  zone,
} from "@companyos/policies/testing/topology";
import { issueReceipt, parseReceipt, receiptKinds } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { contradiction, unboundReasons } from "@companyos/receipts/testing/parts";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { attemptOf } from "../src/attempt.ts";
import { admissionEvent } from "../src/event.ts";
import { parseReview } from "../src/review.ts";
import { review } from "./requests.ts";

/** What the webhook records is never what a verifier calls contradictory, whatever a tenant may ask for. */

const decider = await createDecider(await loadBundle());
const resources = placedKinds.flatMap((placed) =>
  resourcesOf(placed).map((path) => [placed.group, ...path.split("/")]),
);

const regions = ["eu-west-1", "eu-central-1", "us-east-1", "mars-1"];
const some = fc.subarray(regions, { minLength: 1 });
const requirement = fc.oneof(
  fc
    .tuple(fc.constantFrom(region, vouched), fc.constantFrom("In", "NotIn"), some)
    .map(([key, operator, values]) => one(key, operator, ...values)),
  fc
    .tuple(
      fc.constantFrom(region, vouched, zone, hostname, "disktype"),
      fc.constantFrom("Exists", "DoesNotExist", "Gt"),
    )
    .map(([key, operator]) => one(key, operator)),
  fc.constantFrom("eu-west-1a", "us-east-1a", "nowhere").map((value) => one(zone, "In", value)),
  fc.constantFrom("eu-host", "us-host", "nobody").map((value) => one(hostname, "In", value)),
  fc.constant(one("disktype", "In", "ssd")),
);
const node = fc.constantFrom("eu-node", "us-node", "stray", "nobody");
const terms = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.array(requirement, { maxLength: 3 }).map((all) => term(...all)) },
    { weight: 1, arbitrary: node.map((name) => named(name)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(region, vouched).map((key) => term(one(key, "In", "eu-west-1"))),
    },
  ),
  { maxLength: 4 },
);
const spec = fc
  .record(
    {
      nodeName: node,
      nodeSelector: fc.dictionary(
        fc.constantFrom(region, vouched, zone, hostname, "disktype"),
        fc.constantFrom(...regions, "eu-west-1a", "us-host", "ssd"),
        { maxKeys: 2 },
      ),
      terms,
      containers: fc.constant([{ image: "registry.example/app:1" }]),
    },
    { requiredKeys: [] },
  )
  .map(({ terms: all, ...rest }): KubeObject => ({ ...rest, ...(all ? required(...all) : {}) }));

/** The same spec wherever some kind may have it. */
const objects = fc.tuple(spec, fc.option(node)).map(
  ([inner, target]): KubeObject => ({
    metadata: { name: "web" },
    spec: {
      ...inner,
      template: { spec: inner },
      jobTemplate: { spec: { template: { spec: inner } } },
    },
    template: { spec: inner },
    ...(target === null ? {} : { target: { name: target } }),
  }),
);
const asked = fc.record({
  resource: fc.constantFrom(...resources),
  object: objects,
  allowed: fc.subarray(regions.slice(0, 3)),
  // The pin of before a plan changed may still be there.
  pin: fc.subarray(regions.slice(0, 3)),
  mode: fc.constantFrom("Enforce", "Warn", "Audit") as fc.Arbitrary<Plan["mode"]>,
});

type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

function decided({ resource, object, allowed, pin, mode }: Asked): {
  decision: Decision;
  event?: ReceiptEvent;
} {
  const [group, name, subresource] = resource as [string, string, string?];
  const own = { ...plan(allowed, mode), digest: `sha256:${"1".repeat(64)}` };
  const decision = decider.decide({
    operation: "CREATE",
    group,
    resource: name,
    subresource,
    object,
    topology: topology(pin),
    plan: own,
  });
  const { verdict } = decision;
  if (verdict === "allow") return { decision };
  const asked = review({ group, resource: name, object, subResource: subresource ?? "" });
  const request = parseReview(asked, "unverified");
  const policyDigest = decider.policyDigest;
  const attempt = attemptOf({ cluster: "test", request, verdict, decision, plan: own, policyDigest });
  const rid = "01990000-0000-7000-8000-000000000000";
  return { decision, event: admissionEvent({ rid, at: 1, attempt, request }) };
}

/** What a log says of it, and what a verifier finds wrong with that. */
async function refusalOf(event: ReceiptEvent): Promise<string | undefined> {
  const { leaf } = await issueReceipt({
    event: event as Parameters<typeof issueReceipt>[0]["event"],
    place: {
      iss: "companyos.example/log",
      iat: 1,
      idx: 1,
      sub: "AAAAAAAAAAAAAAAAAAAAAA",
      seq: 1,
      prev: 0,
      src: "journal",
      n: 1,
    },
    kid: "receipt-0",
    sign: () => new Uint8Array(64),
    random: nodeCrypto.randomBytes,
  });
  return contradiction(parseReceipt(`${leaf}~`, nodeCrypto.sha256).claims);
}

test("the receipt of any refusal, warning or audit is consistent, and so is the one that closes its repeats", async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(asked, async (all) => {
      const { decision, event } = decided(all);
      reached.add(decision.reason);
      if (event === undefined) return;
      const repeated = { ...event, type: "admission.repeated", count: 7 } as ReceiptEvent;
      for (const one of [event, repeated]) expect(await refusalOf(one)).toBeUndefined();
      // Not because the reason excuses it: what is recorded from now on needs no excuse.
      expect(await refusalOf({ ...event, reason: "CROSS_REGION" })).toBeUndefined();
    }),
    { numRuns: 1500 },
  );
  expect([...reached]).toEqual(
    expect.arrayContaining(["CROSS_REGION", "REGION_UNCONSTRAINED", "REGION_UNRESOLVABLE", "PLAN_EMPTY"]),
  );
});

test("an alternative that leads anywhere, beside one that names a lawful zone, is recorded as anywhere", () => {
  const inner = required(term(one(zone, "In", "eu-west-1a")), term(one("disktype", "In", "ssd")));
  const { event } = decided({
    resource: ["apps", "deployments"],
    object: { metadata: { name: "web" }, spec: { template: { spec: inner } } },
    allowed: ["eu-west-1"],
    pin: ["eu-west-1"],
    mode: "Enforce",
  });
  expect(event).toMatchObject({ reason: "REGION_UNCONSTRAINED", requested: [], allowed: ["eu-west-1"] });
});

test("receipts of before, that named the lawful region beside the alternative that leads anywhere, stay valid", async () => {
  const { event } = decided({
    resource: ["", "pods"],
    object: { metadata: { name: "web" }, spec: {} },
    allowed: ["eu-west-1"],
    pin: [],
    mode: "Enforce",
  });
  const before = { ...event!, requested: ["eu-west-1"] };
  expect(await refusalOf(before)).toBeUndefined();
  expect(await refusalOf({ ...before, reason: "CROSS_REGION" })).toMatch(/every requested region is allowed/);
});

test("a verifier knows every reason that refuses without a region outside", () => {
  const refusing = reasons.filter(({ outcome }) => outcome === "refuse" || outcome === "block");
  const codes = refusing.map(({ code }) => code as string).filter((code) => code !== "CROSS_REGION");
  expect([...unboundReasons].sort()).toEqual(codes.sort());
});

test("receipts know every placed kind by its name", () => {
  const names = placedKinds.map(({ kind }) => kind);
  const unnamed = names.filter((kind) => !(receiptKinds as readonly string[]).includes(kind));
  // The names are part of the format: a kind that earlier verifiers do not know is written as `other`. Those stand here.
  expect(unnamed).toEqual([]);
});
