import type { Region, ResidencyPolicy, Tenant } from "@companyos/crds";
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { PlanChange } from "../src/index.ts";
import { namespaceFacts } from "../src/namespaces.ts";
import { createView } from "../src/view.ts";
import { node, policy, region, tenant, vouchedLabel } from "./objects.ts";

let ready: boolean;
let changes: PlanChange[];
let topologies: number;
let errors: unknown[];
let uncompiled: [readonly string[], unknown][];
let view: ReturnType<typeof createView>;

beforeEach(() => {
  ready = true;
  changes = [];
  topologies = 0;
  errors = [];
  uncompiled = [];
  view = createView({
    ready: () => ready,
    whenReady: async () => {},
    unknownNamespace: () => ({ state: "error", code: "CACHE_NOT_SYNCED", message: "unseen" }),
    onCallbackError: (error) => void errors.push(error),
    onUncompiled: (...failure) => void uncompiled.push(failure),
    stop: async () => {},
  });
  view.inventory.onPlanChange((change) => void changes.push(change));
  view.inventory.onTopologyChange(() => void topologies++);
});

const put = {
  tenant: (...args: Parameters<typeof tenant>) => view.feed.putTenant(tenant(...args) as Tenant),
  policy: (...args: Parameters<typeof policy>) => view.feed.putPolicy(policy(...args) as ResidencyPolicy),
  region: (...args: Parameters<typeof region>) => view.feed.putRegion(region(...args) as Region),
  node: (name: string, labels = {}) =>
    view.feed.putNode({ name, labels: node(name, labels).metadata.labels }),
  namespace(name: string, owner: string | undefined, allowed = "", topologyPinned?: string) {
    const labels: Record<string, string> =
      owner === undefined ? {} : { "residency.companyos.io/tenant": owner };
    const annotations = {
      "residency.companyos.io/allowed-regions": allowed,
      ...(topologyPinned === undefined ? {} : { "residency.companyos.io/topology-pinned": topologyPinned }),
    };
    view.feed.putNamespace(namespaceFacts({ metadata: { name, labels, annotations } }));
  },
};

function settled(): void {
  put.region("eu-west-1", "EU");
  put.region("us-east-1", "US");
  put.tenant("acme", "eu-west-1", {}, { tier: "gold" });
  put.tenant("globex", "us-east-1");
  put.namespace("acme", "acme", "eu-west-1");
  put.namespace("globex", "globex", "us-east-1");
  put.namespace("free", undefined);
  put.node("n1", vouchedLabel("eu-west-1"));
  view.feed.settle();
  changes = [];
  topologies = 0;
}
const regionsOf = (name: string) => view.inventory.plan(name)?.regions;

describe("looking up a namespace", () => {
  test("nothing is said before everything is there, and no plan is compiled from half the policies", () => {
    ready = false;
    settled();
    expect(view.inventory.lookup("acme")).toMatchObject({ state: "error", code: "CACHE_NOT_SYNCED" });
    expect([...view.inventory.plans()]).toEqual([]);
    ready = true;
    expect(view.inventory.lookup("acme")).toMatchObject({ state: "tenant", plan: { tenant: "acme" } });
  });

  test("names plan and topology, or says why not", () => {
    settled();
    put.namespace("orphan", "gone");
    expect(view.inventory.lookup("acme")).toMatchObject({
      plan: { regions: ["eu-west-1"] },
      topology: { pin: ["eu-west-1"] },
    });
    put.namespace("mixed", "acme", "eu-west-1,us-east-1", "us-east-1");
    expect(view.inventory.lookup("mixed")).toMatchObject({
      topology: { pin: ["eu-west-1", "us-east-1"], topologyPinned: ["us-east-1"] },
    });
    put.namespace("again", "acme", "eu-west-1,us-east-1");
    expect(view.inventory.topology("again")).not.toHaveProperty("topologyPinned");
    expect(view.inventory.lookup("free")).toEqual({ state: "unclaimed" });
    expect(view.inventory.lookup("orphan")).toMatchObject({ code: "TENANT_UNKNOWN" });
    expect(view.inventory.lookup("never-seen")).toMatchObject({ code: "CACHE_NOT_SYNCED" });
  });

  test("gives the same lookup until something it rests on changes", () => {
    settled();
    const before = view.inventory.lookup("acme");
    expect(view.inventory.lookup("acme")).toBe(before);
    put.tenant("globex", "us-east-1", { regions: ["us-east-1", "eu-west-1"] });
    expect(view.inventory.lookup("acme")).toBe(before);
    put.policy("nobody", { regions: ["us-east-1"] });
    expect(view.inventory.lookup("acme")).toMatchObject({ plan: { regions: [] } });
  });

  test("a tenant that appears after its namespace, and one that goes, are noticed at once", () => {
    settled();
    put.namespace("late", "late", "eu-west-1");
    expect(view.inventory.lookup("late")).toMatchObject({ code: "TENANT_UNKNOWN" });
    put.tenant("late", "eu-west-1");
    expect(view.inventory.lookup("late")).toMatchObject({ state: "tenant" });
    view.feed.dropTenant("late");
    expect(view.inventory.lookup("late")).toMatchObject({ code: "TENANT_UNKNOWN" });
  });

  test("a namespace that changes hands or loses its label is noticed at once", () => {
    settled();
    put.namespace("acme", "globex", "us-east-1");
    expect(view.inventory.lookup("acme")).toMatchObject({
      plan: { tenant: "globex" },
      topology: { pin: ["us-east-1"] },
    });
    put.namespace("acme", undefined);
    expect(view.inventory.lookup("acme")).toEqual({ state: "unclaimed" });
    expect(view.inventory.namespacesOf("globex")).toEqual(["globex"]);
  });

  test("by uid: what a former tenant of the name left behind has no plan, until it is handed over", () => {
    settled();
    const made = (uid: string) => {
      const { metadata, ...rest } = tenant("acme", "us-east-1");
      view.feed.putTenant({ ...rest, metadata: { ...metadata, uid } } as Tenant);
    };
    const owned = (uid: string | undefined) => {
      const labels: Record<string, string> = { "residency.companyos.io/tenant": "acme" };
      if (uid !== undefined) labels["residency.companyos.io/tenant-uid"] = uid;
      const annotations = { "residency.companyos.io/allowed-regions": "eu-west-1" };
      view.feed.putNamespace(namespaceFacts({ metadata: { name: "acme", labels, annotations } }));
    };
    made("first");
    owned("first");
    expect(view.inventory.lookup("acme")).toMatchObject({ plan: { tenant: "acme", uid: "first" } });

    // Deleted and made again may be told as one update.
    made("second");
    const refused = { state: "error", code: "NAMESPACE_NOT_ITS_TENANTS" };
    expect(view.inventory.lookup("acme")).toMatchObject(refused);
    expect(view.inventory.lookup("acme")).toMatchObject({
      message: expect.stringContaining("companyos adopt"),
    });
    // What it says of itself still holds in process.
    expect(view.inventory.topology("acme").pin).toEqual(["eu-west-1"]);
    view.feed.dropTenant("acme");
    expect(view.inventory.lookup("acme")).toMatchObject({ code: "TENANT_UNKNOWN" });
    made("third");
    expect(view.inventory.lookup("acme")).toMatchObject(refused);
    owned("orphaned");
    expect(view.inventory.lookup("acme")).toMatchObject(refused);
    owned("third");
    expect(view.inventory.lookup("acme")).toMatchObject({ plan: { tenant: "acme", uid: "third" } });
    // An earlier release wrote it, and the operator of this one has not been there yet.
    owned(undefined);
    expect(view.inventory.lookup("acme")).toMatchObject({ plan: { tenant: "acme", uid: "third" } });
  });

  test("a topology in hand stays as it was; the next one knows the new node", () => {
    settled();
    const before = view.inventory.topology("acme");
    put.node("n2", vouchedLabel("us-east-1"));
    expect(before.nodes.has("n2")).toBe(false);
    expect(view.inventory.topology("acme").nodes.get("n2")?.region).toBe("us-east-1");
    expect(view.inventory.topology("acme")).toBe(view.inventory.topology("acme"));
  });
});

describe("changes", () => {
  test("a policy's change recompiles the tenants it selected or selects, and tells only plans that differ", () => {
    settled();
    put.policy("gold", { jurisdictions: ["US"] }, { tenantSelector: { matchLabels: { tier: "gold" } } });
    view.feed.settle();
    expect(changes.map(({ tenant, plan }) => [tenant, plan?.regions])).toEqual([["acme", []]]);
    put.policy("gold", { jurisdictions: ["US"] }, { tenantSelector: { matchLabels: { tier: "lead" } } });
    expect(regionsOf("acme")).toEqual(["eu-west-1"]);
    view.feed.dropPolicy("gold");
    view.feed.settle();
    expect(changes).toHaveLength(2);
  });

  test("a tenant's status changes no plan; a Region's jurisdiction may change any", () => {
    settled();
    view.feed.putTenant({
      ...tenant("acme", "eu-west-1", {}, { tier: "gold" }),
      status: { mode: "Warn" },
    } as never);
    view.feed.settle();
    expect(changes).toEqual([]);
    put.policy("eu", { jurisdictions: ["EU"] });
    put.region("us-east-1", "EU");
    view.feed.settle();
    expect(regionsOf("globex")).toEqual(["us-east-1"]);
  });

  test("the home in effect that a tenant's status says is the plan's, while it asks for one that is no Region", () => {
    settled();
    const says = (spec: object, status?: object) => {
      const object = tenant("acme", "us-east-1", spec, { tier: "gold" });
      // As much of a status as the test is about.
      view.feed.putTenant({ ...object, status } as unknown as Tenant);
      return view.inventory.plan("acme");
    };
    const mistyped = { homeRegion: "eu-wset-1", regions: ["eu-west-1", "eu-wset-1"] };
    const status = { homeRegion: "eu-west-1" };
    expect(says(mistyped, status)).toMatchObject({ homeRegion: "eu-west-1", requestedHome: "eu-wset-1" });
    expect(says(mistyped)).toMatchObject({ homeRegion: "eu-wset-1" });
    expect(says(mistyped, status)).toMatchObject({ homeRegion: "eu-west-1" });
    put.region("eu-wset-1", "EU");
    expect(view.inventory.plan("acme")).toMatchObject({ homeRegion: "eu-wset-1" });
  });

  test("are told once for a whole list, soon after it", async () => {
    settled();
    for (let i = 0; i < 50; i++) put.node(`m${i}`);
    expect(topologies).toBe(0);
    await Promise.resolve();
    expect(topologies).toBe(1);
  });

  test("a node whose labels did not change is no change of the topology", async () => {
    settled();
    put.node("n1", vouchedLabel("eu-west-1"));
    await Promise.resolve();
    expect(topologies).toBe(0);
  });

  test("a listener that comes late is told of every plan; one that throws harms nobody", () => {
    settled();
    const late: string[] = [];
    view.inventory.onPlanChange(() => {
      throw new Error("bad listener");
    });
    view.inventory.onPlanChange(({ tenant }) => void late.push(tenant));
    expect(late.sort()).toEqual(["acme", "globex"]);
    expect(errors).toHaveLength(2);
  });
});

test("looking up makes nothing anew: the same lookup is given until something changes", () => {
  put.region("eu-west-1", "EU");
  for (const name of ["acme", "globex"]) {
    put.tenant(name, "eu-west-1");
    put.namespace(name, name, "eu-west-1");
  }
  view.feed.settle();
  const before = view.inventory.lookup("acme");
  expect(view.inventory.lookup("acme")).toBe(before);
  expect(view.inventory.topology("acme")).toBe(view.inventory.topology("acme"));
});

describe("a plan that cannot be compiled", () => {
  const unreadable = { spec: {}, metadata: { name: "broken" } } as unknown as ResidencyPolicy;

  test("blocks, is told with the error once for all tenants, and says why", () => {
    settled();
    view.feed.putPolicy(unreadable);
    view.feed.settle();
    expect(view.inventory.lookup("acme")).toMatchObject({ state: "error", code: "PLAN_MISSING" });
    expect(changes).toMatchObject([
      { tenant: "acme", plan: undefined },
      { tenant: "globex", plan: undefined },
    ]);
    expect(uncompiled).toEqual([[["acme", "globex"], expect.any(TypeError)]]);
    const [, error] = uncompiled[0]!;
    expect(view.inventory.planProblems("acme")).toEqual([
      {
        code: "PLAN_MISSING",
        source: "Tenant/acme",
        message: `Tenant/acme has no plan, and every placement is refused: ${(error as Error).message}`,
      },
    ]);
  });

  test("is there again, without the problem, once what was wrong is gone", () => {
    settled();
    view.feed.putPolicy(unreadable);
    view.feed.settle();
    view.feed.dropPolicy("broken");
    view.feed.settle();
    expect(regionsOf("acme")).toEqual(["eu-west-1"]);
    expect(view.inventory.planProblems("acme")).toEqual([]);
    expect(uncompiled).toHaveLength(1);
  });
});
