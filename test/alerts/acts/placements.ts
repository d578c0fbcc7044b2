/** Things are not where they may be, or somebody tries. */
import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import { apply, refusedByAll } from "../../src/declare.ts";
import { until } from "../../src/until.ts";
import { asStranger, review } from "../../src/webhook.ts";
import { eu, noLog, us } from "../stage.ts";
import { type Act, deploys, forgottenMs, succeeded, untilFired } from "./act.ts";

const merge = "application/merge-patch+json";

export const placementActs: readonly Act[] = [
  {
    alerts: ['CrossRegionAttempt{tenant="acme"}'],
    when: "acme asks for the US once, in a kind that it had asked for before",
    async make(stage, fired) {
      // Another act kills the replica that counted it, and scrapes that took too long miss the seconds that rules look back here.
      const once = async () => {
        const { status, message } = await deploys(stage, { namespace: "acme", name: "attempt", region: us });
        if (status !== 403) throw new Error(`not refused: ${status} ${message}`);
      };
      await untilFired(fired, this.alerts, once, forgottenMs);
    },
  },
  {
    alerts: ['CrossRegionFlood{tenant="globex"}'],
    when: "a pipeline of globex is refused again and again",
    async make(stage, fired) {
      await untilFired(fired, this.alerts, () =>
        deploys(stage, { namespace: "globex", name: "flood", region: eu }),
      );
    },
  },
  {
    alerts: ["PlacementOutside"],
    when: "a pod of a tenant in mode Audit runs abroad",
    async make({ api }, fired) {
      const spec = {
        nodeSelector: { "topology.kubernetes.io/region": us },
        containers: [{ name: "main", image: "nginx:1.29" }],
      };
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "abroad" }, spec };
      succeeded(await api.request("POST", "/api/v1/namespaces/auditee/pods", pod));
      await fired("PlacementOutside");
    },
  },
  {
    alerts: ["WorkloadsLeft"],
    when: "a tenant loses the region that the author of a workload names",
    async make(stage, fired) {
      const { status, message } = await deploys(stage, { namespace: "mover", name: "stays", region: us });
      if (status !== 201) throw new Error(`refused: ${status} ${message}`);
      await apply(stage.api, "tenants", "Tenant", "mover", { spec: { homeRegion: eu, regions: [eu] } });
      await fired("WorkloadsLeft");
    },
  },
  {
    alerts: ["NodeRegionMismatch"],
    when: "a node's own label says another region",
    async make({ api }, fired) {
      const { body } = await api.request(
        "GET",
        `/api/v1/nodes?labelSelector=topology.kubernetes.io/region=${us}`,
      );
      const says = { metadata: { labels: { "topology.kubernetes.io/region": eu } } };
      succeeded(await api.request("PATCH", `/api/v1/nodes/${body.items.at(-1).metadata.name}`, says, merge));
      await fired("NodeRegionMismatch");
    },
  },
  {
    alerts: [
      "TenantNotReady",
      "DecisionUnrecorded",
      "DecisionUnaccounted",
      "ReceiptsOwed",
      "ReceiptsGivenUp",
    ],
    when: "a Tenant's home has no notary: it is refused things, where that is counted is taken, and its regions change a hundred times",
    async make(stage, fired) {
      const { api } = stage;
      const declare = (regions: readonly string[]) =>
        apply(api, "tenants", "Tenant", "homeless", { spec: { homeRegion: noLog, regions } });
      await declare([noLog]);
      await until("homeless known to the webhook", () => refusedByAll(api, "homeless", 8));
      await untilFired(fired, ["DecisionUnrecorded", "DecisionUnaccounted"], (round) =>
        deploys(stage, { namespace: "homeless", name: `lost-${round}`, region: us }),
      );
      await untilFired(fired, ["ReceiptsGivenUp"], (round) =>
        declare(round % 2 === 0 ? [noLog, eu] : [noLog]),
      );
      await fired("TenantNotReady", "ReceiptsOwed");
    },
  },
  {
    alerts: ["WebhookStranger"],
    when: "somebody without the API server's certificate asks the webhook",
    async make({ product }, fired) {
      const stranger = await asStranger(product);
      const once = async () => {
        // The replica may just be killed.
        const asked = await stranger.send(review("acme", {})).catch(() => undefined);
        if (asked && asked.status < 400)
          throw new Error(`the webhook took a stranger's review: ${asked.status}`);
      };
      await untilFired(fired, this.alerts, once, forgottenMs);
    },
  },
  {
    alerts: ["NotaryRefusals"],
    when: "somebody tries tokens on a notary",
    async make({ product: { dev } }, fired) {
      const dispatcher = new Agent({ connect: { ca: await readFile(dev.ca, "utf8") } });
      const url = `${dev.notaries.find(({ region }) => region === eu)?.url}/v1/prove`;
      const attempt = async (token: string) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        const body = JSON.stringify({ tenant: "acme", disclose: [] });
        const response = await request(url, { dispatcher, method: "POST", headers, body });
        await response.body.dump();
      };
      try {
        await untilFired(fired, ["NotaryRefusals"], (round) =>
          Promise.all(Array.from({ length: 10 }, (_, i) => attempt(`guess-${round}-${i}`))),
        );
      } finally {
        await dispatcher.destroy();
      }
    },
  },
];
