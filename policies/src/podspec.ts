/** A pod spec's placements, whether it stands in a pod or in a template. */

import { noRegion } from "@companyos/crds";
import { termsPath } from "./limits.ts";
import { placementOnNode } from "./nodes.ts";
import { excessOf, repinned } from "./pin.ts";
import { boundOf, type Requested, requestedBy } from "./reach.ts";
import { type PodRequirements, type Requirement, readRequirements, type Term } from "./requirements.ts";
import { type TopologyIndex, topologyIndex } from "./topology-index.ts";
import type { Placement, Topology } from "./types.ts";

/** A pod is bound where it says; a template's pods are pinned and decided themselves, so only what it *asks for* counts. */
export type SpecRole = "pod" | "template";

/** More distinct placements than this in one object cannot be meant; the rest is not read and the object is refused. */
const maxPlacements = 64;

/**
 * Reads where a pod spec may run. Lawful under a plan exactly when every placement returned is.
 * @param base JSON path of the spec, such as `spec` or `spec.template.spec`
 */
export function readPodSpec(spec: unknown, base: string, role: SpecRole, topology: Topology): Placement[] {
  const excess = excessOf(spec, topology.pin, topology);
  if (excess) {
    const field = `${base}.${termsPath.join(".")}`;
    return [{ constraint: "unresolvable", reason: "TOO_MANY_TERMS", field, detail: excess }];
  }
  const read = readRequirements(spec, base);
  const [fault] = read.malformed;
  if (fault) return [{ constraint: "unresolvable", field: fault.field, detail: fault.detail }];

  const onNode = read.nodeName
    ? placementOnNode(read.nodeName.name, read.nodeName.field, topology)
    : undefined;
  const mustBind = role === "pod" && onNode === undefined && !read.matchesNothing;
  const terms = termPlacements(read, topology, mustBind);
  // What was asked for says more than that something is missing beside it.
  const asked = (placement: Placement) => Number(placement.constraint === "unconstrained");
  const all = [...(onNode ? [onNode] : []), ...terms].sort((a, b) => asked(a) - asked(b));
  // Beside what its author named and nobody knows, the pin that admission added is nothing that was asked for.
  const isUnknown = all.some(({ constraint }) => constraint === "unresolvable");
  const placements = isUnknown ? all.filter((placement) => !isOwnPin(placement, topology)) : all;
  if (placements.length > 0) return distinct(placements, read.field);
  // No node matches: it waits for ever, as it asked to.
  if (read.matchesNothing) return [{ constraint: "regions", regions: [], field: read.field }];
  return [{ constraint: role === "pod" ? "unconstrained" : "deferred", field: read.field }];
}

/** `mustBind`: the scheduler chooses among the nodes these terms match, so every term has to bound it. */
function termPlacements(read: PodRequirements, topology: Topology, mustBind: boolean): Placement[] {
  const index = topologyIndex(topology);
  const selected = read.selector.filter(
    (requirement) => requirement.key === "vouchedRegion" && isPin(requirement, topology),
  );
  const terms =
    read.terms.length > 0
      ? read.terms
      : [{ field: read.field, requirements: [], others: read.selectorOthers }];
  const readings = terms.map((term) => {
    const all = [...read.selector, ...term.requirements];
    const inTerm = term.requirements.filter((requirement) => isPin(requirement, topology));
    const pinned = [...selected, ...inTerm];
    const pins = new Set(pinned);
    const requested = requestedBy(
      pins.size > 0 ? all.filter((one) => !pins.has(one)) : all,
      term.field,
      index,
    );
    return { term, requested, inTerm, pinned, bound: boundOf(all, index) };
  });
  const stated = readings.some(({ requested }) => requested.kind !== "none");
  const placements = abroadByOurLabel(read, topology.pin, index);
  for (const { term, requested, inTerm, pinned, bound } of readings) {
    if (requested.kind !== "none") placements.push(placementOf(requested));
    // One term names a region and another, joined to it by OR, names none: together they name none.
    else if (stated && !onlyPin(term, inTerm))
      placements.push({ constraint: "unconstrained", field: term.field });
    if (!bound) {
      if (mustBind) placements.push({ constraint: "unconstrained", field: term.field });
    } else if (mustBind || pinned.length > 0) {
      const within =
        requested.kind === "regions" && [...bound].every((region) => requested.regions.has(region));
      if (!within) placements.push(boundPlacement(bound, term, pinned));
    }
  }
  return placements;
}

/** What our label names outside the tenant's regions. Nobody needs it to narrow, so nothing said beside it is an excuse. */
function abroadByOurLabel(
  { selector, terms }: PodRequirements,
  pin: readonly string[],
  index: TopologyIndex,
): Placement[] {
  return [...selector, ...terms.flatMap(({ requirements }) => requirements)].flatMap((one) => {
    if (one.key !== "vouchedRegion" || one.operator !== "In" || pin.length === 0) return [];
    if (one.values.every((value) => pin.includes(value))) return [];
    const requested = requestedBy([one], one.field, index);
    return requested.kind === "none" ? [] : [placementOf(requested)];
  });
}

function isOwnPin(placement: Placement, { pin }: Topology): boolean {
  return (
    placement.constraint === "regions" &&
    placement.pinned === true &&
    placement.regions.every((region) => pin.includes(region))
  );
}

function boundPlacement(bound: ReadonlySet<string>, term: Term, pinned: readonly Requirement[]): Placement {
  const regions = [...bound].sort();
  const [pin] = pinned;
  return pin
    ? { constraint: "regions", regions, field: pin.field, pinned: true }
    : { constraint: "regions", regions, field: term.field };
}

/** Nothing but the pin: an author's empty term, which matches no node, or the very constraint the plan asks for. */
function onlyPin(term: Term, pinned: readonly Requirement[]): boolean {
  return !term.others && term.requirements.length === pinned.length;
}

function isPin(requirement: Requirement, { pin, topologyPinned = [] }: Topology): boolean {
  const { key, operator, values } = requirement;
  if (key === "vouchedRegion" && operator === "NotIn") return String(values) === noRegion;
  if ((key !== "region" && key !== "vouchedRegion") || operator !== "In" || pin.length === 0) return false;
  // Our label is the pin's own: to some of the regions, it is the pin of before there were more.
  if (key === "vouchedRegion") return values.length > 0 && values.every((value) => pin.includes(value));
  const listed = new Set(values);
  const isListed = (whole: readonly string[]) =>
    listed.size === whole.length && whole.every((region) => listed.has(region));
  return isListed([...new Set(pin)]) || isListed(topologyPinned);
}

function placementOf(requested: Exclude<Requested, { kind: "none" }>): Placement {
  const { kind, ...rest } = requested;
  return kind === "regions"
    ? { ...rest, constraint: kind, regions: [...requested.regions].sort() }
    : { ...(rest as Omit<Extract<Requested, { kind: "unresolvable" }>, "kind">), constraint: kind };
}

/** The first placement of each kind is enough, and keeps the decision's input small. */
export function distinct(placements: readonly Placement[], field: string): Placement[] {
  const first = new Map<string, Placement>();
  for (const placement of placements) {
    const key =
      placement.constraint === "regions"
        ? `${placement.pinned ?? false} ${placement.regions.join(",")}`
        : `${placement.constraint} ${"reason" in placement ? placement.reason : ""}`;
    if (!first.has(key)) first.set(key, placement);
    if (first.size > maxPlacements)
      return [
        {
          constraint: "unresolvable",
          field,
          detail: `asks for more than ${maxPlacements} different sets of regions`,
        },
      ];
  }
  return [...first.values()];
}

/**
 * True when an update changed what a pod spec requires of its node. Field order, labels that are silent about regions,
 * and a pin added on the way in (when `topology` is given), or the half of it that an earlier version did not add, are no
 * change.
 */
export function podSpecChanged(spec: unknown, oldSpec: unknown, topology: Topology | undefined): boolean {
  const now = readRequirements(spec, "");
  if (now.malformed.length > 0) return true;
  const wanted = signature(now);
  if (wanted === signature(readRequirements(oldSpec, ""))) return false;
  const oldPinned = topology && repinned({ spec: oldSpec ?? {} }, topology.pin, [], topology).spec;
  return wanted !== signature(readRequirements(oldPinned, ""));
}

function signature({ nodeName, selector, selectorOthers, terms }: PodRequirements): string {
  const plain = (requirements: readonly Requirement[]) =>
    requirements
      .map(({ key, operator, values }) => JSON.stringify([key, operator, [...values].sort()]))
      .sort();
  return JSON.stringify([
    nodeName?.name ?? "",
    plain(selector),
    terms.length === 0 && selectorOthers,
    terms.map((term) => [term.others, plain(term.requirements)]),
  ]);
}
