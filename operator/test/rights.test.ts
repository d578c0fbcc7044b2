import { describe, expect, test } from "@jest/globals";
import { revocation } from "../src/tenants/rights.ts";

const user = (name: string) => ({ kind: "User", name, apiGroup: "rbac.authorization.k8s.io" });
const robot = (name: string, namespace: string) => ({ kind: "ServiceAccount", name, namespace });
const binding = (subjects: object[] | undefined, role = "edit", more: object = {}) => ({
  kind: "RoleBinding",
  metadata: { name: "companyos-owners-edit", namespace: "acme", ...more },
  roleRef: { kind: "ClusterRole", name: role, apiGroup: "rbac.authorization.k8s.io" },
  ...(subjects ? { subjects } : {}),
});

describe("of a binding of the footprint", () => {
  test("who is not named any more is taken out, and nobody is put in", () => {
    const live = binding([user("ann"), user("bob"), robot("ci", "acme")], "edit", { uid: "live" });
    const wanted = binding([robot("ci", "tools"), user("carl"), user("ann")]);
    expect(revocation(live, wanted)).toEqual(binding([user("ann")]));
  });

  test("it may end up binding nobody, and is then left as it is", () => {
    expect(revocation(binding([user("bob")]), binding([user("ann")]))).toEqual(binding([]));
    expect(revocation(binding(undefined), binding([user("ann")]))).toBeUndefined();
  });

  test("where nobody has too much it is left as it is, however much is missing", () => {
    const wanted = binding([user("ann"), user("bob")]);
    expect(revocation(binding([user("bob")]), wanted)).toBeUndefined();
  });

  test("it goes away when the Tenant has no such binding, or it gives another role", () => {
    expect(revocation(binding([user("ann")]), undefined)).toBe("remove");
    expect(revocation(binding([user("ann")], "cluster-admin"), binding([user("ann")]))).toBe("remove");
  });

  test("on its way out it counts as long as it binds somebody: a finalizer may keep it", () => {
    const going = { deletionTimestamp: "now" };
    expect(revocation(binding([user("ann")], "edit", going), undefined)).toBe("remove");
    expect(revocation(binding([], "edit", going), undefined)).toBeUndefined();
    expect(revocation(binding([user("ann"), user("bob")], "edit", going), binding([user("ann")]))).toEqual(
      binding([user("ann")]),
    );
  });
});
