import { gauge } from "@companyos/service";
import type { Registry } from "prom-client";
import type { Outbox, RegionStats } from "./outbox.ts";

const told = {
  residency_journal_backlog_records: ({ backlogRecords }: RegionStats) => backlogRecords,
  residency_journal_backlog_bytes: ({ backlogBytes }: RegionStats) => backlogBytes,
  residency_journal_backlog_oldest_seconds: ({ oldestAgeMs }: RegionStats) => oldestAgeMs / 1000,
  residency_notary_reachable: ({ reached }: RegionStats) => Number(reached),
} as const;

/** From now on gauges of this registry tell how far each region's part of the journal is. */
export function tellJournal(registry: Registry, outbox: Pick<Outbox, "stats">): void {
  for (const name of Object.keys(told) as (keyof typeof told)[])
    gauge(registry, name, function () {
      for (const [region, stats] of Object.entries(outbox.stats().regions))
        this.set({ region }, told[name](stats));
    });
}
