import { readFile } from "node:fs/promises";
import { describe, expect, test } from "@jest/globals";
import { loadPolicy } from "@open-policy-agent/opa-wasm";
import { loadBundle } from "../src/bundle.ts";
import { createDecider, type DecideRequest, explain, reasons } from "../src/index.ts";
import { plan, region, topology } from "./topology.ts";

const wasm = await loadBundle();
const decider = await createDecider(wasm);
const foreign = { metadata: {}, spec: { nodeSelector: { [region]: "us-east-1" } } };
const request = (change: Partial<DecideRequest> = {}): DecideRequest => ({
  operation: "CREATE",
  group: "",
  resource: "pods",
  object: foreign,
  topology: topology(["eu-west-1"]),
  plan: plan(),
  ...change,
});

describe("the compiled policy", () => {
  test("has the revision its manifest names", async () => {
    const manifest = JSON.parse(await readFile(new URL("../rego/.manifest", import.meta.url), "utf8"));
    expect(decider.policyRevision).toBe(manifest.revision);
    expect(decider.policyDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("holds the seed rule: the same region is allowed, another is blocked, with nothing but the two regions", async () => {
    const policy = await loadPolicy(wasm as Uint8Array<ArrayBuffer>);
    const ask = (rule: string, resource: string) =>
      // Its declared type is null; it answers with a list of one.
      policy.evaluate({ user: { region: "eu-west-1" }, resource: { region: resource } }, rule) as unknown as [
        { result: unknown },
      ];
    expect(ask("residency/allow", "eu-west-1")[0].result).toBe(true);
    expect(ask("residency/block_cross_region", "eu-west-1")[0].result).toBe(false);
    expect(ask("residency/allow", "us-east-1")[0].result).toBe(false);
    expect(ask("residency/block_cross_region", "us-east-1")[0].result).toBe(true);
  });

  test("does not grow with use", async () => {
    const before = process.memoryUsage().external;
    for (let i = 0; i < 20_000; i++) decider.decide(request());
    expect(process.memoryUsage().external - before).toBeLessThan(16 * 1024 * 1024);
  });

  test("is refused when it is something else", async () => {
    await expect(createDecider(new Uint8Array([0, 1, 2]))).rejects.toBeDefined();
  });
});

describe("a decision", () => {
  test.each([
    ["Enforce", "block"],
    ["Warn", "warn"],
    ["Audit", "audit"],
  ] as const)("in mode %s is %s", (mode, verdict) => {
    expect(decider.decide(request({ plan: plan(["eu-west-1"], mode) })).verdict).toBe(verdict);
  });

  test.each(["PLAN_MISSING", "TENANT_UNKNOWN", "NAMESPACE_NOT_ITS_TENANTS", "CACHE_NOT_SYNCED"] as const)(
    "without a plan is a block with %s",
    (lookupError) => {
      expect(decider.decide(request({ plan: { lookupError } }))).toMatchObject({
        verdict: "block",
        reason: lookupError,
        allowed: [],
      });
    },
  );

  test("under an empty plan is a block, even of a template that says nothing", () => {
    const object = { spec: { template: { spec: {} } } };
    expect(
      decider.decide(request({ group: "apps", resource: "deployments", object, plan: plan([]) })),
    ).toMatchObject({ verdict: "block", reason: "PLAN_EMPTY" });
  });

  test("on a request that places nothing is allow", () => {
    for (const change of [
      { resource: "configmaps" },
      { operation: "DELETE" as const },
      { subresource: "status" },
    ])
      expect(decider.decide(request(change))).toMatchObject({ verdict: "allow", reason: "NOT_A_PLACEMENT" });
  });

  test("on no object is a block", () => {
    for (const object of [null, undefined, [] as never, "x" as never])
      expect(decider.decide(request({ object }))).toMatchObject({
        verdict: "block",
        reason: "REQUEST_MALFORMED",
      });
  });

  test("is a block when the topology is broken", () => {
    expect(decider.decide(request({ topology: {} as never }))).toMatchObject({
      verdict: "block",
      reason: "DECISION_FAILED",
    });
  });

  test("that fails tells why: what it was asked with, or that the compiled policy gave no decision", () => {
    const faults: unknown[] = [];
    decider.decide(request({ topology: {} as never }), (error) => faults.push(error));
    decider.decide(request({ plan: { regions: [1] } as never }), (error) => faults.push(error));
    expect(faults).toEqual([
      expect.any(TypeError),
      expect.objectContaining({ message: "the compiled policy gave no decision" }),
    ]);
  });
});

describe("an explanation", () => {
  const decision = decider.decide(request());
  const context = {
    tenant: "acme",
    kind: "Pod",
    namespace: "acme",
    name: "web",
    policies: ["eu-only"],
    mode: "Enforce",
    receipt: "0193-rid",
  } as const;

  test("names tenant, wanted and allowed regions, field, policy, what to do, who may allow it, receipt and page", () => {
    const text = explain(decision, context);
    for (const part of [
      "Pod acme/web of tenant acme",
      "asks for us-east-1",
      "only run in eu-west-1",
      `spec.nodeSelector["${region}"]`,
      "ResidencyPolicy eu-only",
      "remove the constraint",
      "for the whole tenant",
      "receipt 0193-rid",
      "companyos explain CROSS_REGION",
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/\n|\{\w+\}/);
  });

  test("links to the documentation where there is one", () => {
    for (const docs of ["https://docs.example/v1", "https://docs.example/v1/"])
      expect(explain(decision, { ...context, docs })).toMatch(
        /; https:\/\/docs\.example\/v1\/reason-codes\.md#cross_region\]$/,
      );
  });

  test("without a receipt keeps what it says of regions, and says that nothing could be recorded", () => {
    const text = explain(decision, { ...context, receipt: undefined, unrecorded: true });
    expect(text).toMatch(/asks for us-east-1, but may only run in eu-west-1/);
    expect(text).toMatch(/could not be recorded\. .*\[JOURNAL_UNAVAILABLE, refused for CROSS_REGION; /);
  });

  test("of an exported pin says to leave the label out, not to ask for the region", () => {
    const own = "node-restriction.kubernetes.io/residency-region";
    for (const of of [
      { field: `spec.nodeSelector["${own}"]`, raw: "us-east-1" },
      { field: "spec.affinity.nodeAffinity", raw: `${own} In [us-east-1]` },
    ]) {
      const text = explain({ ...decision, ...of }, context);
      expect(text).toContain(`Leave ${own} out`);
      expect(text).not.toMatch(/whole tenant|Name only allowed/);
    }
  });

  test("of every reason is a finished sentence with its code", () => {
    for (const { code } of reasons) {
      const text = explain(
        { verdict: "block", reason: code, requested: [], allowed: ["eu-west-1"], field: "" },
        context,
      );
      expect(text).toContain(`[${code}, receipt 0193-rid; companyos explain ${code}]`);
      expect(text).not.toMatch(/\{\w+\}|undefined|\.\./);
    }
  });

  test("where no region is allowed, what the object says is beside the point", () => {
    const text = explain(
      { ...decision, reason: "PLAN_EMPTY", allowed: [], field: "spec.x", raw: "none" },
      context,
    );
    expect(text).not.toContain("spec.x");
    expect(text).toContain("[PLAN_EMPTY");
  });

  test("cannot be used to forge lines or flood a terminal", () => {
    const raw = `us\n[31m${"x".repeat(10_000)}`;
    const text = explain({ ...decision, raw }, { ...context, name: "a\r\nb\u202e" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: looked for
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(text.length).toBeLessThan(2_000);
  });
});
