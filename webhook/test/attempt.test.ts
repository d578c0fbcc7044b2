import type { ReceiptEvent } from "@companyos/outbox";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type AttemptOptions, attemptKey, attemptOf } from "../src/attempt.ts";
import { admissionEvent } from "../src/event.ts";
import { type AdmissionRequest, parseReview } from "../src/review.ts";
import { inRegion, pod, review } from "./requests.ts";

const plan = {
  tenant: "acme",
  uid: "uid-of-acme",
  homeRegion: "eu-west-1",
  regions: ["eu-west-1"],
  mode: "Enforce",
  policies: ["eu-only"],
  digest: `sha256:${"1".repeat(64)}`,
} as const;
const decision = {
  verdict: "block",
  reason: "CROSS_REGION",
  requested: ["us-east-1"],
  allowed: ["eu-west-1"],
  field: "spec.nodeSelector",
} as const;

const decided = (request: AdmissionRequest, more: Partial<AttemptOptions> = {}): AttemptOptions => ({
  cluster: "test",
  request,
  verdict: "block",
  decision,
  plan,
  policyDigest: "sha256:policy",
  ...more,
});
const key = (options: AttemptOptions) => attemptKey(attemptOf(options));
const keyOf = (review: object) => key(decided(parseReview(review, "unverified")));
const receiptOf = (options: AttemptOptions, rid = "rid", at = 1) =>
  admissionEvent({ rid, at, attempt: attemptOf(options), request: options.request });

/** A pod as a controller's retry makes it, as validating admission sees it. */
const generated = (suffix: string, more: object = {}, spec: object = {}) =>
  review({
    user: "system:serviceaccount:kube-system:replicaset-controller",
    object: pod(
      { ...inRegion("us-east-1"), ...spec },
      {
        name: `web-7d9f-${suffix}`,
        generateName: "web-7d9f-",
        uid: `uid-${suffix}`,
        labels: { app: "web", "pod-template-hash": "7d9f" },
        ownerReferences: [{ kind: "ReplicaSet", name: "web-7d9f", uid: "rs-1", controller: true }],
        ...more,
      },
    ),
  });

describe("a controller's retries are one attempt", () => {
  test("pods whose names the API server generates", () => {
    expect(keyOf(generated("x7k2p"))).toBe(keyOf(generated("bbbbb")));
  });

  test("also where the name is not generated yet, as mutating admission sees it", () => {
    const { name: _name, ...unnamed } = generated("x7k2p").request.object.metadata;
    const early = review({ user: "c", object: pod(inRegion("us-east-1"), unnamed) });
    const again = review({ user: "c", object: pod(inRegion("us-east-1"), unnamed) });
    expect(keyOf(early)).toBe(keyOf(again));
  });

  test("pods whose long prefix the API server cuts", () => {
    const generateName = `${"w".repeat(70)}-`;
    const name = (suffix: string) => `${"w".repeat(58)}${suffix}`;
    const of = (suffix: string) => generated("x", { generateName, name: name(suffix), uid: suffix });
    expect(keyOf(of("x7k2p"))).toBe(keyOf(of("bbbbb")));
  });

  test("a StatefulSet's pod that is made again under its name", () => {
    const again = (uid: string) => generated("x", { generateName: "web-", name: "web-0", uid });
    expect(keyOf(again("one"))).toBe(keyOf(again("two")));
    expect(keyOf(again("one"))).not.toBe(keyOf(generated("x", { generateName: "web-", name: "web-1" })));
  });

  test("a scheduler that tries to bind one pod to one node again", () => {
    const bind = (node: string, uid = "pod-1") =>
      review({
        subResource: "binding",
        kind: "Binding",
        object: { metadata: { name: "web", uid }, target: { kind: "Node", name: node } },
      });
    expect(keyOf(bind("us-1"))).toBe(keyOf(bind("us-1")));
    expect(keyOf(bind("us-1"))).not.toBe(keyOf(bind("us-2")));
    // Another pod of the same name, made after the first was deleted.
    expect(keyOf(bind("us-1"))).not.toBe(keyOf(bind("us-1", "pod-2")));
  });

  test("the receipt of generated names says what they begin with", () => {
    const { disclosable } = receiptOf(decided(parseReview(generated("x7k2p"), "unverified")));
    expect(disclosable.name).toBe("web-7d9f-");
    expect(disclosable.message).toContain("Pod acme/web-7d9f- of tenant acme");
  });
});

describe("whoever forges what a controller writes hides nothing:", () => {
  const first = keyOf(generated("x7k2p"));
  test.each([
    ["another name under the same owner", { name: "accounting-db" }, {}],
    ["another name that no generator made of the prefix", { name: "web-7d9f-accounting" }, {}],
    ["five characters that a generator does not use", { name: "web-7d9f-admin" }, {}],
    ["a prefix of which the name is no continuation", { generateName: "other-" }, {}],
    ["another label", { labels: { app: "web", "pod-template-hash": "7d9f", x: "y" } }, {}],
    ["another image", {}, { containers: [{ name: "app", image: "registry.example/other:1" }] }],
    [
      "another image beyond those that a receipt shows",
      {},
      {
        containers: Array.from({ length: 60 }, (_, i) => ({ name: `c${i}`, image: `registry.example/${i}` })),
      },
    ],
    ["another node", {}, { nodeName: "us-1" }],
  ])("%s is another attempt", (_what, metadata, spec) => {
    expect(keyOf(generated("bbbbb", metadata, spec))).not.toBe(first);
  });

  test("what a receipt is too short to show still tells attempts apart", () => {
    const images = (last: string) => ({
      containers: Array.from({ length: 60 }, (_, i) => ({
        image: i === 59 ? last : `registry.example/${i}`,
      })),
    });
    const labels = (last: string) => ({
      labels: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`l${i}`, i === 59 ? last : "same"])),
    });
    expect(keyOf(generated("bbbbb", {}, images("a")))).not.toBe(keyOf(generated("bbbbb", {}, images("b"))));
    expect(keyOf(generated("bbbbb", labels("a")))).not.toBe(keyOf(generated("bbbbb", labels("b"))));
    const long = (end: string) => generated("bbbbb", { labels: { l: `${"x".repeat(2000)}${end}` } });
    expect(keyOf(long("a"))).not.toBe(keyOf(long("b")));
  });
});

/** What a receipt says, less what is its own: its id, its time, and the ids of its first request and creation. */
function said({ rid, at: _at, ...rest }: ReceiptEvent, creation: boolean): string {
  const { rid: _rid, request: _request, uid, message, ...disclosed } = rest.disclosable;
  return JSON.stringify({
    ...rest,
    disclosable: { ...disclosed, message: String(message).replaceAll(rid, ""), ...(creation ? {} : { uid }) },
  });
}

const word = fc.constantFrom("a", "b", "web-x7k2p", "web-bbbbb", "web-admin");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const metadata = fc.record({
  name: maybe(word),
  generateName: maybe(fc.constantFrom("web-", "a", "")),
  uid: maybe(word),
  labels: maybe(fc.dictionary(word, word, { maxKeys: 2 })),
  ownerReferences: maybe(fc.array(fc.record({ uid: word, controller: fc.boolean() }), { maxLength: 2 })),
});
const spec = fc.record({
  nodeName: maybe(word),
  containers: maybe(fc.array(fc.record({ image: maybe(word) }), { maxLength: 2 })),
  initContainers: maybe(fc.array(fc.record({ image: maybe(word) }), { maxLength: 1 })),
});
const asked = fc.record({
  request: fc.record({
    uid: word,
    group: fc.constantFrom("", "apps"),
    resource: fc.constantFrom("pods", "bindings"),
    subresource: fc.constantFrom("", "binding"),
    kind: fc.constantFrom("Pod", "Binding", ""),
    operation: fc.constantFrom("CREATE" as const, "UPDATE" as const),
    namespace: word,
    name: fc.oneof(fc.constant(""), word),
    user: word,
    groups: fc.array(word, { maxLength: 2 }),
    dryRun: fc.constant(false),
    object: fc.record({ metadata, spec, target: maybe(fc.record({ name: word })) }),
    oldObject: fc.constant(undefined),
    caller: fc.constantFrom("unverified", "client-certificate:kube-apiserver"),
  }),
  verdict: fc.constantFrom("block" as const, "warn" as const, "audit" as const),
  decision: fc.record(
    {
      verdict: fc.constant("block" as const),
      reason: fc.constantFrom("CROSS_REGION", "NODE_UNKNOWN", "REGION_UNRESOLVABLE"),
      requested: fc.array(word, { maxLength: 2 }),
      allowed: fc.array(word, { maxLength: 2 }),
      field: word,
      raw: word,
      detail: word,
    },
    { requiredKeys: ["verdict", "reason", "requested", "allowed", "field"] },
  ),
  plan: fc.record({
    tenant: word,
    uid: word,
    homeRegion: word,
    regions: fc.constant([]),
    mode: fc.constantFrom("Enforce" as const, "Warn" as const),
    policies: fc.array(word, { maxLength: 2 }),
    digest: word,
  }),
  policyDigest: word,
  cluster: word,
});
type Asked = AttemptOptions;

/** One and the same but for a few fields: independent ones would hardly ever be one attempt. */
const pair = fc
  .tuple(asked, asked, fc.infiniteStream(fc.integer({ min: 0, max: 11 })))
  .map(([one, other, dice]) => {
    const mixed = (a: unknown, b: unknown): unknown => {
      if (typeof a === "object" && a !== null && !Array.isArray(a) && typeof b === "object" && b !== null) {
        const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
        return Object.fromEntries(
          [...keys].map((k) => [
            k,
            mixed((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]),
          ]),
        );
      }
      return dice.next().value === 0 ? b : a;
    };
    return [one, mixed(one, other)] as [Asked, Asked];
  });

test("whatever two requests are: they share a receipt exactly when it says the same of both", () => {
  let shared = 0;
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const creation = ({ request }: Asked) =>
        request.operation === "CREATE" && request.subresource === "" && request.resource !== "bindings";
      const [one, two] = [
        said(receiptOf(a, "r-1", 1), creation(a)),
        said(receiptOf(b, "r-2", 2), creation(b)),
      ];
      if (key(a) === key(b)) {
        shared++;
        expect(two).toBe(one);
      } else if (one === two) {
        // Then only something that the receipt's words leave out differs.
        expect([
          a.request.group,
          a.request.resource,
          a.request.subresource,
          a.decision,
          a.plan.mode,
        ]).not.toEqual([b.request.group, b.request.resource, b.request.subresource, b.decision, b.plan.mode]);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(shared).toBeGreaterThan(100);
});
