/**
 * Each alert is seen silent, then what it is about is made true on the running product, and Prometheus says that it fires. The
 * product is one for all; what waits, waits at once.
 */
import { ensureTool } from "@companyos/cluster";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../src/until.ts";
import { type Act, deploys } from "./acts/act.ts";
import { notaryAway, operatorAway, webhooksAway } from "./acts/outages.ts";
import { placementActs } from "./acts/placements.ts";
import { tamperingActs } from "./acts/tampering.ts";
import { dashboardQueries, panelsToCome } from "./dashboard.ts";
import { alertNames, alertRules, isToCome } from "./rule-file.ts";
import { type Stage, setStage, us } from "./stage.ts";

/** Nothing does yet what they are about; that no process has their metric is held by the dashboard's test. */
const toCome = alertRules.filter(({ expr }) => isToCome(expr)).map(({ alert }) => alert);

const whileAllRun = [...placementActs, ...tamperingActs];
const firingMs = 150_000;

let stage: Stage;
/** Nothing is waited for any more. */
const over = new AbortController();
/** Seconds since the epoch: everything was silent. */
let began: number;

// Some minutes where no cache has it.
beforeAll(() => ensureTool("prometheus"), 900_000);
beforeAll(async () => {
  stage = await setStage();
  // History: it was refused before Prometheus was there.
  const { status } = await deploys(stage, { namespace: "acme", name: "before", region: us });
  expect(status).toBe(403);
}, 400_000);
afterAll(async () => {
  over.abort();
  await stage?.stop();
}, 180_000);

test("there is an act for each alert", () => {
  const acts = [...whileAllRun, ...notaryAway, ...webhooksAway, ...operatorAway];
  const made = acts.flatMap(({ alerts }) => alerts).map(nameOf);
  expect([...new Set([...made, ...toCome])].toSorted()).toEqual(alertNames.toSorted());
});

test("all of them are silent while all is well, though acme was refused before", async () => {
  const { prometheus } = stage;
  await until(
    "what acme was refused, scraped",
    () => prometheus.query('residency_cross_region_block_total{tenant="acme"}'),
    ({ length }) => length > 0,
  );
  await until(
    "every rule evaluated and silent",
    () => prometheus.rules(),
    (rules) =>
      rules.length === alertNames.length &&
      rules.every(({ health, state }) => health === "ok" && state === "inactive"),
    { timeoutMs: 120_000 },
  );
  began = Date.now() / 1_000;
}, 180_000);

const nameOf = (alert: string) => alert.replace(/\{.*/, "");

/** As Prometheus remembers it: one that fired for a moment has fired. */
async function fired(...alerts: readonly string[]): Promise<void> {
  for (const alert of alerts)
    await until(
      `${alert} to fire`,
      () => {
        const since = Math.ceil(Date.now() / 1_000 - began);
        const labels = [`alertname="${nameOf(alert)}"`, ...(/\{(.*)\}/.exec(alert)?.slice(1) ?? [])].join(
          ",",
        );
        return stage.prometheus.query(`count_over_time(ALERTS{alertstate="firing",${labels}}[${since}s])`);
      },
      ({ length }) => length > 0,
      { timeoutMs: firingMs, signal: over.signal },
    );
}

function tried(what: string, acts: readonly Act[]): void {
  describe(what, () => {
    const made = new Map<Act, Promise<void>>();
    beforeAll(() => {
      if (!stage) throw new Error("there is no product to try it on");
      for (const act of acts) {
        const making = act.make(stage, fired);
        making.catch(() => {});
        made.set(act, making);
      }
    });

    test.each(acts.map((act) => [act.alerts.join(", "), act.when, act] as const))(
      "%s: %s",
      async (_names, _when, act) => {
        await made.get(act);
        await fired(...act.alerts);
      },
      firingMs + 60_000,
    );
  });
}

// One after the other; the acts of each at once.
tried("while all run", whileAllRun);
test("the dashboard's queries are evaluated, and each has something to show", async () => {
  const queries = dashboardQueries();
  expect(queries.length).toBeGreaterThan(20);
  const empty = async () => {
    const titles: string[] = [];
    for (const { title, expr } of queries) {
      const samples = await stage.prometheus.query(expr);
      if (!samples.some(({ value: [, value] }) => Number.isFinite(Number(value)))) titles.push(title);
    }
    return titles.toSorted().join(", ");
  };
  // One scrape that took too long empties its panels until the next.
  const unsaid = panelsToCome.toSorted().join(", ");
  await until("no panel empty but those to come", empty, (titles) => titles === unsaid, {
    timeoutMs: 60_000,
  });
}, 120_000);

tried("while a notary is away", notaryAway);
tried("while no webhook runs", webhooksAway);

tried("while no operator runs", operatorAway);
