import { KubeError, runController } from "@companyos/kube";
import { counter, type Logger } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext, RunningController } from "../context.ts";
import { type Accounted, account, forgettable, type Increase, processOf, told } from "./account.ts";
import { openProcesses } from "./owed.ts";
import { Paces } from "./pace.ts";
import { isRead, isWebhook, readMetrics, webhookNames } from "./reading.ts";
import { Uptimes, uptimeOf } from "./uptimes.ts";

/**
 * The page of a large cluster's API server has many megabytes, and each costs it some 15 ms of CPU: on average no more
 * than this is read, half a hundredth of a core.
 */
const charactersPerSecond = 350_000;
const shortestMs = 2_000;
const longestMs = 60_000;
const maxProcesses = 200;

/**
 * Accounts for what the API server decides without the webhook: requests that our in-process policies refuse (the webhook
 * does not see them, because it is away or because the policy runs first), and requests that went on because the webhook
 * did not respond. The API server only counts them, so the receipts name no tenant.
 *
 * API servers are told apart by the start of their process. Each reading opens a new connection, so that every API
 * server behind a load balancer is reached.
 */
export async function startDenials(context: ControllerContext): Promise<RunningController> {
  const { kube, clock, registry, logs } = context;
  const remembered = await openProcesses(context.ledgers, context.cluster);
  const uptimes = new Uptimes();
  const paces = new Paces();
  const undecided = counter(registry, "residency_undecided_total", { webhook: webhookNames });
  const denied = counter(registry, "residency_denied_in_process_total");

  const controller = runController({
    name: "denials",
    log: context.log,
    registry,
    clock,
    sources: [],
    async reconcile(_key, { log, signal }) {
      const { page, characters, date } = await metricsPage(signal);
      const [now, at] = [clock.now(), clock.elapsed()];
      const reading = readMetrics(page);
      const uptimeMs = uptimeOf(date, reading.started);
      const continues = (process: string) => uptimes.continues(process, uptimeMs, at);
      const mayTell = (name: string) => paces.mayTell(name, at);
      const result = account(remembered.entries(), reading, now, continues, mayTell);
      uptimes.seen(processOf(remembered.entries(), reading.started, continues), uptimeMs, at);
      if (result) await tell(result, now, at, log);
      // Of API servers that were not read now, perhaps because they are gone.
      for (const [process, entry] of [...remembered.entries()])
        if (process !== result?.process && Object.keys(entry.held ?? {}).some(mayTell))
          await tell({ process, ...told(process, entry, mayTell) }, now, at, log);
      for (const old of forgettable(remembered.entries(), maxProcesses)) await remembered.drop(old);
      const paceMs = (characters / charactersPerSecond) * 1000;
      return { requeueAfter: Math.min(longestMs, Math.max(shortestMs, paceMs)) };
    },
  });
  controller.enqueue("api-servers");

  async function tell(
    { process, entry, increases }: { process: string; entry: Accounted; increases: readonly Increase[] },
    now: number,
    at: number,
    log: Logger,
  ): Promise<void> {
    const owes = increases.flatMap((increase) =>
      Array.from(logs, (log) => ({ log, rid: uuidv7(now), at: now, increase })),
    );
    await remembered.change(process, (known) => {
      const { held: _, ...rest } = known ?? {};
      return { state: { ...rest, ...entry }, owes };
    });
    for (const { name, from, to } of increases) {
      paces.told(name, at);
      if (isWebhook(name)) {
        undecided.inc({ webhook: name }, to - from);
        log.warn("requests went on without the webhook's decision", { webhook: name, from, to, process });
      } else {
        denied.inc({ policy: name }, to - from);
        log.warn("requests were refused in process", { policy: name, from, to, process });
      }
    }
    // A log that takes nothing must not keep the API servers from being read: one that starts again forgets.
    await remembered.trySend(process);
  }

  /** `characters`: of the whole page; `date`: when the API server sent it, by its own clock. */
  async function metricsPage(signal: AbortSignal) {
    const headers = { accept: "text/plain", connection: "close" };
    let characters = 0;
    const keep = (line: string) => {
      characters += line.length + 1;
      return isRead(line);
    };
    const { status, text, headers: response } = await kube.raw("/metrics", { headers, signal, keep });
    if (status === 200) return { page: text, characters, date: response.date };
    throw new KubeError({
      status,
      reason: "MetricsUnreadable",
      message: `GET /metrics of the API server: HTTP ${status}; refusals in process are not accounted for meanwhile`,
    });
  }

  return { name: "denials", stop: () => controller.stop() };
}
