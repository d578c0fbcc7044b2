import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  attempts,
  collection,
  type Outcome,
  podMakers,
  prepare,
  type RunOptions,
  refusalIn,
  runLabel,
  tryAttempts,
} from "@companyos/conformance";
import { connect, type KubeClient } from "@companyos/kube";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { findTarget, type Target } from "companyos/conformance";
import { load } from "js-yaml";
import { type Api, openApi } from "../src/api.ts";
import { declared, declareTenant, tenantReady } from "../src/declare.ts";
import { listedReceipts, provenEvidence, sumOfMetric } from "../src/evidence.ts";
import { deletePolicies, deleteWebhooks, holdOperator, onlyInForce } from "../src/layers.ts";
import { type Product, startCompanyos, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";

const tenant = `bypassed-${Date.now().toString(36)}`;
/** One in fourteen is pinned instead of refused. */
const count = 220;
const seed = Number(process.env.COMPANYOS_SEED ?? 20_270_201);

let product: Product;
let api: Api;
let client: KubeClient;
let target: Target;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
  client = await connect({ kubeconfig: product.dev.kubeconfig });
  await declared(api, tenant);
  target = await findTarget(client, tenant);
}, 180_000);

afterAll(async () => {
  await client?.close();
  await api?.close();
  await product?.stop();
}, 180_000);

/** The same corpus under other names: what one run created is not in another's way. */
const corpus = (run: string) => attempts({ seed, count, run, ...target });

function options(run: string, dryRun: boolean): RunOptions {
  return { client, run, ...target, dryRun: { unlawful: dryRun, lawful: dryRun } };
}

const allPrepared = async (run: string) =>
  expect([...(await prepare(corpus(run), options(run, true)))]).toEqual([]);

/**
 * Waits until controllers and scheduler have had their say about what was prepared. An object that they write to
 * while it is being changed makes the API server ask admission twice for one request, and each answer counts. Two
 * looks with nothing new between them may be a machine that stood still.
 */
async function settled(): Promise<void> {
  const versions = async () => {
    const lists = await Promise.all(
      podMakers.map((maker) => api.request("GET", collection(maker, target.namespace))),
    );
    return lists
      .flatMap(({ body }) => body.items as { metadata: { uid: string; resourceVersion: string } }[])
      .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
      .join();
  };
  let last = "";
  let same = 0;
  await until(
    "everything prepared at rest",
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const before = last;
      last = await versions();
      same = before === last ? same + 1 : 0;
      return same;
    },
    (inARow) => inARow >= 2,
  );
}

/** What a failure shows of an outcome. */
const told = ({ attempt, verdict, refusal, message, twin }: Outcome, rest: object = {}) => ({
  repeatWith: `COMPANYOS_SEED=${seed}`,
  attempt: `${attempt.rows.join(", ")} ${attempt.title}`,
  verdict,
  by: refusal?.by,
  reason: refusal?.reason,
  message,
  twin: twin.message,
  unlawful: attempt.unlawful,
  ...rest,
});

/** What an attempt's answer with both layers in force has to be. */
function problemOf({ attempt, verdict, refusal, twin }: Outcome): string | undefined {
  if (verdict !== attempt.expected) return `it should have been ${attempt.expected}`;
  if (attempt.expected === "refused" && !refusal?.reason) return "its refusal names no reason code";
  if (attempt.expected === "refused" && !refusal?.receipt) return "its refusal names no receipt";
  if (!twin.admitted) return "its lawful twin was refused";
}

/** Outcomes with both layers in force: what each layer alone is compared with. */
let both: readonly Outcome[];

test(`${count} ways past the rule are refused with a reason and a receipt, or pinned, their lawful twins are admitted, and the evidence counts exactly them`, async () => {
  await allPrepared("both");
  await settled();
  both = await tryAttempts(corpus("both"), options("both", false));
  const problems = both.flatMap((outcome) => {
    const problem = problemOf(outcome);
    return problem ? [told(outcome, { problem })] : [];
  });
  expect(problems).toEqual([]);

  const refused = both.filter(({ verdict }) => verdict === "refused");
  const blocks = refused.length;
  const shown = new Set(refused.map(({ refusal }) => refusal?.receipt));
  expect(shown.size).toBe(blocks);
  expect(
    await sumOfMetric(product.dev.metrics.webhook, "residency_cross_region_block_total", { tenant }),
  ).toBe(blocks);
  const covers = await until(
    "evidence of every refusal, and of what runs, which another one records",
    () => provenEvidence(product, tenant),
    (covers) => covers.blocks >= blocks && covers.regions.observed.length > 0,
    { timeoutMs: 60_000 },
  );
  expect(covers.blocks).toBe(blocks);
  expect(covers.regions.allowed).toEqual(["eu-west-1"]);
  expect(covers.regions.requested).toContain("us-east-1");
  expect(covers.outside).toBe(0);
  expect(covers.regions.observed).toEqual(["eu-west-1"]);

  const receipts = await listedReceipts(product, tenant, "admission.blocked");
  expect(new Set(receipts.map(({ disclosed }) => disclosed.rid))).toEqual(shown);
  const log = product.dev.notaries.find(({ region }) => region === "eu-west-1")?.vkey.split("+")[0];
  const byId = new Map(receipts.map((receipt) => [receipt.disclosed.rid, receipt]));
  for (const { attempt, refusal } of refused) {
    const { claims } = byId.get(refusal?.receipt) as (typeof receipts)[number];
    expect(claims).toMatchObject({
      iss: log,
      decision: "block",
      allowed: ["eu-west-1"],
      reason: refusal?.reason,
    });
    // What cannot be translated to a region names none; everything else says where it would have gone.
    if (claims.reason === "CROSS_REGION")
      expect({ attempt: attempt.title, requested: claims.requested }).toMatchObject({
        requested: expect.arrayContaining(["us-east-1"]),
      });
  }
}, 240_000);

test("what a policy would refuse first, the webhook refuses, with a receipt: whatever a run draws", async () => {
  const drawn = Array.from({ length: 60 }, (_, seed) =>
    attempts({ seed, count: 24, run: `early-${seed}`, ...target }),
  );
  const early = drawn
    .flat()
    .filter(({ podRefusedBy, unlawful }) => podRefusedBy !== undefined && unlawful.path.endsWith("/pods"));
  expect(new Set(early.map(({ title }) => title.split(": ")[1])).size).toBeGreaterThanOrEqual(4);
  const tried = await tryAttempts(early, {
    ...options("early", true),
    dryRun: { unlawful: false, lawful: true },
  });
  const problems = tried.flatMap((outcome) => {
    const problem = problemOf(outcome);
    return problem ? [told(outcome, { problem })] : [];
  });
  expect(problems).toEqual([]);
}, 120_000);

test("repeats of one refusal show the same receipt and are counted, each once, over all replicas", async () => {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "again" },
    spec: { nodeName: "us-east-1-0", containers: [{ name: "main", image: "nginx:1.29" }] },
  };
  const counter = () =>
    sumOfMetric(product.dev.metrics.webhook, "residency_cross_region_block_total", { tenant });
  const before = await counter();
  const counted = (blocks: number) =>
    until(
      `${blocks} refusals in the evidence`,
      () => provenEvidence(product, tenant),
      (covers) => covers.blocks >= blocks,
      { timeoutMs: 40_000 },
    );
  expect((await counted(before)).blocks).toBe(before);
  const repeats = 20;
  const shown = new Set<string | undefined>();
  for (let i = 0; i < repeats; i++) {
    const { status, body } = await api.request("POST", `/api/v1/namespaces/${tenant}/pods`, pod);
    expect(status).toBe(403);
    shown.add(refusalIn({ status, object: body, message: body.message })?.receipt);
  }
  // Each replica keeps its own window; within it there is one receipt.
  expect(shown.has(undefined)).toBe(false);
  expect(shown.size).toBeLessThanOrEqual(product.dev.metrics.webhook.length);
  expect(await counter()).toBe(before + repeats);
  expect((await counted(before + repeats)).blocks).toBe(before + repeats);
}, 180_000);

describe("companyos conformance", () => {
  const conformance = (...words: string[]) => product.companyos("conformance", "--tenant", tenant, ...words);
  interface Printed {
    readonly holds: boolean;
    readonly attempts: number;
    readonly rows: readonly { id: string; attempts: number; twinsAdmitted: number; by: string[] }[];
    readonly failures: readonly { code: string; message: string }[];
    readonly stranger: { readonly verdict: string };
    readonly outOfScope: {
      readonly excluded: readonly { namespace: string; by: string[] }[];
      readonly unclaimed: readonly string[];
      readonly unclaimedSetting: { readonly action: string };
      readonly missing: readonly string[];
      readonly gaps: readonly unknown[];
      readonly notYet: readonly { id: string }[];
      readonly beyondAdmission: readonly string[];
    };
  }
  const printed = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Printed;
  /** Runs of the command have random names; the tests' own are called as they are here. */
  const left = async () => {
    const query = `labelSelector=${encodeURIComponent(`${runLabel},${runLabel} notin (both,hooked,inside)`)}`;
    const lists = await Promise.all(
      podMakers.map((maker) => api.request("GET", `${collection(maker, target.namespace)}?${query}`)),
    );
    return lists.flatMap(({ body }) =>
      (body.items as { metadata: { name: string } }[]).map((o) => o.metadata.name),
    );
  };
  const nothingLeft = () =>
    until("everything deleted", left, (names) => names.length === 0, { timeoutMs: 60_000 });

  test("by dry runs: exit code 0, every row tried, nothing counted, nothing left, and what is out of scope", async () => {
    const counted = () =>
      sumOfMetric(product.dev.metrics.webhook, "residency_cross_region_block_total", { tenant });
    const before = await counted();
    const ran = await conformance("--output", "json", "--seed", "11");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const { rows, outOfScope, stranger, ...rest } = printed(ran);
    expect(rest).toMatchObject({
      holds: true,
      tenant,
      namespace: tenant,
      home: "eu-west-1",
      abroad: "us-east-1",
      seed: 11,
      attempts: 60,
      dryRun: true,
      failures: [],
    });
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, (_, i) => `P${i + 1}`));
    for (const row of rows) {
      expect(row).toMatchObject({ attempts: expect.any(Number), twinsAdmitted: row.attempts });
      expect(row.attempts).toBeGreaterThan(0);
    }
    expect(rows.find(({ id }) => id === "P1")?.by).toEqual(["companyos-pin"]);
    expect(rows.find(({ id }) => id === "P7")?.by).toEqual(["bindings.residency.companyos.io"]);
    // The API server of `make up` shows a certificate, and the webhook is on this machine.
    expect(stranger).toEqual({ verdict: "refused" });
    expect(outOfScope).toMatchObject({ missing: [], gaps: [] });
    expect(outOfScope.excluded.map(({ namespace }) => namespace)).toEqual([
      "companyos-system",
      "kube-system",
    ]);
    expect(outOfScope.unclaimed).toContain("default");
    expect(outOfScope.unclaimedSetting).toEqual({ action: "Ignore" });
    expect(outOfScope.notYet.map(({ id }) => id)).toEqual(["S1", "S2", "S3", "S4", "E1", "C1", "C2"]);
    expect(await counted()).toBe(before);
    await nothingLeft();
  }, 180_000);

  test("with --receipts every refusal shows one, as text for people", async () => {
    const ran = await conformance("--receipts", "--attempts", "24", "--seed", String(seed));
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toContain("All 24 ways past the rule hold, and their lawful twins are admitted.");
    expect(ran.stdout).toMatch(/^ROW +WAY PAST THE RULE +ATTEMPTS +REFUSED +PINNED +TWINS +BY$/m);
    expect(ran.stdout).toMatch(/^ {4}kube-system$/m);
    expect(ran.stdout).toMatch(/^ {4}S1 {2}claims by classes/m);
    await nothingLeft();
  }, 180_000);

  test("wrong use: exit code 2, a stable code, and what to do", async () => {
    const watched = `watched-${tenant}`;
    const everywhere = `everywhere-${tenant}`;
    await declared(api, watched, "Warn");
    await declareTenant(api, everywhere, everywhere, ["eu-west-1", "us-east-1"]);
    await tenantReady(api, everywhere, "Enforce", { refusing: false });
    for (const [name, code, todo] of [
      ["nobody", "TENANT_UNKNOWN", tenant],
      [watched, "TENANT_NOT_ENFORCED", "choose a tenant in mode Enforce"],
      [everywhere, "NO_NODE_ABROAD", "Choose a tenant that may not use every region"],
    ] as const) {
      const { code: exit, stdout, stderr } = await product.companyos("conformance", "--tenant", name);
      expect({ name, exit, stdout }).toEqual({ name, exit: 2, stdout: "" });
      expect(stderr).toContain(`[${code}]`);
      expect(stderr).toContain(todo);
    }
  }, 120_000);

  test("too few rights: exit code 2 before anything is created, and which ones are missing", async () => {
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: `reader-${tenant}` } };
    const read = (apiGroups: string[], resources: string[]) => ({
      apiGroups,
      resources,
      verbs: ["get", "list"],
    });
    await api.request("POST", `${rbac}/clusterroles`, {
      ...kind,
      kind: "ClusterRole",
      rules: [read(["residency.companyos.io"], ["*"]), read([""], ["nodes", "namespaces"])],
    });
    await api.request("POST", `${rbac}/clusterrolebindings`, {
      ...kind,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: kind.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: "default", namespace: tenant }],
    });
    const account = `/api/v1/namespaces/${tenant}/serviceaccounts/default/token`;
    const { body } = await api.request("POST", account, {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: 600 },
    });
    const admin = load(await readFile(product.dev.kubeconfig, "utf8")) as { users: [{ name: string }] };
    const reader = { ...admin, users: [{ name: admin.users[0].name, user: { token: body.status.token } }] };
    const file = join(product.stateDir, "reader.kubeconfig");
    await writeFile(file, JSON.stringify(reader));
    const { code, stdout, stderr } = await until(
      "the role to be in force",
      () => conformance("--kubeconfig", file),
      (told) => told.stderr.includes("create pods/binding"),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("create pods/binding, create bindings");
    expect(stderr).toContain("deletecollection deployments.apps");
    expect(stderr).toContain("[NOT_PERMITTED]");
    expect(await left()).toEqual([]);
  }, 180_000);

  test("Ctrl-C: exit code 2, and nothing is left", async () => {
    const running = startCompanyos(["conformance", "--tenant", tenant, "--attempts", "3000"], {
      KUBECONFIG: product.dev.kubeconfig,
    });
    await until("something created", left, (names) => names.length > 20, { timeoutMs: 60_000 });
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("[INTERRUPTED]");
    await nothingLeft();
  }, 180_000);

  describe("and the same corpus, one layer at a time", () => {
    const twinsHeld = (outcomes: readonly Outcome[]) =>
      outcomes.filter(({ twin }) => !twin.admitted).map((outcome) => told(outcome));

    test("the webhook alone gives the same reasons, but where the pin is what makes a pod lawful", async () => {
      // Everything that attempts start from is as the product left it, before a layer went.
      await allPrepared("hooked");
      await allPrepared("inside");
      const { release } = holdOperator(product);
      try {
        await deletePolicies(client);
        await onlyInForce(client, target, { webhook: true, policies: false });
        const hooked = await tryAttempts(corpus("hooked"), options("hooked", true));
        for (const [index, outcome] of hooked.entries()) {
          const { attempt, verdict, refusal, twin } = outcome;
          const leans = attempt.leansOnPin;
          const reason = leans?.unlawful ?? both[index]?.refusal?.reason;
          expect(told(outcome, { verdict, reason: refusal?.reason, layer: refusal?.layer })).toEqual(
            told(
              outcome,
              reason === "HELD" ? { verdict: "held" } : { verdict: "refused", reason, layer: "webhook" },
            ),
          );
          expect(told(outcome, { admitted: twin.admitted, twin: twin.refusal?.reason })).toEqual(
            told(outcome, { admitted: leans?.lawful === undefined, twin: leans?.lawful }),
          );
        }

        await deleteWebhooks(client);
        await onlyInForce(client, target, { webhook: false, policies: false });
        const ran = await conformance("--output", "json", "--attempts", "24", "--seed", "5");
        expect(ran.code).toBe(1);
        const { holds, failures, outOfScope } = printed(ran);
        expect({ holds, codes: new Set(failures.map(({ code }) => code)) }).toEqual({
          holds: false,
          codes: new Set(["ESCAPED"]),
        });
        expect(failures).toHaveLength(24);
        expect(outOfScope.missing).toHaveLength(8);
        await nothingLeft();
      } finally {
        release();
      }
      await onlyInForce(client, target, { webhook: true, policies: true });
    }, 240_000);

    test("in process alone nothing gets out: refused by name of the node, pinned, or held back", async () => {
      const { release } = holdOperator(product);
      try {
        await deleteWebhooks(client);
        await onlyInForce(client, target, { webhook: false, policies: true });
        const inside = await tryAttempts(corpus("inside"), options("inside", true));
        for (const outcome of inside) {
          const { attempt, verdict, refusal, held } = outcome;
          const by = refusal?.by ?? held?.by.by;
          expect(told(outcome, { verdict, by })).toEqual(
            told(
              outcome,
              attempt.direct
                ? { verdict: "refused", by: "companyos-actual-node" }
                : attempt.expected === "pinned"
                  ? { verdict: "pinned" }
                  : {
                      verdict:
                        attempt.podRefusedBy && attempt.unlawful.path.endsWith("/pods") ? "refused" : "held",
                      by: attempt.podRefusedBy ?? "companyos-actual-node",
                    },
            ),
          );
        }
        expect(twinsHeld(inside)).toEqual([]);
        const ran = await conformance("--attempts", "24", "--seed", "5");
        expect(ran.code).toBe(1);
        expect(ran.stdout).toContain("[ADMITTED_BUT_HELD]");
        expect(ran.stdout).toContain(
          `Repeat with: companyos conformance --tenant ${tenant} --seed 5 --attempts 24`,
        );
        await nothingLeft();
      } finally {
        release();
      }
      await onlyInForce(client, target, { webhook: true, policies: true });
      const { body } = await api.request("GET", `/api/v1/namespaces/${tenant}/pods`);
      const nodes = (body.items as { spec: { nodeName?: string } }[]).map(({ spec }) => spec.nodeName);
      expect(nodes.filter((node) => node && !target.places.home.nodes.includes(node))).toEqual([]);
    }, 180_000);
  });
});
