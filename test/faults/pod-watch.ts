/** What must hold of the cluster whatever was broken. */

import type { ClusterAccess } from "@companyos/cluster";
import { until } from "../src/until.ts";

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly nodeName?: string };
  }[];
}

/** Of what the load leaves behind, this much of each kind is removed at each look. */
const removedAtOnce = 500;

/**
 * Looks at a tenant's pods all the time, notes those on a node abroad, and removes lawful ones that have run, so
 * that nodes do not fill up; and lawful templates, so that a control plane that starts again has not ever more to read.
 */
export class PodWatch {
  readonly abroad = new Set<string>();
  /** Pods that were seen on a node of the tenant's region. */
  bound = 0;
  readonly #cluster: ClusterAccess;
  readonly #path: string;
  readonly #templates: readonly string[];
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(cluster: ClusterAccess, namespace: string) {
    this.#cluster = cluster;
    this.#path = `/api/v1/namespaces/${namespace}/pods`;
    this.#templates = [
      `/apis/apps/v1/namespaces/${namespace}/deployments`,
      `/api/v1/namespaces/${namespace}/podtemplates`,
    ];
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    // What is found abroad is noted, whatever else of a look fails.
    await until("a last look at the pods", () => this.look().then(() => true), Boolean);
  }

  /** One look at all pods; those that ran at home are removed. */
  async look(): Promise<void> {
    const { items } = (await this.#cluster.request("GET", this.#path)) as PodList;
    const done: string[] = [];
    for (const { metadata, spec } of items) {
      if (spec.nodeName === undefined) continue;
      if (!spec.nodeName.startsWith("eu-west-1-")) this.abroad.add(`${metadata.name} on ${spec.nodeName}`);
      else done.push(metadata.name);
    }
    this.bound += done.length;
    await Promise.all(
      done.map((name) => this.#cluster.request("DELETE", `${this.#path}/${name}?gracePeriodSeconds=0`)),
    );
  }

  async #clear(path: string): Promise<void> {
    const { items } = (await this.#cluster.request("GET", `${path}?limit=${removedAtOnce}`)) as PodList;
    const lawful = items.filter(({ metadata }) => metadata.name.startsWith("home-"));
    await Promise.all(
      lawful.map(({ metadata }) => this.#cluster.request("DELETE", `${path}/${metadata.name}`)),
    );
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      // The API server may be away; what it has stored is still there afterwards.
      await this.look().catch(() => {});
      for (const path of this.#templates) await this.#clear(path).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
