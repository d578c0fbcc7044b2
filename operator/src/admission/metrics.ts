import { counter, gauge } from "@companyos/service";
import type { Registry } from "prom-client";

/** What the admission controller counts. */
export function admissionMetrics(registry: Registry) {
  const written = counter(registry, {
    name: "residency_admission_objects_written_total",
    help: "Policies, bindings and webhook configurations the operator wrote: installed, updated, or restored after somebody else's change (alert on those)",
    labelNames: ["kind", "name", "why"],
  });
  const generation = gauge(registry, {
    name: "residency_in_process_generation",
    help: "Generation of each policy in the API server, as last seen; it takes effect there about a second later",
    labelNames: ["kind", "name"],
  });
  const waits = gauge(registry, {
    name: "residency_admission_objects_contested",
    help: "1 while an object stays as somebody else changed it, because it is changed again and again: the operator restores it after a pause",
    labelNames: ["kind", "name"],
  });
  const left = gauge(registry, {
    name: "residency_in_process_left_out",
    help: "Nodes (which nobody can be bound to) and names (which are not reserved) that no longer fit the policies",
    labelNames: ["what"],
  });
  return {
    written: (labels: { kind: string; name: string; why: string }) => written.inc(labels),
    generation(object: { kind: string; name: string }, value: number | undefined): void {
      if (object.kind.endsWith("Policy") && value !== undefined) generation.set({ ...object }, value);
    },
    waits: (object: { kind: string; name: string }, isWaiting: boolean) =>
      waits.set({ ...object }, isWaiting ? 1 : 0),
    left({ nodes, names }: { nodes: number; names: number }): void {
      left.set({ what: "nodes" }, nodes);
      left.set({ what: "names" }, names);
    },
  };
}
