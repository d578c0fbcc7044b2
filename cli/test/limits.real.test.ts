/** What `adopt --dry-run` says of a Tenant's limits, LimitRanger and the API server's validation say. */
import { type ClusterAccess, sharedCluster } from "@companyos/cluster";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { limitCases } from "./limit-cases.ts";

let cluster: ClusterAccess;
const namespaceOf = (index: number) => `adopt-limits-${index}`;

beforeAll(async () => {
  cluster = await sharedCluster();
}, 300_000);

afterAll(async () => {
  for (const index of limitCases.keys())
    await cluster?.request("DELETE", `/api/v1/namespaces/${namespaceOf(index)}`).catch(() => {});
});

test.each(limitCases.map((one, index) => [...one, index] as const))(
  "%s",
  async (_, limits, resources, why, index) => {
    const namespace = namespaceOf(index);
    await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    // The account's controller, and the plugin's own view, are behind by a moment.
    await until("the namespace has its account", () =>
      cluster
        .request("GET", `/api/v1/namespaces/${namespace}/serviceaccounts/default`)
        .catch(() => undefined),
    );
    await cluster.request("POST", `/api/v1/namespaces/${namespace}/limitranges`, {
      metadata: { name: "limits" },
      spec: {
        limits: [
          {
            type: "Container",
            ...limits,
            default: { "example.com/seen": "1", ...(limits as { default?: object }).default },
          },
        ],
      },
    });
    const pod = (name: string, asked: object) =>
      cluster.request("POST", `/api/v1/namespaces/${namespace}/pods?dryRun=All`, {
        metadata: { name },
        spec: { containers: [{ name: "c", image: "none", resources: asked }] },
      });
    await until("the plugin has seen the limits", async () => {
      const made = (await pod("seen", {})) as { spec: { containers: [{ resources: { limits?: object } }] } };
      return JSON.stringify(made.spec.containers[0].resources).includes("example.com/seen");
    });
    const refused = await pod("made-anew", resources).then(
      () => "",
      (error: Error) => error.message,
    );
    expect([refused !== "", refused]).toEqual([why.length > 0, refused]);
  },
);
