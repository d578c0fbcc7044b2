import { consentTo, maxConditionMessage } from "@companyos/crds";
import { cutTo } from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import {
  adoptable,
  type ClaimedNamespace,
  type ClaimingTenant,
  type ClaimState,
  claimProblem,
  claimProblems,
  newNote,
} from "../src/tenants/claims.ts";
import { formerOwners } from "../src/tenants/upgrade.ts";

const heir = (spec: object = { adopt: ["acme"] }, uid = "new"): ClaimingTenant => ({
  metadata: { name: "acme", uid, creationTimestamp: "2026-01-01T00:00:00Z" },
  spec,
});
const left = (labels: Record<string, string> | undefined, adoptBy?: string): ClaimedNamespace => ({
  metadata: {
    ...(labels ? { labels } : {}),
    ...(adoptBy === undefined ? {} : { annotations: { "residency.companyos.io/adopt-by": adoptBy } }),
  },
});
const of = (uid: string | undefined, tenant = "acme") => ({
  "residency.companyos.io/tenant": tenant,
  ...(uid === undefined ? {} : { "residency.companyos.io/tenant-uid": uid }),
});
const consent = consentTo({ name: "acme", uid: "new" });
const state = (namespaces: Record<string, ClaimedNamespace>, living: string[] = ["new"]): ClaimState => ({
  productNamespace: "companyos-system",
  namespace: (name) => namespaces[name],
  claimants: () => [],
  exists: (uid) => living.includes(uid),
});

test("a namespace of a former tenant of the name is a conflict that names both uids and says what to run", () => {
  expect(claimProblem(heir({}), state({ acme: left(of("old")) }))).toEqual({
    reason: "NamespaceConflict",
    namespace: "acme",
    message:
      "namespace acme belongs to a former tenant acme (uid old), not to this one (uid new); it is not taken over and stays as it is. To hand it over on purpose: companyos adopt acme --tenant acme. Else make another Tenant, of another name or with another spec.namespace (this one's cannot change)",
  });
});

test("each conflict says which side has not agreed yet", () => {
  const message = (tenant: ClaimingTenant, live: ClaimedNamespace, living?: string[]) =>
    claimProblem(tenant, state({ acme: live }, living))?.message;
  expect(message(heir(), left(of("old")))).toContain(
    "does not consent: kubectl annotate --overwrite namespace acme residency.companyos.io/adopt-by=acme/new",
  );
  expect(message(heir(), left(of("old"), "acme/older"))).toContain("does not consent (it names acme/older)");
  expect(message(heir({}), left(of("old"), consent))).toContain("add it to spec.adopt of this Tenant");
  expect(message(heir(), left(of("orphaned")))).toContain("(whose uid is not known)");
  expect(message(heir(), left(of("g", "globex"), consent), ["new", "g"])).toContain(
    "Have that Tenant let it go first: take it out of its spec.namespaces and list it in its spec.release, or, where it is that Tenant's own namespace, delete that Tenant (with deletionPolicy Retain, since Purge deletes the namespace with everything in it)",
  );
  expect(message(heir({}), left(undefined))).toContain("belongs to nobody this product knows");
});

test("a conflict tells the Tenant's owners no other Tenant's name, and the product's people have it", () => {
  const held = claimProblem(heir(), state({ acme: left(of("g", "globex")) }, ["new", "g"]));
  expect(held).toMatchObject({
    note: "namespace acme is Tenant globex's",
    message: expect.not.stringContaining("globex"),
  });
  const older = {
    metadata: { name: "elder", uid: "e", creationTimestamp: "2025-01-01T00:00:00Z" },
    spec: {},
  };
  const claimed = claimProblem(heir(), { ...state({}), claimants: () => [older] });
  expect(claimed).toMatchObject({
    note: "namespace acme is claimed by Tenant elder, which comes first",
    message: "namespace acme is claimed by an older Tenant",
  });
  expect(claimProblem(heir(), state({ acme: left(of("old")) }))).not.toHaveProperty("note");
});

test("who a conflict is with is told once, and again when the conflict or the other Tenant is another one", () => {
  const problem = (namespace: string, other: string) => ({
    reason: "NamespaceConflict" as const,
    namespace,
    message: `namespace ${namespace} is another's`,
    note: `namespace ${namespace} is Tenant ${other}'s`,
  });
  const saying = (message: string) => [
    {
      type: "Ready",
      status: "False" as const,
      reason: "NamespaceConflict",
      message,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ];
  const first = problem("a", "globex");
  expect(newNote(first, undefined, undefined)).toBe(first.note);
  expect(newNote(first, saying(first.message), first.note)).toBeUndefined();
  // After a restart nobody remembers the note.
  expect(newNote(first, saying(first.message), undefined)).toBeUndefined();
  const [second, third] = [problem("b", "globex"), problem("a", "initech")];
  expect(newNote(second, saying(first.message), first.note)).toBe(second.note);
  expect(newNote(third, saying(first.message), first.note)).toBe(third.note);
  const endless = { ...first, message: "x".repeat(40_000) };
  expect(newNote(endless, saying(cutTo(endless.message, maxConditionMessage)), first.note)).toBeUndefined();
  expect(newNote({ ...first, note: undefined }, undefined, undefined)).toBeUndefined();
});

test("each claim stands for itself: those in conflict are named, and none of the others", () => {
  const tenant = heir({ namespaces: ["acme-data", "acme-new", "acme-old"] });
  const deleted = { metadata: { labels: of("new"), deletionTimestamp: "now" } };
  const all = { acme: left(of("new")), "acme-old": left(of("old")), "acme-data": deleted };
  expect(claimProblems(tenant, state(all)).map(({ namespace, reason }) => [namespace, reason])).toEqual([
    ["acme-data", "NamespaceTerminating"],
    ["acme-old", "NamespaceConflict"],
  ]);
  // What waits for a person is what the Tenant says.
  expect(claimProblem(tenant, state(all))?.namespace).toBe("acme-old");
});

test("nobody is advised to hand over a namespace that is being deleted", () => {
  const going = { metadata: { labels: of("old"), deletionTimestamp: "now" } };
  const { message } = claimProblem(heir(), state({ acme: going }))!;
  expect(message).toContain("being deleted and cannot be handed over");
  expect(message).not.toContain("companyos adopt");
});

test("a namespace is handed over when both sides say so, with the uid of this very Tenant, and its own is gone", () => {
  const handed = (tenant: ClaimingTenant, live: ClaimedNamespace, living?: string[]) =>
    adoptable(tenant, state({ acme: live }, living)).length > 0;
  expect(handed(heir(), left(of("old"), consent))).toBe(true);
  expect(handed(heir(), left(of("orphaned"), consent))).toBe(true);
  expect(handed(heir(), left(of("old", "globex"), consent))).toBe(true);
  // One that was there before and never had a Tenant, in the same way.
  expect(handed(heir(), left(undefined, consent))).toBe(true);

  expect(handed(heir({}), left(of("old"), consent))).toBe(false);
  expect(handed(heir(), left(of("old")))).toBe(false);
  expect(handed(heir({ adopt: ["acme"] }, "newer"), left(of("old"), consent))).toBe(false);
  expect(handed(heir(), left(of("old"), "acme"))).toBe(false);
  expect(handed(heir(), left(of("old"), consent), ["new", "old"])).toBe(false);
  expect(handed(heir(), left(of("new"), consent))).toBe(false);
  // Whose it is is not settled yet.
  expect(handed(heir(), left(of(undefined), consent))).toBe(false);
  expect(
    handed(heir(), { metadata: { ...left(of("old"), consent).metadata, deletionTimestamp: "now" } }),
  ).toBe(false);
});

describe("a namespace that a Tenant has as the default tenant", () => {
  const given = (uid: string, consents?: string): ClaimedNamespace => {
    const { labels, annotations } = left(of(uid), consents).metadata;
    return {
      metadata: { labels, annotations: { ...annotations, "residency.companyos.io/assigned": "default" } },
    };
  };
  const claiming = (adopt: string[] = []) => heir({ namespaces: ["stray"], adopt });

  test("is not its own by its claim alone, and its status says how it would be", () => {
    expect(claimProblem(claiming(), state({ stray: given("new") }))).toEqual({
      reason: "NamespaceConflict",
      namespace: "stray",
      message:
        "namespace stray exists, and this Tenant has it as the default tenant only, for its regions and nothing else; it is not taken over and stays as it is. To hand it over on purpose: companyos adopt stray --tenant acme. Else name another in spec.namespaces",
    });
    expect(adoptable(claiming(), state({ stray: given("new") }))).toEqual([]);
    expect(adoptable(claiming(["stray"]), state({ stray: given("new") }))).toEqual([]);
    expect(adoptable(claiming(), state({ stray: given("new", consent) }))).toEqual([]);
  });

  test("is its own once both sides agree, and anybody else's in the same way", () => {
    expect(adoptable(claiming(["stray"]), state({ stray: given("new", consent) }))).toEqual(["stray"]);
    const all = state({ stray: given("other", consent) }, ["new", "other"]);
    expect(claimProblem(claiming(), state({ stray: given("other") }, ["new", "other"]))?.message).toMatch(
      /another Tenant has it as the default tenant only.*To hand it over on purpose: companyos adopt stray/,
    );
    expect(adoptable(claiming(["stray"]), all)).toEqual(["stray"]);
  });
});

test("neither a namespace that is reserved nor one that the Tenant does not claim is handed over", () => {
  const all = { "kube-public": left(undefined, consent), other: left(of("old"), consent) };
  const tenant = heir({ namespaces: ["kube-public"], adopt: ["kube-public", "other"] });
  expect(adoptable(tenant, state(all))).toEqual([]);
});

test("of the Tenants of before those count that were there when the upgrade began", () => {
  const made = (name: string, creationTimestamp: string) =>
    ({ metadata: { name, uid: `${name}-uid`, creationTimestamp } }) as Parameters<
      typeof formerOwners
    >[0][number];
  const tenants = [
    made("old", "2026-01-01T00:00:00Z"),
    made("same", "2026-01-02T00:00:00Z"),
    made("late", "2026-01-02T00:00:01Z"),
  ];
  expect([...formerOwners(tenants, "2026-01-02T00:00:00Z")]).toEqual([
    ["old", "old-uid"],
    ["same", "same-uid"],
  ]);
});

describe("of Tenants that claim one namespace, not there yet,", () => {
  const at = (name: string, second: number, spec: object = {}): ClaimingTenant => ({
    metadata: { name, uid: `${name}-uid`, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
    spec,
  });
  const has = (...all: ClaimingTenant[]) =>
    all
      .filter((one) => claimProblem(one, { ...state({}), claimants: () => all }) === undefined)
      .map(({ metadata }) => metadata.name);

  test("the older has it", () => {
    expect(has(at("victim", 2), at("thief", 1, { namespaces: ["victim"] }))).toEqual(["thief"]);
    expect(has(at("victim", 1), at("thief", 2, { namespaces: ["victim"] }))).toEqual(["victim"]);
  });

  test("of the same second, it goes to whose own it is, first of all by name, and not to the first by name", () => {
    const victim = at("victim", 1);
    const further = at("a-thief", 1, { namespaces: ["victim"] });
    const own = at("b-thief", 1, { namespace: "victim" });
    expect(has(further, victim)).toEqual(["victim"]);
    expect(has(own, victim)).toEqual(["victim"]);
    expect(has(further, own)).toEqual(["b-thief"]);
    expect(claimProblem(further, { ...state({}), claimants: () => [victim, further] })).toMatchObject({
      note: "namespace victim is claimed by Tenant victim, which comes first",
      message: expect.stringContaining("another Tenant, as old as this one"),
    });
  });
});
