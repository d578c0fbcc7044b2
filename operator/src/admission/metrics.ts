import { counter, gauge } from "@companyos/service";
import type { Registry } from "prom-client";

/** What the admission controller counts. `objects`: those that the operator keeps, whose series are there from the start. */
export function admissionMetrics(registry: Registry, objects: readonly { kind: string; name: string }[]) {
  const written = counter(registry, "residency_admission_objects_written_total");
  const generation = gauge(registry, "residency_in_process_generation");
  const waits = gauge(registry, "residency_admission_objects_contested");
  const left = gauge(registry, "residency_in_process_left_out");
  for (const object of objects) {
    written.inc({ ...object, why: "restored" }, 0);
    waits.set({ ...object }, 0);
  }
  return {
    written: (labels: { kind: string; name: string; why: string }) => written.inc(labels),
    generation(object: { kind: string; name: string }, value: number | undefined): void {
      if (object.kind.endsWith("Policy") && value !== undefined) generation.set({ ...object }, value);
    },
    waits: (object: { kind: string; name: string }, isWaiting: boolean) =>
      waits.set({ ...object }, isWaiting ? 1 : 0),
    left({ nodes, names, sets }: { nodes: number; names: number; sets: number }): void {
      left.set({ what: "nodes" }, nodes);
      left.set({ what: "names" }, names);
      left.set({ what: "region-sets" }, sets);
    },
  };
}
