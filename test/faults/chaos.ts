/** Random kills and restarts of every process, from a seed, with what was done written down. */

import { setTimeout as pause } from "node:timers/promises";
import type { Component } from "@companyos/cluster";
import { Random } from "@companyos/conformance/random";
import type { PodRunner } from "@companyos/product/pods";
import type { BreakableProduct } from "./product.ts";

interface Fault {
  readonly name: string;
  inject(): Promise<void>;
  /** Resolves when what was broken is back, where nobody else sees to that. */
  back?(): Promise<void>;
}

export class Chaos {
  /** `what` → how often. */
  readonly injected = new Map<string, number>();
  /** In order: seconds since the start, and what. */
  readonly history: string[] = [];
  readonly #faults: readonly Fault[];
  readonly #random: Random;
  readonly #pauseMs: readonly [number, number];
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(product: BreakableProduct, options: { seed: number; pauseMs: readonly [number, number] }) {
    this.#random = new Random(options.seed);
    this.#pauseMs = options.pauseMs;
    const pods = (role: "webhook" | "notary" | "operator") => product.of(role);
    this.#faults = [
      ...pods("webhook").flatMap((pod) => [killed(pod), killed(pod), ended(pod)]),
      ...pods("notary").flatMap((pod) => [killed(pod), ended(pod)]),
      ...pods("operator").flatMap((pod) => [killed(pod), ended(pod)]),
      together(pods("webhook")),
      restarted(product, "kube-apiserver"),
      restarted(product, "etcd"),
      restarted(product, "kube-scheduler"),
      restarted(product, "kube-controller-manager"),
    ];
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Injects no more; resolves when the control plane is back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#faults.map((fault) => fault.back?.()));
  }

  /** Every fault once in random order, then again: none is left out, and none is foreseen. */
  async #run(): Promise<void> {
    const began = performance.now();
    for (;;) {
      for (const fault of this.#random.shuffle(this.#faults)) {
        const [min, max] = this.#pauseMs;
        await pause(min + this.#random.next() * (max - min));
        if (this.#stopped) return;
        this.injected.set(fault.name, (this.injected.get(fault.name) ?? 0) + 1);
        this.history.push(`${((performance.now() - began) / 1_000).toFixed(1)} ${fault.name}`);
        await fault.inject();
      }
    }
  }
}

const killed = (runner: PodRunner): Fault => ({
  name: `kill -9 ${runner.pod.name}`,
  async inject() {
    await runner.signal("SIGKILL");
  },
});

const ended = (runner: PodRunner): Fault => ({
  name: `restart ${runner.pod.name}`,
  async inject() {
    await runner.signal("SIGTERM");
  },
});

const together = (runners: readonly PodRunner[]): Fault => ({
  name: `kill -9 ${runners.map(({ pod }) => pod.name).join(" and ")}`,
  async inject() {
    await Promise.all(runners.map((runner) => runner.signal("SIGKILL")));
  },
});

/** The API server takes long until it calls itself ready, under load; it is broken again only then, others before. */
function restarted({ cluster }: BreakableProduct, component: Component): Fault {
  let back: Promise<void> = Promise.resolve();
  return {
    name: `kill -9 ${component}`,
    back: () => back,
    async inject() {
      await back;
      await cluster.kill(component);
      back = again(() => cluster.restart(component));
      // Told by `stop`.
      back.catch(() => {});
    },
  };
}

/** A component that finds what it needs gone ends; whoever runs it starts it once more. */
async function again(start: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 5) throw error;
      await pause(500);
    }
  }
}
