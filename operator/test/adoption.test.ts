/** What is owed for a namespace that was handed over comes from the namespace into the ledger once. */
import { annotations } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { crossedOff } from "../src/owed/owed.ts";
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

test("what a default tenant got by the setting is told as such", () => {
  const given = namespace({ [annotations.adoptionReceipt]: "id-1", [annotations.assigned]: "default" });
  expect(owedOn(given)).toEqual([expect.objectContaining({ is: "adopted", assigned: true })]);
});
