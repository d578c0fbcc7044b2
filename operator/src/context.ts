import type { Inventory, InventoryReflectors } from "@companyos/inventory";
import type { EventRecorder, KubeClient } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import type { Clock, Logger } from "@companyos/service";
import type { Registry } from "prom-client";
import type { Enforcement } from "./enforcement.ts";
import type { NodeMap } from "./node-map.ts";
import type { Ledgers } from "./owed/ledgers.ts";

/** What every controller may use. A controller gets all of it and owns nothing of it. */
export interface ControllerContext {
  readonly kube: KubeClient;
  readonly log: Logger;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly inventory: Inventory & { readonly reflectors: InventoryReflectors };
  readonly events: EventRecorder;
  /** Regions that have a notary: a tenant whose home is none of them has no log that could hold its receipts. */
  readonly logs: ReadonlySet<string>;
  /** Name of this cluster, for receipts. */
  readonly cluster: string;
  /** The product's own namespace. */
  readonly namespace: string;
  /** URL of the folder with our pages; undefined: they are named by their path. */
  readonly docs: string | undefined;
  /** What a controller must remember over restarts, and the receipts that it owes for it. */
  readonly ledgers: Pick<Ledgers, "open">;
  /** Times one reconcile for `flow_latency_ms`. */
  timed(run: () => Promise<unknown>): Promise<void>;
  /** How far the in-process policies are: the admission controller tells, others wait for it. */
  readonly enforcement: Enforcement;
  /** How far their map of nodes is: the admission controller tells, who vouches for a node waits for it. */
  readonly nodeMap: NodeMap;
  /** A plan as it is applied: in mode Audit, whatever it names, when enforcing is switched off for the installation. */
  inForce(plan: Plan | undefined): Plan | undefined;
}

/** A controller that has been started. `stop` resolves when nothing of it runs any more. */
export interface RunningController {
  readonly name: string;
  stop(): Promise<void>;
}
