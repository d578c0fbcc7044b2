import { type PlacedKind, type PodTemplate, placedKinds } from "@companyos/policies";
import type { PodSpec } from "./places.ts";

/** A kind that makes pods, or the pod itself. */
export interface PodMaker {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  /** Where the pod spec is. */
  readonly path: readonly string[];
  /** True where pods are made as soon as it is admitted. */
  readonly startsPods: boolean;
  /** The object less its metadata; `labels` select its pods. It starts no pod, unless it says `startsPods`. */
  wrap(pod: PodSpec, labels: Readonly<Record<string, string>>): object;
}

export const podMakers: readonly PodMaker[] = placedKinds.flatMap((placed) =>
  placed.template ? [podMakerOf(placed, placed.template)] : [],
);

function podMakerOf({ kind, group, versions, resource }: PlacedKind, template: PodTemplate): PodMaker {
  return {
    kind,
    apiVersion: group === "" ? versions[0] : `${group}/${versions[0]}`,
    plural: resource,
    path: [...template.path, "spec"],
    startsPods: template.startsPods ?? false,
    wrap(pod, labels) {
      const spec = { ...template.podSpec, ...pod };
      return template.path.length === 0
        ? { spec }
        : withValue(template.frame(labels), template.path, { metadata: { labels }, spec });
    },
  };
}

function withValue(object: object, [step, ...rest]: readonly string[], value: object): object {
  if (step === undefined) return value;
  const inside: unknown = (object as Record<string, unknown>)[step];
  return { ...object, [step]: withValue((inside as object | undefined) ?? {}, rest, value) };
}

/** @throws TypeError for a kind that makes no pods */
export function podMaker(kind: string): PodMaker {
  const maker = podMakers.find((one) => one.kind === kind);
  if (!maker) throw new TypeError(`${kind} is no kind that makes pods`);
  return maker;
}

/** Path of the kind's collection in a namespace. */
export function collection({ apiVersion, plural }: PodMaker, namespace: string): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/namespaces/${namespace}/${plural}`;
}

/** The pod spec inside an object as the API server returned it. */
export function podSpecIn(object: { readonly kind?: string } | undefined): PodSpec | undefined {
  const maker = podMakers.find(({ kind }) => kind === object?.kind);
  let at: unknown = maker && object;
  for (const step of maker?.path ?? []) at = (at as Record<string, unknown> | undefined)?.[step];
  return at as PodSpec | undefined;
}

/** The command that deletes what carries a label, of every kind that the corpus makes. */
export function deletion(namespace: string, label: string): string {
  return `kubectl -n ${namespace} delete ${podMakers.map(({ plural }) => plural).join(",")} -l ${label}`;
}
