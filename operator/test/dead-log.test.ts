/** A log that takes nothing holds up what is owed to it, and nothing else; nobody but the ledger need remember that. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type KubeClient } from "@companyos/kube";
import { apiServer } from "@companyos/kube/testing/api-server";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import { type Clock, createLogger, systemClock } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import type { ControllerContext } from "../src/context.ts";
import { startDenials } from "../src/denials/controller.ts";
import type { Owed } from "../src/owed/owed.ts";
import { journalOf, testLedgers } from "./ledgers.ts";

const [eu, us] = ["eu-west-1", "us-east-1"] as const;
/** A hundred times as fast. */
const clock: Clock = { ...systemClock, after: (ms, run) => systemClock.after(ms / 100, run) };
const log = createLogger({ role: "operator", write: () => {} });

let dir: string;
let taken: ReceiptEvent[];
let dead: Set<string>;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "dead-log-"));
  [taken, dead] = [[], new Set()];
});
afterEach(() => rm(dir, { recursive: true }));

function ledgersOf(registry = new Registry()) {
  const journal = journalOf(async (event) => {
    if (dead.has(event.region))
      throw Object.assign(new Error(`${event.region} is dead`), { code: "no_region_key" });
    if (!taken.some(({ rid }) => rid === event.rid)) taken.push(event);
  });
  return testLedgers({ dir, journal, logs: new Set([eu, us]), clock, registry }).ledgers;
}
const inLog = (log: string) => taken.filter(({ region }) => region === log);

interface Noted {
  readonly owed?: readonly Owed[];
}
const openNotes = (ledgers: ReturnType<typeof ledgersOf>) =>
  ledgers.open<Noted, Owed>("notes", {
    event: (name, { rid, at, log: region }) =>
      receiptEvent("policy.changed", {
        rid,
        at,
        cluster: "c",
        region,
        reason: "PLAN_CHANGED",
        kind: "Tenant",
        disclosable: { rid, name, details: null },
      }),
  });
const rid = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, "0")}`;

test("what a controller owes and never sends is sent: soon after it is owed, and at the next start", async () => {
  const owes = [eu, us].map((log, n) => ({ log, rid: rid(n), at: Date.now() }));
  dead.add(us);
  const first = ledgersOf();
  const notes = await openNotes(first);
  await first.opened();
  await notes.change("acme", () => ({ state: {}, owes }));
  await until("the living log has it", () => inLog(eu).length === 1);
  await first.close();
  expect(inLog(us)).toEqual([]);
  dead.clear();
  const second = ledgersOf();
  const again = await openNotes(second);
  await second.opened();
  await until("both have it", () => [...again.owing()].length === 0);
  expect(taken.map(({ rid }) => rid)).toEqual([rid(0), rid(1)]);
  await second.close();
});

test("the sender waits for what its receipts tell besides; a refusal it tries again by itself", async () => {
  const ledgers = ledgersOf();
  const waits = await ledgers.open<Noted, Owed>("waits", {
    event: () => {
      throw new Error("not called");
    },
    whenSynced: (signal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  });
  await waits.change("acme", () => ({ state: {}, owes: [{ log: eu, rid: rid(1), at: Date.now() }] }));
  dead.add(eu);
  const notes = await openNotes(ledgers);
  await notes.change("acme", () => ({ state: {}, owes: [{ log: eu, rid: rid(2), at: Date.now() }] }));
  await notes.trySend("acme");
  expect([...notes.owing()]).toEqual(["acme"]);
  await ledgers.opened();
  dead.clear();
  await until("it is sent", () => inLog(eu).length === 1);
  expect([...waits.owing()]).toEqual(["acme"]);
  await ledgers.close();
});

test("however long keys have waited, a log that takes receipts again has all of them soon", async () => {
  // Nobody's own wait ends once it is longer than the look that some of them take.
  const soon: Clock = {
    ...clock,
    after: (ms, run) => (ms > 15_000 ? () => {} : systemClock.after(ms / 1000, run)),
  };
  let tries = 0;
  const journal = journalOf(async (event) => {
    tries += 1;
    if (dead.has(event.region))
      throw Object.assign(new Error(`${event.region} is dead`), { code: "no_region_key" });
    taken.push(event);
  });
  const { ledgers } = testLedgers({
    dir,
    journal,
    logs: new Set([eu]),
    clock: soon,
    registry: new Registry(),
  });
  const notes = await openNotes(ledgers);
  await ledgers.opened();
  dead.add(eu);
  const keys = Array.from({ length: 60 }, (_, n) => n);
  await Promise.all(
    keys.map((n) =>
      notes.change(`${n}`, () => ({ state: {}, owes: [{ log: eu, rid: rid(n), at: Date.now() }] })),
    ),
  );
  // The thirteenth wait is 20 s: by themselves they come no more often.
  await until("some of them to look beyond their own waits", () => tries > 60 * 13);
  dead.clear();
  await until("it has all of them", () => [...notes.owing()].length === 0);
  expect(taken).toHaveLength(60);
  await ledgers.close();
});

test("API servers are read on beside a dead log: what one that starts again has counted is owed to every log", async () => {
  const server = await apiServer();
  const kube: KubeClient = await connect({ serviceAccountDir: server.dir, server: server.url });
  let page = "";
  server.overrides.push(({ url }, response) => {
    if (url !== "/metrics") return false;
    response.writeHead(200, { "content-type": "text/plain" }).end(page);
    return true;
  });
  const counts = (started: number, refused: number) => {
    page = [
      `apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="companyos-pinned",policy_binding="companyos-pinned"} ${refused}`,
      `process_start_time_seconds ${started}`,
      "",
    ].join("\n");
  };
  dead.add(us);
  counts(1_700_000_000, 2);
  const registry = new Registry();
  const ledgers = ledgersOf(registry);
  const context = { kube, log, registry, clock, ledgers, logs: new Set([eu, us]), cluster: "c" };
  // The inventory and what else there is are never asked.
  const controller = await startDenials(context as unknown as ControllerContext);
  await ledgers.opened();
  const counted = (log: string) => inLog(log).map(({ count }) => count);
  await until("the first process is accounted for", () => counted(eu).length === 1);
  // Each has gone before the next one is there: what was not read of it is lost.
  for (const [i, refused] of [3, 5, 7].entries()) {
    counts(1_700_001_000 + 1_000 * i, refused);
    await until(`process ${i} is accounted for`, () => counted(eu).length === 2 + i);
  }
  expect(counted(us)).toEqual([]);
  dead.clear();
  await until("the other log has all of it", () => counted(us).length === 4);
  expect([counted(eu), counted(us).toSorted()]).toEqual([
    [2, 3, 5, 7],
    [2, 3, 5, 7],
  ]);
  await controller.stop();
  await ledgers.close();
  await kube.close();
  await server.stop();
});
