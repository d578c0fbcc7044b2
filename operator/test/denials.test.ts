import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Accounted, account, forgettable, processOf, told } from "../src/denials/account.ts";
import { settledInProcess } from "../src/denials/event.ts";
import { Paces } from "../src/denials/pace.ts";
import { isRead, type Reading, readMetrics } from "../src/denials/reading.ts";
import { Uptimes, uptimeOf } from "../src/denials/uptimes.ts";

const page = `# HELP apiserver_validating_admission_policy_check_total [BETA] Validation admission policy check total
# TYPE apiserver_validating_admission_policy_check_total counter
apiserver_validating_admission_policy_check_total{enforcement_action="audit",error_type="no_error",policy="companyos-actual-node",policy_binding="companyos-actual-node"} 7
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="companyos-actual-node",policy_binding="companyos-actual-node"} 7
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="invalid_error",policy="companyos-actual-node",policy_binding="companyos-actual-node"} 2
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="companyos-pinned",policy_binding="companyos-pinned"} 1e+06
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="somebody-elses",policy_binding="companyos-pinned"} 5
apiserver_mutating_admission_policy_check_total{error_type="no_error",policy="companyos-pin",policy_binding="companyos-pin"} 790
apiserver_mutating_admission_policy_check_total{error_type="invalid_error",policy="companyos-pin",policy_binding="companyos-pin"} 6
apiserver_mutating_admission_policy_check_total{error_type="out_of_budget",policy="companyos-pin",policy_binding="companyos-pin"} 1
apiserver_mutating_admission_policy_check_total{error_type="invalid_error",policy="somebody-elses",policy_binding="companyos-pin"} 50
apiserver_admission_match_condition_evaluation_errors_total{kind="policy",name="companyos-pin",operation="CREATE",type="validate"} 3
apiserver_admission_match_condition_evaluation_errors_total{kind="policy",name="companyos-pinned",operation="CREATE",type="validate"} 70
apiserver_admission_match_condition_evaluation_errors_total{kind="webhook",name="companyos-pin",operation="CREATE",type="admit"} 80
apiserver_validating_admission_policy_check_duration_seconds_count{enforcement_action="deny",policy="companyos-pinned"} 9
apiserver_admission_webhook_fail_open_count{name="placements.residency.companyos.io",type="validating"} 4
apiserver_admission_webhook_fail_open_count{name="bindings.residency.companyos.io",type="admit"} 2
apiserver_admission_webhook_fail_open_count{name="pods.residency.companyos.io",type="admit"} 1
apiserver_admission_webhook_fail_open_count{name="eu-west-1.pods.residency.companyos.io",type="admit"} 3
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="companyos-of-somebody",policy_binding="b"} 8
apiserver_mutating_admission_policy_check_total{error_type="invalid_error",policy="companyos-pin-2",policy_binding="b"} 8
apiserver_admission_webhook_fail_open_count{name="scales.residency.companyos.io",type="validating"} 8
apiserver_admission_webhook_fail_open_count{name="stranger.residency.companyos.io",type="validating"} 8
apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="no_error",policy="companyos-static-guard.static.k8s.io",policy_binding="b"} 2
apiserver_admission_webhook_fail_open_count{name="somebody.example.com",type="admit"} 3
process_start_time_seconds 1.79541439703e+09
`;

describe("the API server's page", () => {
  test("is read for our policies' refusals, whatever the binding or the kind of error, and for our silent webhooks", () => {
    const { started, counted } = readMetrics(page);
    expect(started).toBe(179_541_439_703);
    expect(Object.fromEntries(counted)).toEqual({
      "bindings.residency.companyos.io": 2,
      "pods.residency.companyos.io": 4,
      "placements.residency.companyos.io": 4,
      "companyos-actual-node": 9,
      "companyos-static-guard.static.k8s.io": 2,
      // What it could not evaluate, be it the patch or whether there is anything to patch; validating policies count the
      // latter among their checks.
      "companyos-pin": 10,
      "companyos-pinned": 1_000_000,
    });
  });

  test("says the same when only the lines that are read are kept", () => {
    expect(readMetrics(page.split("\n").filter(isRead).join("\n"))).toEqual(readMetrics(page));
  });

  test.each(["", "process_start_time_seconds NaN\n", "<html>"])(
    "without anything of ours is no refusal: %j",
    (text) => {
      expect(readMetrics(text)).toEqual({ started: 0, counted: new Map() });
    },
  );
});

const now = 1_795_414_500_000;
const reading = (started: number, counted: Record<string, number>): Reading => ({
  started,
  counted: new Map(Object.entries(counted)),
});

/** Reads one after the other, as the controller does; gives all increases as `name from-to`. */
function read(known: Map<string, Accounted>, ...readings: Reading[]): string[] {
  return readings.flatMap((one) => {
    const result = account(known, one, now);
    if (!result) return [];
    known.set(result.process, result.entry);
    return result.increases.map(({ name, from, to }) => `${name} ${from}-${to}`);
  });
}

describe("what is accounted for", () => {
  test("is each policy's increase, once", () => {
    expect(
      read(
        new Map(),
        reading(1000, { a: 2 }),
        reading(1000, { a: 2 }),
        reading(1000, { a: 3, b: 1 }),
        reading(1000, { a: 3, b: 4 }),
      ),
    ).toEqual(["a 0-2", "a 2-3", "b 0-1", "b 1-4"]);
  });

  test("begins at 0 again with an API server that was started again, though it counts higher by now", () => {
    expect(read(new Map(), reading(1000, { a: 2 }), reading(90_000, { a: 5 }))).toEqual(["a 0-2", "a 0-5"]);
  });

  test("is kept apart for several API servers, met in any order", () => {
    const [one, two] = [(a: number) => reading(1000, { a }), (a: number) => reading(1003, { a })];
    expect(read(new Map(), one(5), two(1), one(6), two(1), two(9), one(6))).toEqual([
      "a 0-5",
      "a 0-1",
      "a 5-6",
      "a 1-9",
    ]);
  });

  test("does not depend on the seconds of a clock that was stepped a little", () => {
    expect(
      read(new Map(), reading(100_042, { a: 2 }), reading(100_142, { a: 2 }), reading(99_942, { a: 3 })),
    ).toEqual(["a 0-2", "a 2-3"]);
  });

  test.each([-360_000, 360_000])(
    "does not depend on a clock that was set by %d hundredths of a second: how long it has been up tells",
    (by) => {
      const known = new Map<string, Accounted>();
      const uptimes = new Uptimes();
      const at = (elapsed: number, dated: number, started: number, counted: Record<string, number>) => {
        const uptimeMs = uptimeOf(new Date(dated * 10).toUTCString(), started);
        const continues = (process: string) => uptimes.continues(process, uptimeMs, elapsed);
        const result = account(known, reading(started, counted), now, continues);
        const process = processOf(known, started, continues);
        if (result) known.set(result.process, result.entry);
        uptimes.seen(process, uptimeMs, elapsed);
        return result?.increases.map(({ name, from, to }) => `${name} ${from}-${to}`) ?? [];
      };
      const began = 179_541_439_703;
      expect(at(0, began + 100_000, began, { a: 2 })).toEqual(["a 0-2"]);
      // Set between two looks, a minute apart; then looked at again, also by an operator that was started anew.
      expect(at(60_000, began + 106_000 + by, began + by, { a: 3 })).toEqual(["a 2-3"]);
      expect(at(120_000, began + 112_000 + by, began + by, { a: 3 })).toEqual([]);
      expect(read(known, reading(began + by, { a: 4 }))).toEqual(["a 3-4"]);
      // The same hundredths by chance, but just started.
      expect(at(180_000, began + 118_200, began + 118_000, { a: 9 })).toEqual(["a 0-9"]);
    },
  );

  test("without a start time, a counter that fell began again", () => {
    expect(read(new Map(), reading(0, { a: 5 }), reading(0, { a: 2 }), reading(0, { b: 1 }))).toEqual([
      "a 0-5",
      "a 0-2",
      "b 0-1",
    ]);
  });

  test("adds up to what every process had counted when it was read last, over restarts of it and of us", () => {
    const step = fc.record({
      server: fc.nat(2),
      refuse: fc.nat(4),
      policy: fc.constantFrom("a", "b"),
      restart: fc.boolean(),
      read: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let clock = 1000;
        const begin = () => {
          clock += 1001;
          return { started: clock, refused: {} as Record<string, number> };
        };
        const servers = [begin(), begin(), begin()];
        const known = new Map<string, Accounted>();
        const lastRead = new Map<number, number>();
        let accounted = 0;
        for (const { server, refuse, policy, restart, read } of steps) {
          if (restart) servers[server] = begin();
          const { started, refused } = servers[server]!;
          refused[policy] = (refused[policy] ?? 0) + refuse;
          if (!read) continue;
          // Also as it comes back from the disk.
          const remembered = new Map(JSON.parse(JSON.stringify([...known])) as [string, Accounted][]);
          const result = account(remembered, reading(started, refused), now);
          if (result) known.set(result.process, result.entry);
          for (const { from, to } of result?.increases ?? []) accounted += to - from;
          lastRead.set(
            started,
            Object.values(refused).reduce((sum, n) => sum + n, 0),
          );
        }
        expect(accounted).toBe([...lastRead.values()].reduce((sum, n) => sum + n, 0));
      }),
    );
  });

  test("is written again only when something is new, or a day has passed", () => {
    const known = new Map<string, Accounted>();
    expect(account(known, reading(1000, {}), now)).toBeUndefined();
    read(known, reading(1000, { a: 1 }));
    expect(account(known, reading(1000, { a: 1 }), now + 60_000)).toBeUndefined();
    expect(account(known, reading(1000, { a: 1 }), now + 24 * 3600_000)).toMatchObject({ increases: [] });
  });

  test("is forgotten of the processes read longest ago", () => {
    const entry = (seen: number): Accounted => ({ started: seen, counted: {}, seen });
    const known: [string, Accounted][] = [3, 1, 2].map((seen) => [String(seen), entry(seen)]);
    expect(forgettable(known, 2)).toEqual(["1"]);
    expect(forgettable(known, 3)).toEqual([]);
  });
});

test("the receipt says how many and by which policy, and that it does not know whose they were", () => {
  const increase = { process: "179541439703", name: "companyos-actual-node", from: 4, to: 9 };
  const event = settledInProcess({ rid: "r", at: now, cluster: "c", log: "eu-west-1", increase });
  expect(event).toMatchObject({
    type: "admission.denied_in_process",
    decision: "block",
    region: "eu-west-1",
    count: 5,
    requested: [],
    disclosable: {
      policies: ["companyos-actual-node"],
      details: { attributable: false, apiServerStarted: "2026-11-23T06:13:17.030Z", from: 4, to: 9 },
    },
  });
  expect(event).not.toHaveProperty("tenant");
});

test("requests that the webhook did not respond to have a receipt of their own, which decides nothing", () => {
  const increase = { process: "0", name: "placements.residency.companyos.io", from: 0, to: 2 };
  const event = settledInProcess({ rid: "r", at: now, cluster: "c", log: "us-east-1", increase });
  expect(event).toMatchObject({
    type: "admission.undecided",
    decision: "none",
    reason: "WEBHOOK_UNANSWERED",
    count: 2,
    disclosable: { name: increase.name, details: { webhook: increase.name, from: 0, to: 2 } },
  });
});

describe("refusals that go on", () => {
  /** One refusal every two seconds, as a controller that never gives up; what the logs are told, by `from-to`. */
  function refusedFor(ms: number): { tellings: string[]; counted: number; held: Accounted } {
    const paces = new Paces();
    const known = new Map<string, Accounted>();
    const tellings: string[] = [];
    let counted = 0;
    for (let at = 0; at < ms; at += 2_000) {
      counted += 1;
      const mayTell = (name: string) => paces.mayTell(name, at);
      const result = account(known, reading(1000, { a: counted }), now, undefined, mayTell)!;
      known.set(result.process, result.entry);
      for (const { name, from, to } of result.increases) {
        paces.told(name, at);
        tellings.push(`${from}-${to}`);
      }
    }
    return { tellings, counted, held: known.get("1000")! };
  }

  test("are told at once at first, then ever more rarely, and each is in one receipt", () => {
    const { tellings, counted, held } = refusedFor(3_600_000);
    expect(tellings.slice(0, 8)).toEqual(["0-1", "1-2", "2-3", "3-4", "4-5", "5-6", "6-7", "7-8"]);
    expect(tellings.length).toBeLessThan(30);
    const bounds = tellings.map((one) => one.split("-").map(Number) as [number, number]);
    for (const [i, [from]] of bounds.entries()) expect(from).toBe(bounds[i - 1]?.[1] ?? 0);
    expect(held.counted.a).toBe(bounds.at(-1)![1]);
    expect(held.held?.a).toBe(counted);
  });

  test("that are held are told when the API server is gone, or another one took its place", () => {
    const { held } = refusedFor(100_000);
    const last = held.held!.a!;
    const { entry, increases } = told("1000", held);
    expect(increases).toEqual([{ process: "1000", name: "a", from: held.counted.a, to: last }]);
    expect(entry).toMatchObject({ counted: { a: last } });
    expect(entry).not.toHaveProperty("held");
    expect(read(new Map([["1000", held]]), reading(1000, { a: 1 }))).toEqual([
      `a ${held.counted.a}-${last}`,
      "a 0-1",
    ]);
  });

  test("are told at once again after a while without any", () => {
    const paces = new Paces();
    for (let i = 0; i < 12; i++) paces.told("a", i);
    expect(paces.mayTell("a", 20)).toBe(false);
    expect(paces.mayTell("b", 20)).toBe(true);
    paces.told("a", 3_600_000);
    expect(paces.mayTell("a", 3_600_001)).toBe(true);
  });
});
