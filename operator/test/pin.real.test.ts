/** The pin and the policy that requires it, on an API server of their own: no operator, no webhook. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@companyos/cluster";
import {
  apiVersionOf,
  connect,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import {
  maxExpressions,
  maxOwners,
  maxTerms,
  ownRegions,
  type PinOptions,
  pinned,
  pinState,
  placedKind,
  repinned,
} from "@companyos/policies";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { admissionObjects } from "../src/admission/objects/index.ts";
import { rolledKinds } from "../src/rollouts/kinds.ts";
import { isRolled } from "../src/rollouts/workload.ts";

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

/** Namespaces by what the operator wrote of them. */
const scenes: Readonly<Record<string, { regions: string[]; options?: PinOptions }>> = {
  acme: { regions: allowed },
  solo: { regions: ["eu-west-1"] },
  mixed: { regions: allowed, options: { topologyPinned: ["eu-west-1"] } },
  listed: { regions: ["eu-west-1"], options: { topologyPinned: ["eu-west-1"] } },
  moved: { regions: ["eu-west-1"], options: { former: ["us-east-1"] } },
};

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "companyos-pin-"));
  cluster = await startCluster({ stateDir, components: ["etcd", "kube-apiserver"] });
  kube = await connect({ kubeconfig: cluster.kubeconfig });
  for (const [name, { regions, options = {} }] of Object.entries(scenes)) {
    const { topologyPinned = [], former = [] } = options;
    await kube.create(resources.namespaces, {
      metadata: {
        name,
        labels: {
          "residency.companyos.io/tenant": name,
          "residency.companyos.io/mode": "Enforce",
          ...(former.length > 0 ? { "residency.companyos.io/moved": "true" } : {}),
        },
        annotations: {
          "residency.companyos.io/allowed-regions": regions.join(),
          ...(topologyPinned.length > 0
            ? { "residency.companyos.io/topology-pinned": topologyPinned.join() }
            : {}),
          ...(former.length > 0 ? { "residency.companyos.io/former-regions": former.join() } : {}),
        },
      },
    });
    await kube.create(resources.serviceAccounts, { metadata: { name: "default", namespace: name } });
  }
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
/** As earlier releases wrote it. */
const pair = [one(topology, ...allowed), one(vouched, ...allowed)];
const pin = one(vouched, ...allowed);
const marker = { key: vouched, operator: "NotIn", values: ["residency.companyos.io-none"] };
const termsOf = (spec: KubeObject["spec"]) =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

/** What of a pod spec the pin is about. */
const placement = ({ nodeSelector, affinity }: KubeObject["spec"] = {}) => ({
  ...(nodeSelector ? { nodeSelector } : {}),
  ...(affinity ? { affinity } : {}),
});

async function podOf(spec: object, labels: Record<string, string> = {}, namespace = "acme") {
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "probe-", labels },
    spec: { containers, ...spec },
  };
  const { status, text } = await kube.raw(`/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
    method: "POST",
    body,
  });
  const object = JSON.parse(text);
  return {
    status,
    message: object.message as string | undefined,
    terms: termsOf(object.spec ?? {}),
    placement: placement(object.spec),
    labels: object.metadata?.labels ?? {},
  };
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

describe("while an upgrade has the new requirement in force and the old pin, or none,", () => {
  beforeAll(async () => {
    await install(resources.validatingAdmissionPolicies as Resource, "companyos-pinned");
    await install(resources.validatingAdmissionPolicyBindings as Resource, "companyos-pinned");
    await until(
      "the requirement",
      () => podOf({}),
      (seen) => seen.status === 403,
    );
  }, 180_000);

  test("a pod that the old pin has been at passes, as does one bound by one of its labels", async () => {
    for (const bound of pair) {
      expect(await podOf(required([term(bound)]))).toMatchObject({ status: 201 });
      expect(await podOf({ nodeSelector: { [bound.key]: "eu-west-1" } })).toMatchObject({ status: 201 });
    }
    expect(await podOf(required([term(...pair), {}]))).toMatchObject({ status: 201 });
    expect(await podOf(required([term(pair[0]!), term(pair[1]!)]))).toMatchObject({ status: 201 });
  });

  test("the marker makes the topology label do only where the namespace has the region go by it", async () => {
    const marked = (...regions: string[]) => required([term(one(topology, ...regions), marker)]);
    for (const namespace of ["acme", "solo", "moved"])
      expect(await podOf(marked("eu-west-1"), {}, namespace)).toMatchObject({
        status: 403,
        message: expect.stringContaining("not pinned to its tenant's regions (policy companyos-pinned)"),
      });
    expect(await podOf(marked("eu-central-1"), {}, "mixed")).toMatchObject({ status: 403 });
    for (const namespace of ["mixed", "listed"])
      expect(await podOf(marked("eu-west-1"), {}, namespace)).toMatchObject({ status: 201 });
  });

  test("one that matches no node at all waits, as it asked to", async () => {
    expect(await podOf(required([{}]))).toMatchObject({ status: 201, terms: [{}] });
  });

  test("one without a bound in some term is refused, and so is one bound elsewhere", async () => {
    for (const spec of [
      required([term(pin), term(one("disktype", "ssd"))]),
      required([term(one(vouched, "us-east-1"))]),
      required([term(one(topology, "eu-west-1", "us-east-1"))]),
      required([term({ key: vouched, operator: "Exists" })]),
      required([term(marker)]),
      { nodeSelector: { [vouched]: "us-east-1" } },
    ]) {
      const { status, message } = await podOf(spec);
      expect([status, message]).toEqual([403, expect.stringContaining("(policy companyos-pinned)")]);
    }
  });

  test("what our label names elsewhere is refused whatever stands beside it, and told", async () => {
    const { status, message } = await podOf({
      nodeSelector: { [vouched]: "us-east-1", [topology]: "eu-west-1" },
    });
    expect([status, message]).toEqual([
      403,
      expect.stringContaining(
        "pinned to us-east-1 by node-restriction.kubernetes.io/residency-region, and its tenant may use eu-central-1,eu-west-1",
      ),
    ]);
  });
});

describe("with the pin in force", () => {
  beforeAll(async () => {
    for (const name of ["companyos-pin", "companyos-repin"]) {
      await install(policies, name);
      await install(bindings, name);
    }
    await until(
      "the pin",
      () => podOf({}),
      (seen) => seen.status === 201,
    );
    await until(
      "stale pins to be replaced",
      () => podOf({ nodeSelector: { [vouched]: "us-east-1" } }, {}, "moved"),
      (seen) => seen.status === 201,
    );
  }, 180_000);

  test("a pod that says nothing is pinned by the label that no kubelet can write", async () => {
    expect((await podOf({})).placement).toEqual(required([term(pin)]));
    expect((await podOf({}, {}, "solo")).placement).toEqual({ nodeSelector: { [vouched]: "eu-west-1" } });
  });

  const expression = fc.oneof(
    fc.constantFrom(...pair),
    fc.record({
      key: fc.constantFrom(topology, vouched, "disktype"),
      operator: fc.constantFrom("In", "NotIn"),
      values: fc.shuffledSubarray(["eu-west-1", "eu-central-1", "us-east-1"], { minLength: 1 }),
    }),
    fc.record({
      key: fc.constantFrom(topology, vouched),
      operator: fc.constantFrom("Exists", "DoesNotExist"),
    }),
    fc.constant(marker),
  );
  const anyTerm = fc.record(
    {
      matchExpressions: fc.array(expression, { maxLength: 4 }),
      matchFields: fc.constant([{ key: "metadata.name", operator: "In", values: ["node"] }]),
    },
    { requiredKeys: [] },
  );
  const selector = fc.record({
    nodeSelector: fc.dictionary(
      fc.constantFrom(topology, vouched, "disktype"),
      fc.constantFrom("eu-west-1", "us-east-1"),
      { minKeys: 1 },
    ),
  });
  const anySpec = fc.oneof(
    fc.constantFrom<object>(
      {},
      { affinity: {} },
      { affinity: { nodeAffinity: {} } },
      { affinity: { podAffinity: {} } },
    ),
    fc.array(anyTerm, { minLength: 1, maxLength: 4 }).map(required),
    selector,
    fc
      .tuple(selector, fc.array(anyTerm, { minLength: 1, maxLength: 3 }))
      .map(([selected, terms]) => ({ ...selected, ...required(terms) })),
  );
  const anyScene = fc.constantFrom(...Object.keys(scenes));
  /** As the API server prints it: what is empty is left out. */
  const printed = (spec: KubeObject["spec"]) =>
    JSON.parse(
      JSON.stringify(placement(spec), (key, value) =>
        (key === "matchExpressions" || key === "matchFields") && value.length === 0 ? undefined : value,
      ),
    );

  /** Some term says the pin by the topology label and the marker alone, of a region that does not go by it. */
  const isForged = (spec: KubeObject["spec"], { topologyPinned = [] }: PinOptions = {}) =>
    spec.nodeSelector?.[vouched] === undefined &&
    (termsOf(spec) ?? []).some(
      (one: KubeObject) =>
        !one.matchExpressions?.some(
          ({ key, operator }: KubeObject) => key === vouched && operator === "In",
        ) && ownRegions(required([one])).some(({ region }) => !topologyPinned.includes(region)),
    );

  test("a marker that its author wrote pins nothing: the label that no kubelet can write is put in its place", async () => {
    const forged = required([term(one(topology, "eu-west-1"), marker)]);
    for (const namespace of ["solo", "moved"])
      expect((await podOf(forged, {}, namespace)).placement).toEqual({
        nodeSelector: { [vouched]: "eu-west-1" },
      });
    expect((await podOf(forged)).placement).toEqual(required([term(pin)]));
    const lawful = required([term(one(vouched, "eu-central-1")), term(one(topology, "eu-west-1"), marker)]);
    expect((await podOf(lawful, {}, "mixed")).placement).toEqual(lawful);
    expect((await podOf(forged, {}, "listed")).placement).toEqual(forged);
  });

  test("what it makes of any pod is what `companyos check` takes it to make, and it makes it once", async () => {
    await fc.assert(
      fc.asyncProperty(anySpec, anyScene, async (spec, namespace) => {
        const { regions, options } = scenes[namespace]!;
        const response = await podOf(spec, {}, namespace);
        const state = pinState(spec, regions, options);
        const made = printed(pinned({ spec }, regions, [], options).spec);
        // One that says the pin is not looked at: its regions are compared.
        const looksAt =
          state === "none" ||
          isForged(spec, options) ||
          ownRegions(spec).length === 0 ||
          (options?.former && state === "stale");
        const passed = printed(looksAt ? made : spec);
        if (response.status === 201) expect(response.placement).toEqual(passed);
        else {
          expect([response.status, response.message]).toEqual([
            403,
            expect.stringContaining("(policy companyos-pinned)"),
          ]);
          expect(pinState(made, regions, options)).not.toBe("current");
        }
      }),
      { numRuns: 300, seed: 11 },
    );
  }, 180_000);

  test("nor does it make anything else of a template, and one that is sent again without its pin has it back", async () => {
    const deployments = resources.deployments as Resource;
    let number = 0;
    await fc.assert(
      fc.asyncProperty(anySpec, anySpec, anyScene, async (spec, other, namespace) => {
        const { regions, options } = scenes[namespace]!;
        const name = `any-${number++}`;
        const manifest = (podSpec: object): KubeObject => ({
          ...daemonSet(name, podSpec),
          kind: "Deployment",
          metadata: { name, namespace },
        });
        const made = await kube.create(deployments, manifest(spec));
        const pinnedOnce = printed(made.spec.template.spec);
        expect(pinnedOnce).toEqual(printed(pinned({ spec }, regions, [], options).spec));
        expect((await kube.update(deployments, manifest(spec))).metadata.generation).toBe(1);
        const moved = manifest({ ...other, terminationGracePeriodSeconds: 7 });
        const { status, text } = await kube.raw(
          `/apis/apps/v1/namespaces/${namespace}/deployments/${name}?dryRun=All`,
          { method: "PUT", body: moved },
        );
        expect(status).toBe(200);
        const old = ownRegions(spec).map(({ region }) => region);
        const former = [...(options?.former ?? []), ...old];
        expect(printed(JSON.parse(text).spec.template.spec)).toEqual(
          printed(pinned({ spec: other }, regions, [], { ...options, former }).spec),
        );
        // A touch that comes with another template makes nothing lawful that would not be without it.
        const touched = manifest(other);
        touched.metadata.annotations = { "residency.companyos.io/repin": "now" };
        const again = await kube.update(deployments, touched);
        const left = printed(pinned({ spec: other }, regions, [], { ...options, former }).spec);
        expect(printed(again.spec.template.spec)).toEqual(left);
        again.metadata.annotations = { "residency.companyos.io/repin": "again" };
        const alone = await kube.update(deployments, again);
        expect(printed(alone.spec.template.spec)).toEqual(
          printed(repinned({ spec: left }, regions, [], options).spec),
        );
      }),
      { numRuns: 60, seed: 12 },
    );
  }, 180_000);

  const withTemplate = (frame: KubeObject, [step, ...rest]: readonly string[], template: object): object =>
    step === undefined ? template : { ...frame, [step]: withTemplate(frame[step] ?? {}, rest, template) };

  test("a template is its author's, and pinned, exactly where the operator would roll it", async () => {
    const owner = (controller?: boolean, uid = 0) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "x",
      uid: `${uid}`,
      ...(controller === undefined ? {} : { controller }),
    });
    const lists = [
      undefined,
      [],
      [owner()],
      [owner(false)],
      [owner(true)],
      [owner(false), owner(true, 1)],
      Array.from({ length: maxOwners }, (_, uid) => owner(false, uid)),
      Array.from({ length: maxOwners + 1 }, (_, uid) => owner(false, uid)),
    ];
    for (const kind of rolledKinds)
      for (const [index, ownerReferences] of lists.entries()) {
        const { resource, path } = kind;
        const placed = placedKind(resource.group, resource.kind)!;
        const app = { app: "owned" };
        const template = { metadata: { labels: app }, spec: { containers, ...placed.template!.podSpec } };
        const object: KubeObject = {
          apiVersion: apiVersionOf(resource),
          kind: resource.kind,
          ...withTemplate(placed.template!.frame(app) as KubeObject, path, template),
          metadata: { name: `owned-${index}`, namespace: "solo", ownerReferences },
        };
        const made = await kube.create(resource, object, { dryRun: true });
        const spec = [...path, "spec"].reduce<KubeObject>((inside, step) => inside[step], made);
        expect([resource.kind, index, spec.nodeSelector?.[vouched] !== undefined]).toEqual([
          resource.kind,
          index,
          isRolled(kind, object),
        ]);
      }
  });

  test("applied again and again from the server's side, an object stays the very same", async () => {
    for (const namespace of Object.keys(scenes))
      for (const [name, spec] of Object.entries({
        silent: {},
        selecting: { nodeSelector: { disktype: "ssd" } },
        picky: required([term(one("disktype", "ssd")), {}]),
      })) {
        const manifest = {
          ...daemonSet(`applied-${name}`, spec),
          metadata: { name: `applied-${name}`, namespace },
        };
        const apply = () => kube.apply(daemonSets, manifest, { fieldManager: "gitops" });
        const { metadata } = await apply();
        for (let again = 0; again < 2; again++)
          expect((await apply()).metadata.resourceVersion).toBe(metadata.resourceVersion);
      }
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
            expression: `object.spec.?nodeSelector[?'${vouched}'].hasValue()`,
          },
        ],
        mutations: [
          {
            patchType: "JSONPatch",
            jsonPatch: {
              expression: `[JSONPatch{op: 'remove', path: '/spec/nodeSelector/' + jsonpatch.escapeKey('${vouched}')}, JSONPatch{op: 'replace', path: '/metadata/labels/strip', value: 'did'}]`,
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
    const pinnedPod = { nodeSelector: { [vouched]: "eu-west-1" } };
    // The order of policies is the API server's, another one each time it takes up a change: this goes on until the pin
    // comes first. Whichever does, the pod is pinned.
    let changes = 0;
    await until(
      "the other mutation to come after the pin",
      async () => {
        const { placement, labels } = await podOf({}, { strip: "please" }, "solo");
        expect(placement).toEqual(pinnedPod);
        if (labels.strip === "did") return true;
        changes += 1;
        await kube.patch(policies, "strips", "merge", {
          metadata: { annotations: { touched: `${changes}` } },
        });
        return false;
      },
      Boolean,
      { timeoutMs: 60_000 },
    );
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
    for (const { matchExpressions } of response.terms) expect(matchExpressions[0]).toEqual(pin);
    expect(await podOf(required(response.terms))).toMatchObject({ status: 201 });
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

  // A stored object is as large as the rules of its day let it be: none, while the policy was in Audit.
  test.each([
    [maxTerms + 1, maxTerms + 1],
    [1, 35_000],
    [4_000, 4_000],
  ])(
    "what has %d terms and %d expressions already is touched without a word, and mended by its author",
    async (terms, expressions) => {
      const deployments = resources.deployments as Resource;
      const name = `stored-${terms}-${expressions}`;
      const excessive = required(
        Array.from({ length: terms }, () =>
          term(
            { key: vouched, operator: "Exists" },
            ...Array.from({ length: expressions / terms - 1 }, () => ({ key: "k", operator: "Exists" })),
          ),
        ),
      );
      const made = await kube.create(deployments, {
        ...daemonSet(name, excessive),
        kind: "Deployment",
      });
      expect(termsOf(made.spec.template.spec)).toHaveLength(terms);
      const touch = { metadata: { annotations: { "residency.companyos.io/repin": "now" } } };
      const touched = await kube.patch(deployments, name, "merge", touch, { namespace: "acme" });
      expect(touched.spec.template).toEqual(made.spec.template);
      const mended = await kube.patch(
        deployments,
        name,
        "merge",
        { spec: { template: { spec: { affinity: null } } } },
        { namespace: "acme" },
      );
      expect(placement(mended.spec.template.spec)).toEqual(required([term(pin)]));
    },
  );

  test("as many regions as are read, said as often as is read, end in no error of CEL's", async () => {
    const values = Array.from({ length: 100 }, () => "eu-west-1");
    for (const namespace of ["acme", "solo", "moved"]) {
      const { status, message } = await podOf(
        required([term(...Array.from({ length: maxExpressions }, () => one(vouched, ...values)))]),
        {},
        namespace,
      );
      expect([status, message]).toEqual([201, undefined]);
    }
  });

  test("long lists of values are nobody's business but their author's: the pin stands beside them", async () => {
    const values = Array.from({ length: 20_000 }, () => "eu-west-1");
    for (const key of [topology, "kubernetes.io/hostname"]) {
      const { status, terms } = await podOf(required([term({ key, operator: "In", values })]));
      expect(status).toBe(201);
      expect(terms).toEqual([term(pin, { key, operator: "In", values })]);
    }
  });
});
