import { fieldManager } from "@companyos/crds";
import { type KubeClient, pooled } from "@companyos/kube";
import type { Logger } from "@companyos/service";
import { giveBack } from "./ownership.ts";
import { nameOf, type Workload } from "./workload.ts";

const manager = fieldManager("rollout");
const atOnce = 4;

/** Gives back what we own of templates, one try for each version of a workload. Nobody waits for it. */
export class Returns {
  readonly #kube: KubeClient;
  readonly #log: Logger;
  readonly #tried = new Map<string, string | undefined>();
  readonly #running = new Set<Promise<unknown>>();

  constructor(kube: KubeClient, log: Logger) {
    this.#kube = kube;
    this.#log = log;
  }

  /** `workloads`: as the cache has them, with managedFields where we own something of the template. */
  begin(workloads: readonly Workload[]): void {
    const owed = workloads.filter(({ object: { metadata } }) => {
      const { uid = "", resourceVersion, managedFields } = metadata;
      if (!managedFields || this.#tried.get(uid) === resourceVersion) return false;
      this.#tried.set(uid, resourceVersion);
      return true;
    });
    if (owed.length === 0) return;
    const run = pooled(owed, atOnce, (workload) => this.#giveBack(workload));
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  forget(uid: string): void {
    this.#tried.delete(uid);
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #giveBack(workload: Workload): Promise<void> {
    const { kind, object } = workload;
    try {
      if (await giveBack(this.#kube, kind, object.metadata, manager))
        this.#log.info("fields of a template are its author's again", nameOf(workload));
    } catch (error) {
      // Its author's server-side apply is a conflict until another version of it is tried.
      this.#log.warn("fields of a template could not be given back", {
        ...nameOf(workload),
        error: (error as Error).message,
      });
    }
  }
}
