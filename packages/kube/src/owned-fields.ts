/**
 * Compares what is wanted with what is there, guided by the fields that a server-side apply manager owns
 * (FieldsV1 of meta/v1: `f:` a member, `k:` a list item by its keys, `v:` a set's member, `.` the thing itself).
 */
import { sameScalar } from "./quantity.ts";

type Node = Record<string, unknown>;

/**
 * `same`: applying would change nothing. `differs`: it would. `unsure`: the live object has more inside a value
 * that is owned whole; that is the server's defaulting, or something we once wanted and want no more.
 */
export type Comparison = "same" | "unsure" | "differs";

/** What an apply never owns: it says which object is meant. */
const IDENTITY = new Set([
  "name",
  "namespace",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
]);

/** `owned` is the fieldsV1 of our manager. */
export function compareOwned(desired: object, live: object, owned: object): Comparison {
  const { apiVersion: _a, kind: _k, metadata, ...rest } = desired as Node;
  const meta = Object.fromEntries(
    Object.entries((metadata ?? {}) as Node).filter(([key]) => !IDENTITY.has(key)),
  );
  const wanted = Object.keys(meta).length > 0 ? { ...rest, metadata: meta } : rest;
  return members(wanted, live, owned as Node, "");
}

function value(desired: unknown, live: unknown, owned: unknown, name: string): Comparison {
  if (typeof owned !== "object" || owned === null) return "differs";
  const children = Object.keys(owned).filter((key) => key !== ".");
  if (children.length === 0) return whole(desired, live, name);
  if (Array.isArray(desired)) return items(desired, live, owned as Node, children, name);
  if (typeof desired === "object" && desired !== null)
    return members(desired as Node, live, owned as Node, name);
  return "differs";
}

function members(desired: Node, live: unknown, owned: Node, name: string): Comparison {
  if (!isObject(live)) return "differs";
  const wanted = Object.keys(desired).filter((key) => desired[key] !== undefined && desired[key] !== null);
  const kept = Object.keys(owned).filter((key) => key.startsWith("f:"));
  // Owned but no longer wanted.
  if (kept.some((key) => !wanted.includes(key.slice(2)))) return "differs";
  return worst(wanted, (key) =>
    value(desired[key], live[key], owned[`f:${key}`], isQuantity(name) ? name : key),
  );
}

function items(desired: unknown[], live: unknown, owned: Node, children: string[], name: string): Comparison {
  if (!Array.isArray(live)) return "differs";
  if (desired.length !== children.length) return "differs";
  return worst(desired, (item) => {
    const child = children.find((key) => names(key, item));
    if (child === undefined) return "differs";
    const there = live.find((one) => names(child, one));
    if (there === undefined) return "differs";
    return child.startsWith("v:") ? "same" : value(item, there, owned[child], name);
  });
}

/** Whether `k:{"port":80}` or `v:"x"` is this item. Keys that the author left to defaults match anything. */
function names(child: string, item: unknown): boolean {
  const wanted: unknown = JSON.parse(child.slice(2));
  if (child.startsWith("v:")) return item === wanted;
  if (!child.startsWith("k:") || !isObject(item) || !isObject(wanted)) return false;
  return Object.entries(wanted).every(([key, part]) => item[key] === undefined || item[key] === part);
}

/** A scalar, or a value that is owned as one piece. */
function whole(desired: unknown, live: unknown, name: string): Comparison {
  if (isEmpty(desired) && live === undefined) return "same";
  if (Array.isArray(desired)) {
    if (!Array.isArray(live) || desired.length !== live.length) return "differs";
    return worst([...desired.keys()], (index) => whole(desired[index], live[index], name));
  }
  if (!isObject(desired)) return sameScalar(desired, live, isQuantity(name)) ? "same" : "differs";
  if (!isObject(live)) return "differs";
  const wanted = Object.keys(desired).filter((key) => desired[key] !== undefined && desired[key] !== null);
  const inside = worst(wanted, (key) => whole(desired[key], live[key], isQuantity(name) ? name : key));
  const more = Object.keys(live).some((key) => !wanted.includes(key));
  return inside === "same" && more ? "unsure" : inside;
}

function worst<V>(all: readonly V[], compare: (one: V) => Comparison): Comparison {
  let result: Comparison = "same";
  for (const one of all) {
    const found = compare(one);
    if (found === "differs") return "differs";
    if (found === "unsure") result = "unsure";
  }
  return result;
}

function isObject(thing: unknown): thing is Node {
  return typeof thing === "object" && thing !== null && !Array.isArray(thing);
}

/** Empty lists and maps are often left out by the server. */
function isEmpty(thing: unknown): boolean {
  return typeof thing === "object" && thing !== null && Object.keys(thing).length === 0;
}

/** Members whose values are resource quantities, which the server writes in its own way: `1000m` becomes `1`. */
function isQuantity(name: string): boolean {
  return QUANTITIES.has(name);
}
const QUANTITIES = new Set([
  "hard",
  "limits",
  "requests",
  "default",
  "defaultRequest",
  "max",
  "min",
  "maxLimitRequestRatio",
  "capacity",
  "sizeLimit",
]);
