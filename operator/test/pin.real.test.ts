/** The pin and the policy that requires it, on an API server of their own: no operator, no webhook. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@companyos/cluster";
import { connect, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { maxExpressions, maxTerms, pinned } from "@companyos/policies";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { admissionObjects } from "../src/admission/objects/index.ts";

const topology = "topology.kubernetes.io/region";
const vouched = "node-restriction.kubernetes.io/residency-region";
const allowed = ["eu-central-1", "eu-west-1"];
const objects = new Map(
  admissionObjects({
    productNamespace: "companyos-system",
    webhook: { url: "https://127.0.0.1:1/admit" },
    caBundle: "none",
    whenUnavailable: "available",
    timeoutSeconds: 5,
  }).map((object) => [`${object.kind} ${object.metadata.name}`, object]),
);
const policies = resources.mutatingAdmissionPolicies as Resource;
const bindings = resources.mutatingAdmissionPolicyBindings as Resource;
const daemonSets = resources.daemonSets as Resource;
const containers = [{ name: "main", image: "nginx:1.29" }];

let cluster: Cluster;
let kube: KubeClient;

const install = (resource: Resource, name: string) =>
  kube.create(resource, objects.get(`${resource.kind} ${name}`)!);

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "companyos-pin-"));
  cluster = await startCluster({ stateDir, components: ["etcd", "kube-apiserver"] });
  kube = await connect({ kubeconfig: cluster.kubeconfig });
  await kube.create(resources.namespaces, {
    metadata: {
      name: "acme",
      labels: { "residency.companyos.io/tenant": "acme", "residency.companyos.io/mode": "Enforce" },
      annotations: { "residency.companyos.io/allowed-regions": allowed.join() },
    },
  });
  await kube.create(resources.serviceAccounts, { metadata: { name: "default", namespace: "acme" } });
}, 120_000);
afterAll(async () => {
  await kube?.close();
  await cluster?.stop({ discard: true });
  if (cluster) await rm(cluster.stateDir, { recursive: true, force: true });
});

const term = (...matchExpressions: object[]) => ({ matchExpressions });
const one = (key: string, ...values: string[]) => ({ key, operator: "In", values });
const required = (nodeSelectorTerms: unknown[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const pin = [one(topology, ...allowed), one(vouched, ...allowed)];
const termsOf = (spec: KubeObject["spec"]) =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

async function podOf(spec: object, labels: Record<string, string> = {}) {
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "probe-", labels },
    spec: { containers, ...spec },
  };
  const { status, text } = await kube.raw("/api/v1/namespaces/acme/pods?dryRun=All", {
    method: "POST",
    body,
  });
  const object = JSON.parse(text);
  return { status, message: object.message as string | undefined, terms: termsOf(object.spec ?? {}) };
}

const daemonSet = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name, namespace: "acme" },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers, ...spec } },
  },
});
const inAcme = { namespace: "acme" };

describe("while an upgrade has the new requirement in force and the old pin, or none,", () => {
  beforeAll(async () => {
    // Stored by an earlier version, whose pin was the topology label alone.
    await kube.create(daemonSets, daemonSet("earlier", required([term(pin[0]!)])));
    await install(resources.validatingAdmissionPolicies as Resource, "companyos-pinned");
    await install(resources.validatingAdmissionPolicyBindings as Resource, "companyos-pinned");
    await until(
      "the requirement",
      () => podOf({}),
      (seen) => seen.status === 403,
    );
  }, 180_000);

  test("a pod that the old pin has been at passes, as does one bound by the other label", async () => {
    for (const bound of pin) {
      expect(await podOf(required([term(bound)]))).toMatchObject({ status: 201 });
      expect(await podOf({ nodeSelector: { [bound.key]: "eu-west-1" } })).toMatchObject({ status: 201 });
    }
    expect(await podOf(required([term(pin[0]!), term(pin[1]!)]))).toMatchObject({ status: 201 });
  });

  test("one without a bound in some term is refused, and so is one bound elsewhere", async () => {
    for (const spec of [
      required([term(pin[0]!), term(one("disktype", "ssd"))]),
      required([term(one(vouched, "us-east-1"))]),
      required([term(one(topology, "eu-west-1", "us-east-1"))]),
      required([term({ key: vouched, operator: "Exists" })]),
      { nodeSelector: { [vouched]: "us-east-1" } },
    ]) {
      const { status, message } = await podOf(spec);
      expect([status, message]).toEqual([403, expect.stringContaining("(policy companyos-pinned)")]);
    }
  });
});

describe("with the pin in force", () => {
  beforeAll(async () => {
    await install(policies, "companyos-pin");
    await install(bindings, "companyos-pin");
    await until(
      "the pin",
      () => podOf({}),
      (seen) => seen.status === 201,
    );
  }, 180_000);

  test("a pod that says nothing requires both labels", async () => {
    expect((await podOf({})).terms).toEqual([term(...pin)]);
  });

  test("what it makes of any pod is what `companyos check` takes it to make, and it makes it once", async () => {
    const expression = fc.oneof(
      fc.constantFrom(...pin),
      fc.record({
        key: fc.constantFrom(topology, vouched, "disktype"),
        operator: fc.constantFrom("In", "NotIn"),
        values: fc.shuffledSubarray(["eu-west-1", "eu-central-1", "us-east-1"], { minLength: 1 }),
      }),
      fc.record({
        key: fc.constantFrom(topology, vouched),
        operator: fc.constantFrom("Exists", "DoesNotExist"),
      }),
    );
    const anyTerm = fc.record(
      {
        matchExpressions: fc.array(expression, { maxLength: 4 }),
        matchFields: fc.constant([{ key: "metadata.name", operator: "In", values: ["node"] }]),
      },
      { requiredKeys: [] },
    );
    const anySpec = fc.oneof(
      fc.constantFrom<object>({}, { affinity: {} }, { affinity: { nodeAffinity: {} } }),
      fc.array(anyTerm, { minLength: 1, maxLength: 4 }).map(required),
      fc.constantFrom(topology, vouched).map((key) => ({ nodeSelector: { [key]: "eu-west-1" } })),
    );
    await fc.assert(
      fc.asyncProperty(anySpec, async (spec) => {
        const response = await podOf(spec);
        expect(response).toMatchObject({ status: 201 });
        expect(response.terms).toEqual(termsOf(pinned({ spec }, allowed).spec));
        expect((await podOf(required(response.terms))).terms).toEqual(response.terms);
      }),
      { numRuns: 200, seed: 11 },
    );
  }, 180_000);

  test("a DaemonSet applied again and again, whatever half of the pin its author writes, is one generation", async () => {
    for (const [name, spec] of [
      ["silent", {}],
      ["reader", required([term(pin[0]!)])],
      ["careful", required([term(pin[1]!)])],
      ["both", required([term(one("disktype", "ssd")), term(...pin)])],
    ] as const) {
      const { metadata, spec: made } = await kube.create(daemonSets, daemonSet(name, spec));
      for (const bound of termsOf(made.template.spec))
        expect(bound.matchExpressions).toEqual(expect.arrayContaining(pin));
      for (let again = 0; again < 3; again++) await kube.update(daemonSets, daemonSet(name, spec));
      expect((await kube.get(daemonSets, name, inAcme)).metadata.generation).toBe(metadata.generation);
    }
  });

  test("a DaemonSet of an earlier version is left as it is until it is updated, and then pinned once", async () => {
    const generations = async () => (await kube.get(daemonSets, "earlier", inAcme)).metadata.generation!;
    const before = await generations();
    await kube.patch(
      daemonSets,
      "earlier",
      "merge",
      { status: { numberReady: 0 } },
      { ...inAcme, subresource: "status" },
    );
    expect(await generations()).toBe(before);
    const manifest = daemonSet("earlier", required([term(pin[0]!)]));
    const updated = await kube.update(daemonSets, manifest);
    expect(termsOf(updated.spec.template.spec)).toEqual([term(...pin)]);
    await kube.update(daemonSets, manifest);
    expect(await generations()).toBe(before + 1);
  });

  test("what another mutation strips afterwards is pinned again", async () => {
    const strip = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingAdmissionPolicy",
      metadata: { name: "strips" },
      spec: {
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] },
          ],
        },
        matchConditions: [
          { name: "asked", expression: "'strip' in object.metadata.?labels.orValue({})" },
          {
            name: "something-to-strip",
            expression:
              "object.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution.hasValue()",
          },
        ],
        mutations: [
          {
            patchType: "JSONPatch",
            jsonPatch: {
              expression: `[JSONPatch{op: 'remove', path: '/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchExpressions/' + object.metadata.labels.strip}]`,
            },
          },
        ],
      },
    };
    await kube.create(policies, strip);
    await kube.create(bindings, {
      apiVersion: strip.apiVersion,
      kind: "MutatingAdmissionPolicyBinding",
      metadata: { name: "strips" },
      spec: { policyName: "strips" },
    });
    const stripped = async (which: string) => (await podOf({}, { strip: which })).terms;
    // Put back, it stands behind the one that was left.
    const again = [term(...[...pin].reverse())];
    // The order of policies is the API server's, another one each time it takes up a change: this goes on until the pin
    // comes first. Whichever does, the pod is pinned.
    const before: unknown[] = [];
    let touched = 0;
    await until(
      "the other mutation to come after the pin",
      async () => {
        const terms = await stripped("0");
        if (JSON.stringify(terms) === JSON.stringify(again)) return true;
        before.push(terms);
        touched += 1;
        await kube.patch(policies, "strips", "merge", {
          metadata: { annotations: { touched: `${touched}` } },
        });
        return false;
      },
      Boolean,
      { timeoutMs: 60_000 },
    );
    for (const terms of before) expect(terms).toEqual([term(...pin)]);
    expect(await stripped("1")).toEqual([term(...pin)]);
  });

  /** So many terms, with so many expressions in all. */
  const many = (terms: number, expressions: number) =>
    required(
      // Each term has its share; the last ones have the rest.
      Array.from({ length: terms }, (_, i) =>
        term(
          ...Array.from({ length: Math.floor((expressions + i) / terms) }, (_, j) =>
            one(`l-${j}`, `value-${i}`),
          ),
        ),
      ),
    );

  test.each([
    [maxTerms, maxTerms],
    [maxTerms, maxExpressions],
    [1, maxExpressions],
  ])("a pod with %d terms and %d expressions, as much as is read, is pinned", async (terms, expressions) => {
    const response = await podOf(many(terms, expressions));
    expect([response.status, response.message]).toEqual([201, undefined]);
    expect(response.terms).toEqual(termsOf(pinned({ spec: many(terms, expressions) }, allowed).spec));
    expect(
      response.terms.every(({ matchExpressions }: ReturnType<typeof term>) =>
        pin.every((bound) =>
          matchExpressions.some((stated) => JSON.stringify(stated) === JSON.stringify(bound)),
        ),
      ),
    ).toBe(true);
  });

  test.each([
    [maxTerms + 1, maxTerms + 1],
    [maxTerms, maxExpressions + 1],
    [1, maxExpressions + 1],
    [4_000, 4_000],
    [1, 30_000],
  ])(
    "one with %d terms and %d expressions is refused in words of ours, whatever it names",
    async (terms, expressions) => {
      const lawful = { nodeSelector: { [vouched]: "eu-west-1" } };
      for (const spec of [many(terms, expressions), { ...many(terms, expressions), ...lawful }]) {
        const { status, message } = await podOf(spec);
        expect([status, message]).toEqual([
          403,
          expect.stringMatching(
            /required node affinity has more than .*TOO_MANY_TERMS \(policy companyos-pinned\)$/,
          ),
        ]);
      }
    },
  );

  test("a DaemonSet with too many terms is left as it is, for the webhook to refuse", async () => {
    const made = await kube.create(daemonSets, daemonSet("excessive", many(maxTerms + 1, maxTerms + 1)));
    expect(termsOf(made.spec.template.spec)).toEqual(termsOf(many(maxTerms + 1, maxTerms + 1)));
  });

  test("long lists of values are nobody's business but their author's: the pin stands beside them", async () => {
    const values = Array.from({ length: 20_000 }, () => "eu-west-1");
    for (const key of [topology, "kubernetes.io/hostname"]) {
      const { status, terms } = await podOf(required([term({ key, operator: "In", values })]));
      expect(status).toBe(201);
      expect(terms).toEqual([term({ key, operator: "In", values }, ...pin)]);
    }
  });
});
