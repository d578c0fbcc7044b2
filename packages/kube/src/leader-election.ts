import {
  type Clock,
  gauge,
  isForeseen,
  type Logger,
  reportFaults,
  sleep,
  systemClock,
} from "@companyos/service";
import type { Registry } from "prom-client";
import type { KubeClient } from "./client.ts";
import { leaseRecord } from "./lease-record.ts";

export interface LeaderElectionOptions {
  client: KubeClient;
  namespace: string;
  /** Name of the Lease. */
  name: string;
  /** Unique for every process, such as pod name + random. */
  identity: string;
  /**
   * Called each time the lead is won; `signal` aborts when it is lost or given up. The lead is taken again, or
   * released, only after the promise settled. Rejecting gives the lead up.
   */
  lead(signal: AbortSignal): Promise<void> | void;
  /** The lead was lost without `stop`; a process that cannot undo its lead should exit. */
  lost?: (() => void) | undefined;
  /** How long a lead lasts without renewal; default 15,000 ms. Others wait this long after the last renewal they saw. */
  leaseMs?: number | undefined;
  /** A leader that could not renew for this long stops leading; default 10,000 ms; below `leaseMs`. */
  renewDeadlineMs?: number | undefined;
  /** Between tries; default 2,000 ms. */
  retryMs?: number | undefined;
  log: Logger;
  registry: Registry;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
}

export interface LeaderElection {
  /** False, too, when this process slept past its lease. */
  isLeader(): boolean;
  /** Identity of the holder as last seen. */
  leader(): string | undefined;
  /** Ends the lead, waits for `lead` to end, then releases the Lease so that another may take it at once. */
  stop(): Promise<void>;
}

/** Leads while it holds a Lease. At most one process leads at a time as long as clocks run at about the same speed. */
export function runLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, namespace, name, identity } = options;
  const leaseMs = options.leaseMs ?? 15_000;
  const renewDeadlineMs = options.renewDeadlineMs ?? 10_000;
  const retryMs = options.retryMs ?? 2_000;
  if (!(retryMs < renewDeadlineMs && renewDeadlineMs < leaseMs)) {
    throw new RangeError("leader election needs retryMs < renewDeadlineMs < leaseMs");
  }
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const log = options.log.child({ lease: `${namespace}/${name}`, identity });
  const status = gauge(options.registry, {
    name: "leader_election_master_status",
    help: "1 while this process leads.",
    labelNames: ["name"],
  });
  status.set({ name }, 0);
  const stopping = new AbortController();
  const record = leaseRecord({ client, namespace, name, identity, leaseMs, clock });
  let leading = false;

  /** One try to take or renew; false when another holds it or the API server did not respond. */
  async function tryOnce(timeoutMs: number): Promise<boolean> {
    try {
      return await record.acquireOrRenew(timeoutMs);
    } catch (error) {
      log.warn("could not read or write the lease", { error });
      return false;
    }
  }

  /** Returns when the lead ended. */
  async function leadOnce(): Promise<void> {
    const tenure = new AbortController();
    const giveUp = () => tenure.abort();
    stopping.signal.addEventListener("abort", giveUp, { once: true });
    leading = true;
    status.set({ name }, 1);
    log.info("leads");
    let failed = false;
    const work = Promise.resolve()
      .then(() => options.lead(tenure.signal))
      .catch((error) => {
        failed = true;
        const message = "leading failed; the lead is given up";
        if (isForeseen(error)) log.error(message, { error });
        else reportFaults({ registry: options.registry, log })("background", error, {}, message);
        giveUp();
      });
    const deadline = () => record.renewedAt() + renewDeadlineMs - clock.elapsed();
    // A renewal that hangs must not keep the lead alive.
    let late = clock.after(deadline(), giveUp);
    while (!tenure.signal.aborted) {
      await sleep(clock, retryMs, tenure.signal);
      if (tenure.signal.aborted) break;
      const renewed = await tryOnce(Math.max(1, deadline()));
      if (renewed) {
        late();
        late = clock.after(deadline(), giveUp);
      } else if (record.holder() !== identity) giveUp();
    }
    late();
    leading = false;
    status.set({ name }, 0);
    stopping.signal.removeEventListener("abort", giveUp);
    const lost = !stopping.signal.aborted;
    if (lost) {
      log.error("lost the lead");
      options.lost?.();
    }
    await work;
    if (failed) await release();
  }

  async function release(): Promise<void> {
    try {
      if (await record.release()) log.info("released the lease");
    } catch (error) {
      log.warn("could not release the lease; it will run out", { error });
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (await tryOnce(renewDeadlineMs)) {
        if (!stopping.signal.aborted) await leadOnce();
      }
      await sleep(clock, retryMs * (1 + 0.2 * random()), stopping.signal);
    }
  }

  const running = run();
  return {
    isLeader: () => leading && clock.elapsed() - record.renewedAt() < leaseMs,
    leader: () => record.holder(),
    async stop() {
      stopping.abort();
      await running;
      await release();
    },
  };
}
