import { annotations, labels, type OwnedNamespace } from "@companyos/crds";
import type { EventSubject, RecordedEvent } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { forOwnersToo } from "../src/owners-events.ts";

const event = { type: "Normal", reason: "Ready", note: "Everything is in place" } as const;
const tenant = (kind = "Tenant"): EventSubject => ({ kind, metadata: { name: "acme", uid: "2" } as object });
const of = (uid: string, more: Record<string, string> = {}): OwnedNamespace => ({
  metadata: { labels: { [labels.tenant]: "acme", [labels.tenantUid]: uid }, annotations: more },
});

function recorded(namespaces: Record<string, OwnedNamespace>, about = tenant()): (string | undefined)[] {
  const where: (string | undefined)[] = [];
  const recorder = {
    record: ({ metadata }: EventSubject, told: RecordedEvent) => {
      expect(told).toBe(event);
      where.push((metadata as { namespace?: string }).namespace);
    },
    stop: async () => {},
  };
  const known = {
    namespacesOf: () => Object.keys(namespaces).toSorted(),
    get: (name: string) => namespaces[name],
  };
  forOwnersToo(recorder, known).record(about, event);
  return where;
}

test("an event about a Tenant stands once more where its owners may read it", () => {
  expect(recorded({ "a-data": of("2"), acme: of("2") })).toEqual([undefined, "acme"]);
  expect(recorded({ "b-data": of("2"), "a-data": of("2") })).toEqual([undefined, "a-data"]);
});

test("never where others read: an earlier Tenant's namespace, or one it has as the default tenant only", () => {
  expect(recorded({ acme: of("1") })).toEqual([undefined]);
  expect(recorded({ acme: of("2", { [annotations.assigned]: "" }) })).toEqual([undefined]);
  expect(recorded({ acme: of("1"), "acme-new": of("2") })).toEqual([undefined, "acme-new"]);
  expect(recorded({})).toEqual([undefined]);
});

test("what is told in a namespace of the product's is for nobody else", () => {
  const about = { kind: "Tenant", metadata: { name: "acme", uid: "2", namespace: "companyos-system" } };
  expect(recorded({ acme: of("2") }, about as EventSubject)).toEqual(["companyos-system"]);
});

test("what is about something else is told where it was", () => {
  expect(recorded({ acme: of("2") }, tenant("Region"))).toEqual([undefined]);
});
