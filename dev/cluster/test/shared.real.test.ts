import { expect, test } from "@jest/globals";
import { sharedCluster } from "../src/index.ts";

test("the cluster that a run shares answers, and its kubeconfig is the admin's", async () => {
  const cluster = await sharedCluster();
  const self = (await cluster.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    apiVersion: "authentication.k8s.io/v1",
    kind: "SelfSubjectReview",
  })) as { status: { userInfo: { username: string; groups: string[] } } };
  expect(self.status.userInfo.username).toBe("admin");
  expect(self.status.userInfo.groups).toContain("system:masters");
  expect(cluster.kubeconfig).toMatch(/admin\.kubeconfig$/);
});
