import { pinnedPolicyName, restrictedRegion } from "@companyos/crds";
import {
  expression,
  hostnameKey,
  oldRegionKey,
  oldZoneKey,
  type Place,
  type Places,
  type PodSpec,
  regionKey,
  required,
  zoneKey,
} from "./places.ts";
import type { Random } from "./random.ts";
import type { RowId } from "./rows.ts";

/**
 * One way to lead a pod out of its regions by what its spec asks for, and the lawful twin: the same form with
 * a place inside. `row` is the row of the enforcement table that it tries.
 */
export interface Constraint {
  readonly row: RowId;
  readonly name: string;
  /** It speaks of zones, which a Region need not list. */
  readonly zones?: true;
  /**
   * The twin names its place by what any node may carry (a zone, a host, a deprecated label). That is a request, no proof:
   * only the pin makes such a pod lawful, and without it the pod is REGION_UNCONSTRAINED.
   */
  readonly twinLeansOnPin?: true;
  /** It speaks by the pin's own label: the policy that requires the pin refuses the pod as soon as it is made. */
  readonly podRefusedBy?: string;
  unlawful(places: Places, random: Random): PodSpec;
  lawful(places: Places, random: Random): PodSpec;
}

function both(
  row: RowId,
  name: string,
  make: (place: Place, random: Random, home: Place) => PodSpec,
  more: Pick<Constraint, "zones" | "twinLeansOnPin" | "podRefusedBy"> = {},
): Constraint {
  return {
    row,
    name,
    ...more,
    unlawful: ({ home, abroad }, random) => make(abroad, random, home),
    lawful: ({ home }, random) => make(home, random, home),
  };
}

const leansOnPin = { twinLeansOnPin: true } as const;
const zoneLeansOnPin = { zones: true, ...leansOnPin } as const;

/** Preferences that must not be taken for a constraint; sprinkled over attempts and twins alike. */
export function noise(random: Random): PodSpec {
  const soft: PodSpec = {};
  if (random.chance(0.3)) soft.tolerations = [{ operator: "Exists" }];
  if (random.chance(0.3)) {
    soft.topologySpreadConstraints = [
      {
        maxSkew: 1,
        topologyKey: zoneKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { app: "x" } },
      },
    ];
  }
  return soft;
}

export const constraints: readonly Constraint[] = [
  both("P2", "nodeSelector on the region", ({ region }) => ({ nodeSelector: { [regionKey]: region } })),
  both(
    "P2",
    "nodeSelector on the label that says where a node was found to stand",
    ({ region }) => ({ nodeSelector: { [restrictedRegion]: region } }),
    { podRefusedBy: pinnedPolicyName },
  ),
  both(
    "P2",
    "nodeSelector on the zone",
    ({ zone }) => ({ nodeSelector: { [zoneKey]: zone } }),
    zoneLeansOnPin,
  ),
  both(
    "P2",
    "nodeSelector on the deprecated region label",
    ({ region }) => ({ nodeSelector: { [oldRegionKey]: region } }),
    leansOnPin,
  ),
  both(
    "P2",
    "nodeSelector on the deprecated zone label",
    ({ zone }) => ({ nodeSelector: { [oldZoneKey]: zone } }),
    zoneLeansOnPin,
  ),
  both(
    "P2",
    "nodeSelector on a host name",
    ({ hosts }, random) => ({ nodeSelector: { [hostnameKey]: random.pick(hosts) } }),
    leansOnPin,
  ),
  both("P3", "affinity on the region", ({ region }) => required(expression(regionKey, "In", region))),
  both(
    "P3",
    "affinity on the zone",
    ({ zone }) => required(expression(zoneKey, "In", zone as string)),
    zoneLeansOnPin,
  ),
  both(
    "P3",
    "affinity on the label that says where a node was found to stand",
    ({ region }) => required(expression(restrictedRegion, "In", region)),
    { podRefusedBy: pinnedPolicyName },
  ),
  both("P3", "ORed terms", ({ region }, random, home) => {
    const terms = [expression(regionKey, "In", home.region), expression(regionKey, "In", region)];
    return required(...(random.chance(0.5) ? terms : terms.toReversed()));
  }),
  both(
    "P3",
    "a lawful term beside a zone",
    ({ zone }, _random, home) =>
      required(expression(regionKey, "In", home.region), expression(zoneKey, "In", zone as string)),
    zoneLeansOnPin,
  ),
  {
    row: "P3",
    name: "one requirement with several regions",
    unlawful: ({ home, abroad }) => required(expression(regionKey, "In", home.region, abroad.region)),
    lawful: ({ home }) => required(expression(regionKey, "In", home.region)),
  },
  {
    row: "P4",
    name: "NotIn",
    unlawful: ({ home }) => required(expression(regionKey, "NotIn", home.region)),
    lawful: ({ home }) =>
      required({
        matchExpressions: [
          { key: regionKey, operator: "In", values: [home.region] },
          { key: zoneKey, operator: "NotIn", values: [`${home.region}-nowhere`] },
        ],
      }),
  },
  {
    row: "P4",
    name: "Exists",
    unlawful: () => required(expression(regionKey, "Exists")),
    // Not `Exists` beside `In [home]` in one term: that is what the pin makes of the unlawful one.
    lawful: ({ home }) => ({
      nodeSelector: { [regionKey]: home.region },
      ...required(expression(regionKey, "Exists")),
    }),
  },
  {
    row: "P4",
    name: "DoesNotExist",
    unlawful: () => required(expression(regionKey, "DoesNotExist")),
    lawful: ({ home }) =>
      required({
        matchExpressions: [
          { key: regionKey, operator: "In", values: [home.region] },
          { key: "example.com/spot", operator: "DoesNotExist" },
        ],
      }),
  },
  {
    row: "P4",
    name: "Gt or Lt",
    unlawful: (_places, random) => required(expression(regionKey, random.chance(0.5) ? "Gt" : "Lt", "5")),
    lawful: ({ home }, random) =>
      required({
        matchExpressions: [
          { key: regionKey, operator: "In", values: [home.region] },
          { key: "example.com/cores", operator: random.chance(0.5) ? "Gt" : "Lt", values: ["5"] },
        ],
      }),
  },
  {
    row: "P4",
    name: "a zone or host that nobody knows",
    ...leansOnPin,
    unlawful: ({ home }, random) => ({
      nodeSelector: { [random.chance(0.5) ? zoneKey : hostnameKey]: `${home.region}-nowhere` },
    }),
    lawful: ({ home }, random) => ({
      nodeSelector:
        home.zone && random.chance(0.5)
          ? { [zoneKey]: home.zone }
          : { [hostnameKey]: random.pick(home.hosts) },
    }),
  },
  both("P4", "matchFields on a node's name", ({ nodes }, random) =>
    required({ matchFields: [{ key: "metadata.name", operator: "In", values: [random.pick(nodes)] }] }),
  ),
  both("P5", "preferred at home, required elsewhere", ({ region }, _random, home) => {
    const spec = required(expression(regionKey, "In", region));
    spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution = [
      { weight: 100, preference: expression(regionKey, "In", home.region) },
    ];
    return spec;
  }),
];

/** Those that these places have words for. */
export function constraintsIn({ home, abroad, abroadWasAllowed }: Places): readonly Constraint[] {
  const zoned = home.zone !== undefined && abroad.zone !== undefined;
  return constraints.filter(
    ({ zones, podRefusedBy }) => (zoned || !zones) && !(abroadWasAllowed && podRefusedBy),
  );
}
