/** What the webhook says to requests in namespaces that no Tenant has. */
import type { UnclaimedSetting } from "@companyos/crds";
import { inventoryFromFiles } from "@companyos/inventory";
import { createDecider, explain, type KubeObject } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { beforeAll, expect, test } from "@jest/globals";
import { type DecideOptions, decideRequest } from "../src/decide-request.ts";
import { parseReview } from "../src/review.ts";
import { pod, review } from "./requests.ts";

const inventory = inventoryFromFiles([]);
let decider: DecideOptions["decider"];
beforeAll(async () => {
  decider = await createDecider(await loadBundle());
});

function reasonOf(unclaimed: UnclaimedSetting | undefined, request: object = {}, enforce = true): string {
  const asked = parseReview(review({ namespace: "stray", ...request }), "unverified");
  return decideRequest({ inventory, decider, enforce, unclaimed }, asked).decision.reason;
}
const deployment = (metadata: KubeObject = { name: "web" }) => ({
  group: "apps",
  resource: "deployments",
  kind: "Deployment",
  object: { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { template: pod() } },
});
const deny: UnclaimedSetting = { action: "Deny", except: ["ingress"] };
const byDefault: UnclaimedSetting = { action: "DefaultTenant", tenant: "lodger" };

test("they are ignored unless the installation says otherwise", () => {
  expect(reasonOf(undefined)).toBe("NAMESPACE_UNCLAIMED");
  expect(reasonOf({ action: "Ignore" })).toBe("NAMESPACE_UNCLAIMED");
});

test("Deny refuses new pods and what would make some; not what a controller makes of something older, nor updates", () => {
  expect(reasonOf(deny)).toBe("TENANT_REQUIRED");
  expect(reasonOf(deny, deployment())).toBe("TENANT_REQUIRED");
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "old", controller: true }];
  expect(reasonOf(deny, deployment({ name: "old-1", ownerReferences }))).toBe("NAMESPACE_UNCLAIMED");
  expect(reasonOf(deny, { object: pod({}, { name: "old-1-x", ownerReferences }) })).toBe("TENANT_REQUIRED");
  expect(reasonOf(deny, { operation: "UPDATE", oldObject: pod() })).toBe("NAMESPACE_UNCLAIMED");
  expect(reasonOf(deny, { subResource: "binding", kind: "Binding" })).toBe("NAMESPACE_UNCLAIMED");
});

test("a default tenant is waited for by pods only", () => {
  expect(reasonOf(byDefault)).toBe("TENANT_REQUIRED");
  expect(reasonOf(byDefault, deployment())).toBe("NAMESPACE_UNCLAIMED");
});

test("the control plane, the product and what is excepted are never reached, nor anything where nothing is enforced", () => {
  const excepted: UnclaimedSetting = { action: "Deny", except: ["ingress", "openshift-*"] };
  for (const namespace of [
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "companyos-system",
    "ingress",
    "openshift-dns",
  ])
    expect([namespace, reasonOf(excepted, { namespace })]).toEqual([namespace, "NAMESPACE_UNCLAIMED"]);
  // Names that anybody may give.
  for (const namespace of ["kube-mine", "openshift", "ingress-mine"])
    expect([namespace, reasonOf(excepted, { namespace })]).toEqual([namespace, "TENANT_REQUIRED"]);
  expect(reasonOf(deny, {}, false)).toBe("NAMESPACE_UNCLAIMED");
});

test("the author is told what to do", () => {
  const asked = parseReview(review({ namespace: "stray" }), "unverified");
  const { decision } = decideRequest({ inventory, decider, unclaimed: deny }, asked);
  expect(explain(decision, { kind: "Pod", namespace: "stray", name: "web" })).toMatch(
    /^Pod stray\/web is in a namespace that belongs to no tenant.*companyos adopt NAMESPACE --tenant NAME.*TENANT_REQUIRED/,
  );
});
