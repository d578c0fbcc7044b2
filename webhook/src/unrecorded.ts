import type { Inventory } from "@companyos/inventory";
import type { Outbox } from "@companyos/outbox";
import type { Plan } from "@companyos/policies";
import { type Faults, isForeseen, type Logger } from "@companyos/service";
import type { RecordedVerdict } from "./attempt.ts";
import type { AdmissionMetrics } from "./metrics.ts";
import { journalCodes } from "./unrecorded-reasons.ts";

/**
 * Told of each response, by its request's uid, that goes out without a receipt because the journal refused it. Nothing of
 * that is silent: it is logged, counted, and made up for in the tenant's chain. Never rejects: the response is the same
 * either way.
 */
export function unrecordedResponses(options: {
  readonly journal: Pick<Outbox, "unrecorded">;
  readonly metrics: Pick<AdmissionMetrics, "unrecorded" | "unrecordedAllowed" | "unaccounted">;
  readonly log: Logger;
  readonly inventory: Pick<Inventory, "regions" | "tenant">;
  readonly faults: Faults;
}): (request: string, plan: Plan, verdict: RecordedVerdict, error: unknown) => Promise<void> {
  const { journal, metrics, log, faults } = options;
  return async (request, { homeRegion, tenant, uid, mode }, verdict, error) => {
    const { code } = error as { code?: unknown };
    const reason = journalCodes.find((known) => known === code) ?? "other";
    const message = "a decision could not be recorded";
    if (isForeseen(error)) log.error(message, { request, code, error });
    else faults("decision", error, { request }, message);
    if (verdict === "block") metrics.unrecorded.inc({ reason: "JOURNAL_UNAVAILABLE" });
    else metrics.unrecordedAllowed.inc({ mode, reason });
    try {
      await journal.unrecorded({
        region: homeRegion,
        tenant: { name: tenant, uid },
        verdict,
        code,
        homeless: !hadHome(options.inventory, homeRegion, tenant),
      });
    } catch (cause) {
      metrics.unaccounted.inc({ reason });
      log.error(
        "a response without a receipt is not accounted for: no journal.gap will tell of it after a crash",
        { request, region: homeRegion, error: cause },
      );
    }
  };
}

/** Whether what a plan has for a home is one, or its tenant had one before: else it is a word that its author chose. */
function hadHome(
  inventory: Pick<Inventory, "regions" | "tenant">,
  homeRegion: string,
  tenant: string,
): boolean {
  if (inventory.tenant(tenant)?.status?.homeRegion !== undefined) return true;
  return inventory.regions().some(({ metadata }) => metadata.name === homeRegion);
}
