import { createDecider, type Decider, type KubeObject, pinned } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { attempts } from "../src/attempts.ts";
import { podMakers } from "../src/kinds.ts";
import type { Places } from "../src/places.ts";
import type { Request, Side } from "../src/request.ts";
import { rows } from "../src/rows.ts";
import type { Attempt } from "../src/way.ts";

const places: Places = {
  home: { region: "eu-west-1", zone: "eu-west-1a", nodes: ["eu-0"], hosts: ["eu-host"] },
  abroad: { region: "us-east-1", zone: "us-east-1a", nodes: ["us-0", "us-1"], hosts: ["us-host", "us-1"] },
  allowed: ["eu-west-1"],
};
const withoutZones: Places = {
  home: { ...places.home, zone: undefined },
  abroad: { ...places.abroad, zone: undefined },
  allowed: ["eu-central-1", "eu-west-1"],
};
const corpus = (seed: number, count: number, where = places) =>
  attempts({ seed, count, namespace: "acme", places: where, run: "r" });

let decider: Decider;
beforeAll(async () => {
  decider = await createDecider(await loadBundle());
});

function topologyOf({ home, abroad, allowed }: Places) {
  const nodes = [home, abroad].flatMap(({ region, nodes, hosts }) =>
    nodes.map((name, i) => ({ name, region, labels: { "kubernetes.io/hostname": hosts[i] as string } })),
  );
  const region = (name: string, jurisdiction: string, zone?: string) => ({
    name,
    jurisdiction,
    zones: zone === undefined ? [] : [zone],
  });
  return {
    regions: [
      region(home.region, "EU", home.zone),
      region("eu-central-1", "EU"),
      region(abroad.region, "US", abroad.zone),
    ],
    nodes: new Map(nodes.map((node) => [node.name, node])),
    pin: allowed,
  };
}

const isPatch = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** JSON merge patch (RFC 7396) without removals. */
function merged(object: KubeObject, patch: object): KubeObject {
  const result = { ...object };
  for (const [key, value] of Object.entries(patch))
    result[key] = isPatch(value) && isPatch(result[key]) ? merged(result[key], value) : value;
  return result;
}

/** What the webhook sees: pods and DaemonSets as the pin leaves them. */
function asPinned(object: KubeObject, allowed: readonly string[]): KubeObject {
  if (object.kind === "Pod") return pinned(object, allowed);
  return object.kind === "DaemonSet" ? pinned(object, allowed, ["spec", "template"]) : object;
}

function decided(
  attempt: Attempt,
  side: Side,
  where: Places,
  pin: boolean,
): { verdict: string; reason: string } {
  const { method, path, body }: Request = attempt[side];
  // What was prepared was so while everything was in force.
  const before = attempt.prepare?.[side][0]?.body as KubeObject | undefined;
  const oldObject = method === "PATCH" ? asPinned(before as KubeObject, where.allowed) : undefined;
  const made = oldObject ? merged(oldObject, body) : (body as KubeObject);
  const [resource = "", , subresource] = path.slice(path.indexOf("/namespaces/acme/") + 17).split("/");
  const plan = {
    tenant: "acme",
    uid: "u",
    homeRegion: where.home.region,
    regions: where.allowed,
    mode: "Enforce",
    policies: [],
    digest: "sha256:0",
  } as const;
  return decider.decide({
    operation: oldObject ? "UPDATE" : "CREATE",
    group: path.startsWith("/apis/") ? (path.split("/")[2] as string) : "",
    resource,
    ...(subresource ? { subresource } : {}),
    object: pin && method === "POST" ? asPinned(made, where.allowed) : made,
    oldObject,
    topology: topologyOf(where),
    plan,
  });
}

describe.each([
  ["in regions with zones", places],
  ["in regions without zones, for a tenant of two regions", withoutZones],
])("the reference decides the corpus as it says of itself, %s", (_title, where) => {
  const all = [1, 2, 3].flatMap((seed) => corpus(seed, 200, where));
  const told = ({ rows, title }: Attempt, side: Side, rest: object) => ({ rows, title, side, ...rest });

  test("with the pin every way past the rule is refused or pinned, and every twin is admitted", () => {
    for (const attempt of all) {
      const unlawful = decided(attempt, "unlawful", where, true).verdict;
      const lawful = decided(attempt, "lawful", where, true).verdict;
      expect(told(attempt, "unlawful", { unlawful, lawful })).toEqual(
        told(attempt, "unlawful", {
          unlawful: attempt.expected === "refused" ? "block" : "allow",
          lawful: "allow",
        }),
      );
    }
  });

  test("without it the decision is the same, but where the attempt says that it leans on the pin", () => {
    for (const attempt of all) {
      for (const side of ["unlawful", "lawful"] as const) {
        const { verdict, reason } = decided(attempt, side, where, false);
        const leaning = attempt.leansOnPin?.[side];
        if (leaning === "HELD")
          expect(told(attempt, side, { verdict })).toEqual(told(attempt, side, { verdict: "allow" }));
        else if (leaning)
          expect(told(attempt, side, { verdict, reason })).toEqual(
            told(attempt, side, { verdict: "block", reason: leaning }),
          );
        else {
          const both = decided(attempt, side, where, true);
          expect(told(attempt, side, { verdict, ...(verdict === "block" ? { reason } : {}) })).toEqual(
            told(attempt, side, {
              verdict: both.verdict,
              ...(verdict === "block" ? { reason: both.reason } : {}),
            }),
          );
        }
      }
    }
  });
});

test("the same seed gives the same attempts, another seed others", () => {
  expect(corpus(7, 100)).toEqual(corpus(7, 100));
  expect(corpus(8, 100)).not.toEqual(corpus(7, 100));
});

test("sixty attempts try every row that the corpus covers, for any seed, and every kind that makes pods is among a thousand", () => {
  const covered = rows.filter(({ covered }) => covered === "corpus").map(({ id }) => id);
  for (let seed = 0; seed < 50; seed++)
    expect(new Set(corpus(seed, 60).flatMap(({ rows }) => rows))).toEqual(new Set(covered));
  const kinds = corpus(1, 1000).map(({ unlawful }) => (unlawful.body as { kind?: string }).kind);
  for (const { kind } of podMakers) expect(kinds).toContain(kind);
});

test("names are labels, unique, and short enough for a CronJob", () => {
  const names = corpus(1, 5000).flatMap(({ unlawful, lawful, prepare }) =>
    [unlawful, lawful, ...(prepare?.unlawful ?? []), ...(prepare?.lawful ?? [])]
      .filter(
        ({ method, path }) => method === "POST" && !path.endsWith("binding") && !path.endsWith("bindings"),
      )
      .map(({ path, body }) => `${path} ${(body as KubeObject).metadata.name}`),
  );
  expect(new Set(names).size).toBe(names.length);
  const longest = attempts({ seed: 1, count: 1, namespace: "n", places, run: "abcdef" })[0] as Attempt;
  expect(`${longest.name}-9999-unlawful`.length).toBeLessThanOrEqual(52);
});
