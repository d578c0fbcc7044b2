/** Random kills and restarts of every process, from a seed, with what was done written down. */

import { setTimeout as pause } from "node:timers/promises";
import type { Component } from "@companyos/cluster";
import { Random } from "@companyos/conformance/random";
import type { PodRunner } from "@companyos/product/pods";
import type { BreakableProduct } from "./product.ts";

interface Blow {
  readonly name: string;
  strike(): Promise<void>;
  /** Resolves when what was struck is back, where nobody else sees to that. */
  back?(): Promise<void>;
}

export class Chaos {
  /** `what` → how often. */
  readonly struck = new Map<string, number>();
  /** In order: seconds since the start, and what. */
  readonly history: string[] = [];
  readonly #blows: readonly Blow[];
  readonly #random: Random;
  readonly #pauseMs: readonly [number, number];
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(product: BreakableProduct, options: { seed: number; pauseMs: readonly [number, number] }) {
    this.#random = new Random(options.seed);
    this.#pauseMs = options.pauseMs;
    const pods = (role: "webhook" | "notary" | "operator") => product.of(role);
    this.#blows = [
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

  /** Strikes no more; resolves when the control plane is back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#blows.map((blow) => blow.back?.()));
  }

  /** Every blow once in random order, then again: none is left out, and none is foreseen. */
  async #run(): Promise<void> {
    const began = performance.now();
    for (;;) {
      for (const blow of this.#random.shuffle(this.#blows)) {
        const [min, max] = this.#pauseMs;
        await pause(min + this.#random.next() * (max - min));
        if (this.#stopped) return;
        this.struck.set(blow.name, (this.struck.get(blow.name) ?? 0) + 1);
        this.history.push(`${((performance.now() - began) / 1_000).toFixed(1)} ${blow.name}`);
        await blow.strike();
      }
    }
  }
}

const killed = (runner: PodRunner): Blow => ({
  name: `kill -9 ${runner.pod.name}`,
  async strike() {
    await runner.signal("SIGKILL");
  },
});

const ended = (runner: PodRunner): Blow => ({
  name: `restart ${runner.pod.name}`,
  async strike() {
    await runner.signal("SIGTERM");
  },
});

const together = (runners: readonly PodRunner[]): Blow => ({
  name: `kill -9 ${runners.map(({ pod }) => pod.name).join(" and ")}`,
  async strike() {
    await Promise.all(runners.map((runner) => runner.signal("SIGKILL")));
  },
});

/** The API server takes long until it calls itself ready, under load; it is broken again only then, others before. */
function restarted({ cluster }: BreakableProduct, component: Component): Blow {
  let back: Promise<void> = Promise.resolve();
  return {
    name: `kill -9 ${component}`,
    back: () => back,
    async strike() {
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
