import { createLogger } from "@companyos/service";
import { manualClock } from "@companyos/service/testing/manual-clock";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { connect, type KubeClient, type LeaderElection, runLeaderElection } from "../src/index.ts";
import { apiServer, json, type Thing } from "./api-server.ts";

const log = createLogger({ role: "test", write: () => {} });
/** A lease that outlasts every test, tried for often. */
const brisk = { leaseMs: 60_000, renewDeadlineMs: 40_000, retryMs: 40 };
/** For a clock moved by hand. */
const timing = { leaseMs: 60_000, renewDeadlineMs: 40_000, retryMs: 4_000 };

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
  clock?: ReturnType<typeof manualClock>,
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
    ...(clock ? timing : brisk),
  });
  running.push(election);
  return election;
}

/** Lets time go by until one of these leads, try by try, each answered; fails when that takes longer than `ms`. */
async function leadWithin(
  ms: number,
  clock: ReturnType<typeof manualClock>,
  ...elections: LeaderElection[]
): Promise<void> {
  const leads = () => elections.some((election) => election.isLeader());
  for (let gone = 0; ; gone += timing.retryMs) {
    // Who does not lead has one timer: its next try.
    await until("each waits to try again", () => leads() || clock.waiting().length === elections.length);
    if (leads()) return;
    expect(gone).toBeLessThanOrEqual(ms);
    clock.advance(timing.retryMs);
  }
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
  // Far sooner than the lease would have run out.
  await until("another leads", () => elections.some((election) => election.isLeader()));
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
  const began = performance.now();
  const election = elect("a");
  await until("it leads", () => election.isLeader());
  expect(performance.now() - began).toBeGreaterThanOrEqual(1000);
});

test.each([
  ["back", -3_600_000],
  ["forward", 3_600_000],
])(
  "a clock that is set %s by an hour neither ends a lead nor keeps one alive, nor delays who follows",
  async (_, jump) => {
    const clock = manualClock();
    let tenures = 0;
    const lead = (signal: AbortSignal) => {
      tenures++;
      return untilAborted(signal);
    };
    const first = elect("a", lead, new Registry(), clock);
    await until("it leads", () => first.isLeader());
    clock.set(jump);
    for (let gone = 0; gone < 2 * timing.leaseMs; gone += timing.retryMs) {
      await until("it waits to renew", () => clock.waiting()[0]! <= timing.retryMs);
      const before = lease?.metadata.resourceVersion;
      clock.advance(timing.retryMs);
      await until("it has renewed", () => lease?.metadata.resourceVersion !== before);
    }
    expect({ leads: first.isLeader(), tenures }).toEqual({ leads: true, tenures: 1 });

    const second = elect("b", untilAborted, new Registry(), clock);
    await until("the second knows the first", () => second.leader() === "a");
    clock.set(-jump);
    failing = true;
    clock.advance(timing.renewDeadlineMs);
    await until("the first stopped leading", () => !first.isLeader());
    failing = false;
    await leadWithin(timing.leaseMs + 2 * timing.retryMs, clock, first, second);
  },
);

test("a leader that cannot renew stops leading before its lease has run out, and leads again when it can", async () => {
  let ended = 0;
  const registry = new Registry();
  const clock = manualClock();
  const election = elect("a", (signal) => untilAborted(signal).then(() => void ended++), registry, clock);
  const status = async () =>
    (await registry.getSingleMetric("leader_election_master_status")?.get())?.values[0]?.value;
  await until("it leads", () => election.isLeader());
  expect(await status()).toBe(1);
  failing = true;
  // The clock then stands at two thirds of the lease.
  clock.advance(timing.renewDeadlineMs);
  await until("it stopped leading", () => ended === 1 && !election.isLeader());
  expect(await status()).toBe(0);
  failing = false;
  await leadWithin(2 * timing.retryMs, clock, election);
});

test("a lead that fails is given up so that another may take it", async () => {
  elect("a", () => Promise.reject(new Error("cannot lead")));
  await until("it was taken and given back", () => lease?.spec?.holderIdentity === "");
});
