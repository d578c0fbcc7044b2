/** What is owed for a namespace that was handed over comes from the namespace into the ledger once. */
import { annotations, labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { crossedOff } from "../src/owed/owed.ts";
import { carried, earlierOwed, maxEarlier, withoutEarlier } from "../src/tenants/adoptions/earlier.ts";
import * as adoptions from "../src/tenants/adoptions/remember.ts";
import { letGo, notedOn } from "../src/tenants/adoptions/remember.ts";
import { remembering } from "./ledgers.ts";

const adding = remembering(adoptions.adding);

const plan = {
  tenant: "acme",
  uid: "acme-uid",
  homeRegion: "eu-west-1",
  regions: ["eu-west-1"],
  mode: "Enforce",
  policies: [],
  digest: "sha256:1",
} as const;
const namespace = (noted: Record<string, string>): KubeObject => ({
  metadata: {
    name: "shared",
    uid: "ns-uid",
    annotations: { [annotations.adoptedFrom]: "gone-uid", ...noted },
  },
});
const both = namespace({
  [annotations.adoptionReceipt]: "id-1",
  [annotations.releaseReceipt]: "id-2/globex/us-east-1",
});
const owedOn = (object: KubeObject) => notedOn(object, plan, 7).map(({ owed }) => owed);

test("both Tenants are owed theirs, each in the log of its home, and what it says is fixed from then on", () => {
  const about = { at: 7, plan, namespace: { name: "shared", uid: "ns-uid", previousTenantUid: "gone-uid" } };
  expect(owedOn(both)).toEqual([
    { ...about, is: "adopted", log: "eu-west-1", rid: "id-1" },
    { ...about, is: "released", log: "us-east-1", rid: "id-2", by: "globex" },
  ]);
  expect(owedOn(namespace({}))).toEqual([]);
  expect(owedOn(namespace({ [annotations.releaseReceipt]: "id-2" }))).toEqual([]);
});

test("what came into the ledger comes into it once, also when it is sent and still noted on the namespace", () => {
  const [adopted, released] = owedOn(both);
  const first = adding(undefined, [adopted!])!;
  expect(first).toEqual({ rids: ["id-1"], owed: [adopted] });
  const sent = crossedOff(first, "id-1");
  expect(adding(sent, [adopted!])).toBe(sent);
  expect(adding(sent, [adopted!, released!])).toEqual({ rids: ["id-1", "id-2"], owed: [released] });
});

test("who let go of a namespace is owed the word while nobody has it; whoever has it next tells the rest", () => {
  const free = {
    metadata: {
      name: "shared",
      uid: "ns-uid",
      annotations: {
        [annotations.releasedFrom]: "globex-uid",
        [annotations.releaseReceipt]: "id-2/globex/us-east-1",
      },
    },
  };
  const about = { name: "shared", uid: "ns-uid", previousTenantUid: "globex-uid" };
  expect(letGo(free, 7)).toEqual([
    {
      on: "releaseReceipt",
      owed: { is: "released", at: 7, log: "us-east-1", rid: "id-2", by: "globex", namespace: about },
    },
  ]);
  expect(letGo(namespace({ [annotations.releaseReceipt]: "id-2/globex/us-east-1" }), 7)).toEqual([]);
  expect(letGo(namespace({}), 7)).toEqual([]);
});

describe("a namespace that changes hands again before its receipts are sent", () => {
  const at = (owner: string | undefined, said: Record<string, string>): KubeObject => ({
    metadata: {
      name: "shared",
      uid: "ns-uid",
      labels: owner ? { [labels.tenant]: owner, [labels.tenantUid]: `${owner}-uid` } : {},
      annotations: said,
    },
  });
  const noted = at("acme", both.metadata.annotations!);
  const planOf = (tenant: string, uid: string) =>
    tenant === "acme" && uid === "acme-uid" ? plan : undefined;
  const withList = (list: string | null) => at("next", { [annotations.earlierReceipts]: list ?? "" });

  test("keeps what they say, whoever has it then", () => {
    const owed = earlierOwed(withList(carried(noted, false)), planOf, 7);
    expect(owed).toEqual([{ ...owedOn(both)[1], plan: { uid: "acme-uid" } }, owedOn(both)[0]]);
    // A Tenant whose home is no Region, or that is gone, has no plan to tell by.
    expect(earlierOwed(withList(carried(noted, false)), () => undefined, 7)).toHaveLength(1);
    expect(earlierOwed(withList(carried(noted, true)), planOf, 7)).toEqual([owedOn(both)[0]]);
    expect([carried(at("acme", {}), false), carried(at(undefined, {}), false, { rid: "id-3" })]).toEqual([
      null,
      null,
    ]);
  });

  test("and the release by a Tenant without a home, where its hand-over waits too", () => {
    const list = carried(noted, false, { rid: "id-3", next: "next-uid" });
    const last = earlierOwed(withList(list), planOf, 7).at(-1);
    expect(last).toMatchObject({ is: "released", rid: "id-3", log: "eu-west-1", by: "acme" });
    expect(last).toMatchObject({ namespace: { previousTenantUid: "acme-uid" }, plan: { uid: "next-uid" } });
    expect(carried(at("acme", {}), false, { rid: "id-3" })).toBeNull();
  });

  test("as often as it does, up to twenty, each until it is sent", () => {
    let live = noted;
    for (let i = 0; i < 30; i++) {
      const list = carried(live, false)!;
      live = at("acme", { [annotations.adoptionReceipt]: `again-${i}`, [annotations.earlierReceipts]: list });
    }
    const owed = earlierOwed(live, planOf, 7);
    expect(owed.map(({ rid }) => rid)).toEqual(
      Array.from({ length: maxEarlier }, (_, i) => `again-${i + 9}`),
    );
    expect(earlierOwed(withList(withoutEarlier(live, ["again-9"])), planOf, 7)).toHaveLength(maxEarlier - 1);
    expect(withoutEarlier(withList("adopted/id/acme/acme-uid/x/"), ["id"])).toBeNull();
    expect(earlierOwed(withList("adopted,,released/,odd/1/2/3/4/5"), planOf, 7)).toEqual([]);
  });
});

test("what a default tenant got by the setting is told as such", () => {
  const given = namespace({ [annotations.adoptionReceipt]: "id-1", [annotations.assigned]: "default" });
  expect(owedOn(given)).toEqual([expect.objectContaining({ is: "adopted", assigned: true })]);
});
