/** What is owed for a namespace that was handed over is sent by itself: it holds up nobody, and outlives everybody. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annotations, labels, type Region } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import { connect, createReflector, type KubeClient, type KubeObject, resources } from "@companyos/kube";
import { apiServer, json } from "@companyos/kube/testing/api-server";
import type { Plan } from "@companyos/policies";
import type { ReceiptEvent } from "@companyos/receipts";
import { createLogger, systemClock } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import type { ControllerContext } from "../src/context.ts";
import { runAdoptions } from "../src/tenants/adoptions/controller.ts";
import { type Adoptions, openAdoptions } from "../src/tenants/adoptions/owed.ts";
import { journalOf, testLedgers } from "./ledgers.ts";

const [eu, us] = ["eu-west-1", "us-east-1"] as const;
const plan = (tenant: string, homeRegion: string): Plan => ({
  tenant,
  uid: `${tenant}-uid`,
  homeRegion,
  regions: [homeRegion],
  mode: "Enforce",
  policies: [],
  digest: "sha256:1",
});

let server: Awaited<ReturnType<typeof apiServer>>;
let kube: KubeClient;
let dir: string;
let stops: (() => Promise<void>)[];
/** What journals took, and those that take nothing. */
let taken: ReceiptEvent[];
let dead: Set<string>;
/** Journals take nothing before this. */
let held: Promise<void>;
/** Somebody writes before a write of the controller arrives. */
let overtake: () => void;
let plans: Map<string, Plan>;
let plansChanged: () => void;

beforeEach(async () => {
  server = await apiServer();
  kube = await connect({ serviceAccountDir: server.dir, server: server.url });
  dir = await mkdtemp(join(tmpdir(), "adoptions-"));
  [stops, taken, dead, plans] = [[], [], new Set(), new Map()];
  [held, overtake] = [Promise.resolve(), () => {}];
  server.overrides.push(({ method, url }, response, body) => {
    if (method !== "PATCH") return false;
    const name = url!.split("?")[0]!.split("/").at(-1)!;
    overtake();
    const { annotations: changes, resourceVersion } = JSON.parse(body).metadata;
    if (resourceVersion !== undefined && resourceVersion !== versions.get(name))
      return json(response, 409, { kind: "Status", code: 409, reason: "Conflict", message: "it changed" });
    const now = Object.entries({ ...noted.get(name), ...changes }).filter(([, value]) => value !== null);
    return json(response, 200, handOver(name, Object.fromEntries(now) as Record<string, string>));
  });
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  await kube.close();
  await server.stop();
  await rm(dir, { recursive: true });
});

const noted = new Map<string, Record<string, string>>();
const versions = new Map<string, string>();
/** The namespace is `acme`'s now, and bears these annotations. */
function handOver(name: string, said: Record<string, string>) {
  noted.set(name, said);
  const owner = { [labels.tenant]: "acme", [labels.tenantUid]: "acme-uid" };
  const made = server.set(name, { metadata: { name, labels: owner, annotations: said } });
  versions.set(name, made.metadata.resourceVersion!);
  return made;
}
const receipts = { [annotations.adoptionReceipt]: "id-1", [annotations.releaseReceipt]: `id-2/globex/${us}` };

/** One life of the operator; `logs` have a notary, `registered` are Regions. */
async function operator(options: { logs: string[]; registered?: string[] }) {
  const registry = new Registry();
  const log = createLogger({ role: "operator", write: () => {} });
  const journal = journalOf(async (event) => {
    await held;
    if (dead.has(event.region))
      throw Object.assign(new Error(`${event.region} is dead`), { code: "no_region_key" });
    if (!taken.some(({ rid }) => rid === event.rid)) taken.push(event);
  });
  const logs = new Set(options.logs);
  const { ledgers } = testLedgers({ dir, journal, logs, clock: systemClock, registry });
  const adoptions: Adoptions = await openAdoptions(ledgers, "c");
  const namespaces = createReflector<KubeObject>({
    client: kube,
    resource: resources.namespaces as never,
    indices: {
      owner: ({ metadata }) => [metadata.labels?.[labels.tenantUid] ?? ""],
      uid: ({ metadata }) => [metadata.uid ?? ""],
    },
    log,
    registry,
  });
  const listeners = new Set<Parameters<Inventory["onPlanChange"]>[0]>();
  plansChanged = () => {
    for (const told of listeners)
      for (const plan of plans.values()) told({ tenant: plan.tenant, plan, old: undefined });
  };
  const inventory = {
    whenSynced: async () => {},
    plan: (tenant: string) => plans.get(tenant),
    onPlanChange(told: Parameters<Inventory["onPlanChange"]>[0]) {
      listeners.add(told);
      return () => void listeners.delete(told);
    },
    onTopologyChange: () => () => {},
    regions: () =>
      (options.registered ?? options.logs).map((name) => ({ metadata: { name } }) as unknown as Region),
  };
  const context = {
    kube,
    log,
    registry,
    clock: systemClock,
    inventory,
    logs,
    inForce: (plan: unknown) => plan,
  };
  // The inventory's other half is never asked.
  const controller = runAdoptions(
    context as unknown as ControllerContext,
    { namespaces, namespacesOf: (uid) => namespaces.store.byIndex("owner", uid) },
    adoptions,
  );
  namespaces.start();
  await ledgers.opened();
  const stop = async () => {
    await controller.stop();
    await ledgers.close();
    await namespaces.stop();
  };
  stops.push(stop);
  return {
    adoptions,
    owe: (namespace: KubeObject) => controller.owe(namespace),
    inStore: (name: string) => namespaces.store.get(name),
    stop: () => {
      stops.splice(stops.indexOf(stop), 1);
      return stop();
    },
  };
}

const sent = () => taken.map(({ type, region }) => `${type} ${region}`).sort();
const both = [`namespace.adopted ${eu}`, `namespace.released ${us}`];

test("a dead log holds up its own receipt only, which is sent though namespace and Tenant are gone by then", async () => {
  plans.set("acme", plan("acme", eu));
  handOver("shared", receipts);
  dead.add(us);
  const first = await operator({ logs: [eu, us] });
  await until("the living log has its own", sent, (all) => all.length === 1);
  expect(sent()).toEqual([`namespace.adopted ${eu}`]);
  await until(
    "what is sent is noted no more",
    () => Object.keys(noted.get("shared")!),
    (keys) => keys.join() === annotations.releaseReceipt,
  );
  server.remove("shared");
  plans.clear();
  await first.stop();
  dead.clear();
  const { adoptions } = await operator({ logs: [eu, us] });
  await until("both have theirs", sent, (all) => all.length === 2);
  expect(sent()).toEqual(both);
  await until("nothing is remembered", () => adoptions.size === 0);
});

test("a log without a notary is owed, and gets it once it has one, whatever the namespace bears by then", async () => {
  plans.set("acme", plan("acme", eu));
  handOver("shared", receipts);
  const first = await operator({ logs: [eu], registered: [eu, us] });
  await until(
    "its receipt is owed",
    () => [...first.adoptions.owed()].map(({ log }) => log),
    (owed) => owed.join() === us,
  );
  handOver("shared", {});
  await first.stop();
  await operator({ logs: [eu, us] });
  await until("both have theirs", sent, (all) => all.length === 2);
  expect(sent()).toEqual(both);
});

test("what is noted for a home that does not exist waits on the namespace for the home that comes", async () => {
  plans.set("acme", plan("acme", "eu-wset-1"));
  handOver("shared", { [annotations.adoptionReceipt]: "id-1" });
  handOver("other", { [annotations.releaseReceipt]: `id-2/globex/${us}` });
  const { adoptions } = await operator({ logs: [eu, us] });
  await until(
    "the other one's is sent, and noted no more",
    () => Object.keys(noted.get("other")!).length === 0,
  );
  expect([sent(), [...adoptions.owed()]]).toEqual([[`namespace.released ${us}`], []]);
  plans.set("acme", plan("acme", eu));
  plansChanged();
  await until("both have theirs", sent, (all) => all.length === 2);
  expect(sent()).toEqual(both);
});

test("what is noted in the moment in which a note of before is taken off stays until it is sent as well", async () => {
  plans.set("acme", plan("acme", eu));
  handOver("shared", { [annotations.adoptionReceipt]: "id-1" });
  const next = { [annotations.adoptionReceipt]: "id-3" };
  // The API server has it, and no watch has told of it yet.
  overtake = () => {
    overtake = () => {};
    noted.set("shared", next);
    versions.set("shared", "not told yet");
  };
  const { adoptions } = await operator({ logs: [eu, us] });
  await until("the note of before is to be taken off", () => versions.get("shared") === "not told yet");
  expect(noted.get("shared")).toEqual(next);
  handOver("shared", next);
  await until("what is sent is noted no more", () => Object.keys(noted.get("shared")!).length === 0);
  await until("nothing is remembered", () => adoptions.size === 0);
  expect(taken.map(({ rid }) => rid)).toEqual(["id-1", "id-3"]);
});

test("what is noted comes into the ledger before a hand-over writes over it, and once", async () => {
  plans.set("acme", plan("acme", eu));
  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  handOver("busy", { [annotations.adoptionReceipt]: "id-0" });
  const { adoptions, owe, inStore } = await operator({ logs: [eu, us] });
  await until("the controller waits for a journal", () => [...adoptions.owed()].length === 1);
  const live = handOver("shared", receipts);
  await until("the namespace is seen", () => inStore("shared"));
  await owe(live);
  await owe(live);
  expect(Array.from(adoptions.owed(), ({ rid }) => rid)).toEqual(["id-0", "id-1", "id-2"]);
  handOver("shared", {});
  await until("that is seen", () => Object.keys(inStore("shared")!.metadata.annotations!).length === 0);
  gate.resolve();
  await until("nothing is remembered", () => adoptions.size === 0);
  // Too late: it was sent, and is forgotten.
  await owe(live);
  expect(adoptions.size).toBe(0);
  expect(taken.map(({ rid }) => rid).sort()).toEqual(["id-0", "id-1", "id-2"]);
});

test("and waits there although the namespace changes hands meanwhile", async () => {
  plans.set("acme", plan("acme", eu));
  plans.set("globex", plan("globex", "eu-wset-1"));
  const earlier = [
    `adopted/id-1/globex/globex-uid/x/`,
    `released/id-2/globex/globex-uid/acme-uid/`,
    `adopted/id-3/gone/gone-uid/x/`,
  ];
  handOver("shared", {
    [annotations.earlierReceipts]: earlier.join(),
    [annotations.adoptionReceipt]: "id-4",
  });
  await operator({ logs: [eu, us] });
  await until("the last one is sent", sent, (all) => all.length === 1);
  expect(taken.map(({ rid }) => rid)).toEqual(["id-4"]);
  plans.set("globex", plan("globex", us));
  plansChanged();
  await until("the earlier ones are too", sent, (all) => all.length === 3);
  expect(sent()).toEqual([`namespace.adopted ${eu}`, `namespace.adopted ${us}`, `namespace.released ${us}`]);
  await until(
    "what is sent is noted no more",
    () => noted.get("shared")!,
    (said) => JSON.stringify(said) === JSON.stringify({ [annotations.earlierReceipts]: earlier[2] }),
  );
});
