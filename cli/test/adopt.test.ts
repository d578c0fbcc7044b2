import type { Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { all, type ClusterState, named } from "../src/adopt/candidates.ts";
import { agreed, asking, tooMuch } from "../src/adopt/consent.ts";
import { standing } from "../src/adopt/standing-rights.ts";

const made = (name: string, spec: object = {}, more: object = {}): Tenant =>
  ({ metadata: { name, uid: `${name}-new`, ...more }, spec: { homeRegion: "eu-west-1", ...spec } }) as Tenant;
const left = (
  name: string,
  tenant: string | undefined,
  uid: string | undefined,
  more: object = {},
): KubeObject => ({
  metadata: {
    name,
    labels: {
      ...(tenant === undefined ? {} : { "residency.companyos.io/tenant": tenant }),
      ...(uid === undefined ? {} : { "residency.companyos.io/tenant-uid": uid }),
    },
    ...more,
  },
});
const cluster = (tenants: Tenant[], namespaces: KubeObject[], unreadable: string[] = []): ClusterState => ({
  tenants,
  namespaces,
  unreadable: new Set(unreadable),
  productNamespace: "companyos-system",
});
const told = (items: ReturnType<typeof all>) =>
  items.map(({ namespace, tenant, state, code }) =>
    [namespace, tenant, state, code].filter(Boolean).join(" "),
  );

describe("in bulk", () => {
  test("every namespace of a former Tenant goes to the one of its name that claims it", () => {
    const tenants = [made("acme", { namespaces: ["acme-data"] }), made("globex")];
    const namespaces = [
      left("acme", "acme", "acme-old"),
      left("acme-data", "acme", "orphaned"),
      left("globex", "globex", "globex-new"),
      left("free", undefined, undefined),
    ];
    expect(told(all(cluster(tenants, namespaces)))).toEqual([
      "acme acme adoptable",
      "acme-data acme adoptable",
    ]);
  });

  test("what is not beyond doubt is refused, each with its reason", () => {
    const tenants = [
      made("acme"),
      made("rival", { namespaces: ["acme"] }),
      made("globex"),
      made("going", {}, { deletionTimestamp: "now" }),
      made("paused", { paused: true }),
    ];
    const namespaces = [
      left("acme", "acme", "acme-old"),
      left("ghost", "ghost", "ghost-old"),
      left("globex-data", "globex", "globex-old"),
      left("globex", "globex", "globex-old", { deletionTimestamp: "now" }),
      left("going", "going", "going-old"),
      left("paused", "paused", "paused-old"),
    ];
    expect(told(all(cluster(tenants, namespaces)))).toEqual([
      "acme acme refused AMBIGUOUS",
      "ghost refused TENANT_MISSING",
      "globex-data globex refused NOT_CLAIMED",
      "globex globex refused NAMESPACE_TERMINATING",
      "going going refused TENANT_DELETING",
      "paused paused refused TENANT_PAUSED",
    ]);
  });

  test("what a Tenant claims and was nobody's before is listed, with the command that takes it, and left alone", () => {
    const tenants = [
      made("acme", { namespaces: ["old", "shared", "agreed"], adopt: ["agreed"] }),
      made("globex", { namespaces: ["shared"] }),
    ];
    const annotations = { "residency.companyos.io/adopt-by": "acme/acme-new" };
    const namespaces = [
      left("old", undefined, undefined),
      left("shared", undefined, undefined),
      left("agreed", undefined, undefined, { annotations }),
      left("free", undefined, undefined),
      left("acme", "acme", "acme-new"),
    ];
    const found = all(cluster(tenants, namespaces));
    expect(told(found)).toEqual([
      "old acme unowned UNOWNED",
      "shared acme refused AMBIGUOUS",
      "shared globex refused AMBIGUOUS",
      "agreed acme waiting",
    ]);
    expect(found[0]!.message).toContain("companyos adopt old --tenant acme");
  });

  test("what the default tenant has is listed for whoever claims it, that one too and where that one is gone", () => {
    const tenants = [
      made("acme", { namespaces: ["mine", "agreed"], adopt: ["agreed"] }),
      made("globex", { namespaces: ["stray", "stranded"] }),
    ];
    const assigned = { "residency.companyos.io/assigned": "default" };
    const given = (name: string, uid = "acme-new", more: object = {}) =>
      left(name, "acme", uid, { annotations: { ...assigned, ...more } });
    const namespaces = [
      given("mine"),
      given("agreed", "acme-new", { "residency.companyos.io/adopt-by": "acme/acme-new" }),
      given("stray"),
      given("free"),
      given("stranded", "acme-old"),
    ];
    expect(told(all(cluster(tenants, namespaces)))).toEqual([
      "mine acme unowned UNOWNED",
      "agreed acme waiting",
      "stray globex unowned UNOWNED",
      "stranded globex unowned UNOWNED",
    ]);
    expect(told(named(["mine"], tenants[0]!, cluster(tenants, namespaces)))).toEqual(["mine acme adoptable"]);
  });

  test("what was one tenant's is no other's by claiming it", () => {
    const tenants = [made("thief", { namespaces: ["acme"] })];
    expect(told(all(cluster(tenants, [left("acme", "acme", "acme-old")])))).toEqual([
      "acme refused TENANT_MISSING",
    ]);
  });
});

describe("by name", () => {
  test("goes to the tenant that is named, also what it does not claim yet and what never had a tenant", () => {
    const acme = made("acme");
    const namespaces = [left("elsewhere", "globex", "globex-old"), left("free", undefined, undefined)];
    expect(told(named(["elsewhere", "free", "free"], acme, cluster([acme], namespaces)))).toEqual([
      "elsewhere acme adoptable",
      "free acme adoptable",
    ]);
  });

  test("is refused for what is missing, reserved, somebody's, or not settled; and done for what is its own", () => {
    const acme = made("acme");
    const namespaces = [
      left("kube-system", undefined, undefined),
      left("companyos-system", undefined, undefined),
      left("globex", "globex", "globex-new"),
      left("fresh", "acme", undefined),
      left("acme", "acme", "acme-new"),
    ];
    const names = ["none", "kube-system", "companyos-system", "globex", "fresh", "acme"];
    expect(told(named(names, acme, cluster([acme, made("globex")], namespaces)))).toEqual([
      "none acme refused NAMESPACE_MISSING",
      "kube-system acme refused NAMESPACE_RESERVED",
      "companyos-system acme refused NAMESPACE_RESERVED",
      "globex acme refused OWNED",
      "fresh acme refused NOT_SETTLED",
      "acme acme adopted",
    ]);
  });

  test("the way from a Tenant that exists never leads through Purge: its policy is named, and Retain comes first", () => {
    const acme = made("acme");
    const of = (spec: object) => {
      const held = [left("globex", "globex", "globex-new")];
      return named(["globex"], acme, cluster([acme, made("globex", spec)], held))[0]!.message!;
    };
    for (const spec of [{}, { deletionPolicy: "Retain" }]) {
      expect(of(spec)).toContain("(deletionPolicy Retain): delete that Tenant first; its namespaces stay");
    }
    expect(of({ deletionPolicy: "Purge" })).toMatch(
      /\(deletionPolicy Purge\).* DELETES its namespaces .* spec\.deletionPolicy to Retain first, then delete it$/,
    );
  });

  test("where both sides have agreed only the operator is waited for", () => {
    const acme = made("acme", { adopt: ["acme"] });
    const annotations = { "residency.companyos.io/adopt-by": "acme/acme-new" };
    const namespace = left("acme", "acme", "acme-old", { annotations });
    expect(told(named(["acme"], acme, cluster([acme], [namespace])))).toEqual(["acme acme waiting"]);
  });
});

test("what you may not read is decided by what is known, and it is said what one side alone leads to", () => {
  const tenants = [made("acme", { namespaces: ["old"] }), made("a", { namespaces: ["shared"] })];
  const names = ["old", "shared", "kube-system", "none"];
  const found = named(names, tenants[0]!, cluster(tenants, [], names.slice(0, 3)));
  expect(told(found)).toEqual([
    "old acme adoptable",
    "shared acme refused AMBIGUOUS",
    "kube-system acme refused NAMESPACE_RESERVED",
    "none acme refused NAMESPACE_MISSING",
  ]);
  expect(found[0]!.message).toMatch(/may not read this namespace.*Tenant acme is NamespaceConflict until/);
});

test("one side that is set waits for the other, which is said with who sets it and how; none is a refusal", () => {
  const acme = made("acme");
  const [item] = named(["free"], acme, cluster([acme], [left("free", undefined, undefined)]));
  const no = { code: "NOT_PERMITTED" as const, message: "somebody who may: do it" };
  expect(agreed(item!)).toMatchObject({ state: "waiting" });
  expect(agreed(item!)).not.toHaveProperty("code");
  expect(agreed(item!, undefined, no)).toMatchObject({
    state: "waiting",
    code: "NOT_PERMITTED",
    message: expect.stringMatching(
      /WAITING for the namespace's side: somebody who may: do it.*NamespaceConflict/,
    ),
  });
  expect(agreed(item!, no)).toMatchObject({
    state: "waiting",
    message: expect.stringContaining("WAITING for the Tenant's side: somebody who may: do it"),
  });
  expect(agreed(item!, no, no)).toMatchObject({ state: "refused", code: "NOT_PERMITTED" });
  expect(agreed(item!, { code: "TENANT_MISSING", message: "gone" })).toMatchObject({
    state: "refused",
    message: "gone",
  });
});

test("a Tenant is asked for no more than it does not say already", () => {
  expect(asking(made("acme", { adopt: ["acme"] }), ["acme"])).toBeUndefined();
  expect(asking(made("acme", { namespaces: ["b"], adopt: ["b"] }), ["acme", "b", "c"])).toEqual({
    adopt: ["b", "acme", "c"],
    namespaces: ["b", "c"],
  });
});

test("what was let go and is taken back leaves the list of what is let go, in the same write", () => {
  const acme = made("acme", { namespaces: ["b"], release: ["old", "older"] });
  expect(asking(acme, ["old"])).toEqual({
    adopt: ["old"],
    namespaces: ["b", "old"],
    release: ["older"],
  });
  expect(asking(acme, ["b"])).not.toHaveProperty("release");
});

test("what asks for nothing any more makes room: its own already, and what the Tenant does not claim", () => {
  const acme = made("acme", { namespaces: ["b", "c"], adopt: ["acme", "b", "left"] });
  expect(asking(acme, ["c"], new Set(["acme"]))).toEqual({ adopt: ["b", "c"] });
  // Nothing is written only to tidy up.
  expect(asking(acme, ["b"], new Set(["acme"]))).toBeUndefined();
});

test("a Tenant that is full says of which list, how many fit, and what to do", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
  expect(tooMuch("acme", { adopt: many(65), namespaces: many(64) })).toBeUndefined();
  expect(tooMuch("acme", { adopt: many(66), namespaces: many(65) })).toMatch(
    /^spec.namespaces of Tenant acme would have 65 names, and has room for 64: take out/,
  );
  expect(tooMuch("acme", { adopt: many(66) })).toMatch(
    /^spec.adopt of Tenant acme would have 66 names, and has room for 65: wait/,
  );
});

test("rights that a hand-over leaves in force are those of bindings that are not the footprint's", () => {
  const binding = (name: string, labels: Record<string, string>, subjects?: object[]): KubeObject => ({
    metadata: { name, labels },
    roleRef: { kind: "ClusterRole", name: "admin" },
    ...(subjects ? { subjects } : {}),
  });
  const tenant = { "residency.companyos.io/tenant": "acme" };
  const robot = { kind: "ServiceAccount", namespace: "acme", name: "robot" };
  const bindings = [
    binding("spies", {}, [{ kind: "User", name: "lena" }, robot]),
    binding("companyos-owners-edit", { ...tenant, "app.kubernetes.io/managed-by": "companyos" }),
    binding("charted", { ...tenant, "app.kubernetes.io/managed-by": "Helm" }),
  ];
  expect(standing(bindings)).toEqual([
    { name: "charted", role: "ClusterRole admin", subjects: [] },
    { name: "spies", role: "ClusterRole admin", subjects: ["User lena", "ServiceAccount acme/robot"] },
  ]);
  // What bears the name of one of the footprint does not stay.
  expect(standing([binding("companyos-owners-edit", {})])).toEqual([
    { name: "companyos-owners-edit", role: "ClusterRole admin", subjects: [], replaced: true },
  ]);
});
