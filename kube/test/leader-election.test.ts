import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import {
  connect,
  createLogger,
  type KubeClient,
  type LeaderElection,
  runLeaderElection,
  systemClock,
} from "../src/index.ts";
import { apiServer, json, type Thing, until } from "./api-server.ts";

const log = createLogger({ role: "test", write: () => {} });
const timing = { leaseMs: 600, renewDeadlineMs: 400, retryMs: 40 };

let server: Awaited<ReturnType<typeof apiServer>>;
let client: KubeClient;
let lease: (Thing & { spec?: { holderIdentity?: string; leaseTransitions?: number } }) | undefined;
let failing = false;
const running: LeaderElection[] = [];

beforeEach(async () => {
  server = await apiServer();
  client = await connect({ serviceAccountDir: server.dir, server: server.url });
  lease = undefined;
  failing = false;
  let version = 1;
  // One Lease with the API server's rule: a write must name the version it read.
  server.overrides.push((request, response, body) => {
    if (failing) return json(response, 500, { kind: "Status", code: 500 });
    if (request.method === "GET")
      return lease ? json(response, 200, lease) : json(response, 404, { kind: "Status", code: 404 });
    const sent = JSON.parse(body) as Thing;
    if (request.method === "POST" && lease)
      return json(response, 409, { kind: "Status", code: 409, reason: "AlreadyExists" });
    if (request.method === "PUT" && sent.metadata.resourceVersion !== lease?.metadata.resourceVersion) {
      return json(response, 409, { kind: "Status", code: 409, reason: "Conflict" });
    }
    lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(version++) } };
    return json(response, 200, lease);
  });
});
afterEach(async () => {
  failing = false;
  await Promise.all(running.splice(0).map((election) => election.stop()));
  await client.close();
  await server.stop();
});

function elect(
  identity: string,
  lead: (signal: AbortSignal) => Promise<void> | void = untilAborted,
  registry = new Registry(),
  clock = systemClock,
) {
  const election = runLeaderElection({
    client,
    namespace: "n",
    name: "l",
    identity,
    lead,
    log,
    registry,
    clock,
    ...timing,
  });
  running.push(election);
  return election;
}
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

test("one of three leads; when it stops it releases the lease and another leads at once", async () => {
  const elections = ["a", "b", "c"].map((name) => elect(name));
  await until("somebody leads", () => elections.some((election) => election.isLeader()));
  await until("all know who", () =>
    elections.every((election) => election.leader() === lease?.spec?.holderIdentity),
  );
  expect(elections.filter((election) => election.isLeader())).toHaveLength(1);
  const first = elections.find((election) => election.isLeader());
  await first?.stop();
  const freed = Date.now();
  await until("another leads", () => elections.some((election) => election.isLeader()));
  expect(Date.now() - freed).toBeLessThan(timing.leaseMs);
  expect(lease?.spec?.leaseTransitions).toBeGreaterThan(0);
});

test("a holder that vanished is waited for as long as its lease lasts, by our own clock, then followed", async () => {
  lease = {
    metadata: { name: "l", resourceVersion: "gone-1" },
    spec: {
      holderIdentity: "gone",
      leaseDurationSeconds: 1,
      renewTime: "1999-01-01T00:00:00.000000Z",
    } as never,
  };
  const began = Date.now();
  const election = elect("a");
  await until("it leads", () => election.isLeader());
  expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
});

test.each([
  ["back", -3_600_000],
  ["forward", 3_600_000],
])(
  "a clock that is set %s by an hour neither ends a lead nor keeps one alive, nor delays who follows",
  async (_, jump) => {
    let ahead = 0;
    const clock = { ...systemClock, now: () => Date.now() + ahead };
    let tenures = 0;
    const lead = (signal: AbortSignal) => {
      tenures++;
      return untilAborted(signal);
    };
    const first = elect("a", lead, new Registry(), clock);
    await until("it leads", () => first.isLeader());
    ahead = jump;
    await new Promise((resolve) => setTimeout(resolve, 2 * timing.leaseMs));
    expect({ leads: first.isLeader(), tenures }).toEqual({ leads: true, tenures: 1 });

    const second = elect("b", untilAborted, new Registry(), clock);
    await until("the second knows the first", () => second.leader() === "a");
    ahead = 0;
    failing = true;
    await until("the first stopped leading", () => !first.isLeader(), 2 * timing.leaseMs);
    failing = false;
    await until("one of them leads", () => first.isLeader() || second.isLeader());
  },
);

test("a leader that cannot renew stops leading before its lease has run out, and leads again when it can", async () => {
  let ended = 0;
  const registry = new Registry();
  const election = elect("a", (signal) => untilAborted(signal).then(() => void ended++), registry);
  const status = async () =>
    (await registry.getSingleMetric("leader_election_master_status")?.get())?.values[0]?.value;
  await until("it leads", () => election.isLeader());
  expect(await status()).toBe(1);
  const began = Date.now();
  failing = true;
  await until("it stopped leading", () => ended === 1);
  expect(Date.now() - began).toBeLessThan(timing.leaseMs);
  expect(election.isLeader()).toBe(false);
  expect(await status()).toBe(0);
  failing = false;
  await until("it leads again", () => election.isLeader());
});

test("a lead that fails is given up so that another may take it", async () => {
  elect("a", () => Promise.reject(new Error("cannot lead")));
  await until("it was taken and given back", () => lease?.spec?.holderIdentity === "");
});
