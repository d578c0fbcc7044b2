/** Nobody responds to these operators: what they begin, and end, does not depend on it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInventory } from "@companyos/inventory";
import { connect, type KubeClient } from "@companyos/kube";
import { createLogger, systemClock } from "@companyos/service";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import type { ControllerContext } from "../src/context.ts";
import { Enforcement } from "../src/enforcement.ts";
import { runOperator } from "../src/index.ts";
import { startRollouts } from "../src/rollouts/controller.ts";

const log = createLogger({ role: "operator", level: "error", write: () => {} });
let folder: string;
let kube: KubeClient;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "operator-"));
  const kubeconfig = join(folder, "kubeconfig");
  const config = {
    clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:9" } }],
    users: [{ name: "u", user: { token: "token" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  kube = await connect({ kubeconfig });
});
afterEach(async () => {
  await kube.close();
  await rm(folder, { recursive: true });
});

test("settings that contradict each other end the start, before anything watches", async () => {
  const started = runOperator({
    kube,
    log,
    cluster: "test",
    journalDir: join(folder, "journal"),
    notaries: {},
    token: () => "token",
    callers: "SecretPath",
    whenUnavailable: "strict",
  }).then((operator) => operator.stop());
  await expect(started).rejects.toThrow("callers: SecretPath needs whenUnavailable: available");
});

test("the rollouts of one lead leave nothing behind at the inventory, which outlives them", async () => {
  const registry = new Registry();
  const inventory = createInventory({ client: kube, log, registry, faults: () => {} });
  const left = new Set<string>();
  let added = 0;
  for (const [name, reflector] of Object.entries(inventory.reflectors)) {
    const on = reflector.on.bind(reflector) as (handler: object) => () => void;
    reflector.on = (handler: object) => {
      const one = `${name} ${++added}`;
      const remove = on(handler);
      left.add(one);
      return () => {
        remove();
        left.delete(one);
      };
    };
  }
  try {
    const context = {
      kube,
      log,
      registry,
      clock: systemClock,
      inventory,
      enforcement: new Enforcement(),
      inForce: (plan) => plan,
    } as Partial<ControllerContext> as ControllerContext;
    const rollouts = await startRollouts(context, { enforce: true });
    expect(left.size).toBeGreaterThan(0);
    await rollouts.stop();
    expect([...left]).toEqual([]);
  } finally {
    await inventory.stop();
  }
});
