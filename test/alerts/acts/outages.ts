/** Processes are away, one kind after the other. */
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { eu, us } from "../stage.ts";
import { type Act, deploys, untilFired } from "./act.ts";

/** Kills these; what resolves lets them come back. */
async function away(
  runners: readonly { hold(): void; release(): void; signal(s: "SIGKILL"): Promise<boolean> }[],
) {
  for (const runner of runners) {
    runner.hold();
    await runner.signal("SIGKILL");
  }
  return () => {
    for (const runner of runners) runner.release();
  };
}

/** The webhooks still run while the notary of the EU is away: their journals fill. */
export const notaryAway: readonly Act[] = [
  {
    alerts: [
      `NotaryUnreachable{region="${eu}"}`,
      `JournalBacklogOld{region="${eu}"}`,
      `JournalBacklogLarge{region="${eu}"}`,
      `EvidenceLagBurnFast{region="${eu}"}`,
      `EvidenceLagBurnSlow{region="${eu}"}`,
    ],
    when: "a notary is killed and stays away while its tenants are refused",
    async make(stage, fired) {
      await away([stage.product.notary]);
      await untilFired(fired, this.alerts, (round) =>
        deploys(stage, { namespace: "acme", name: `waits-${round}`, region: us }),
      );
    },
  },
  {
    alerts: ["ProductFault"],
    when: "the memory of the compiled policy is overwritten",
    async make(stage, fired) {
      await stage.product.of("webhook")[0]?.signal("SIGUSR2");
      // So many at once: one after the other would go over one connection, and so to one replica.
      await untilFired(fired, ["ProductFault"], (round) =>
        Promise.all(
          Array.from({ length: 8 }, (_, i) =>
            deploys(stage, { namespace: "acme", name: `fault-${round}-${i}`, region: us }),
          ),
        ),
      );
    },
  },
];

/** After it everything is back, but the log of the US, which has halted. */
export const webhooksAway: readonly Act[] = [
  {
    alerts: [
      'ComponentGone{component="webhook"}',
      "WebhookAway",
      "AdmissionAvailabilityBurnFast",
      "AdmissionAvailabilityBurnSlow",
      'JournalBacklogGone{pod="companyos-webhook-0"}',
      'JournalBacklogGone{pod="companyos-webhook-1"}',
    ],
    when: "every webhook is killed with records in its journal, and pods are created meanwhile",
    async make(stage, fired) {
      const { product, api } = stage;
      const back = await away(product.of("webhook"));
      await untilFired(fired, this.alerts, async (round) => {
        const containers = [{ name: "main", image: "nginx:1.29" }];
        const pod = {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: `alone-${round}` },
          spec: { containers },
        };
        await api.request("POST", "/api/v1/namespaces/acme/pods", pod);
      });
      back();
      product.notary.release();
    },
  },
];

/** Of names that Tenants claim, a cluster may have so many that they do not fit into a policy: 64 by 63 letters each. */
const claimants = 250;

export const operatorAway: readonly Act[] = [
  {
    alerts: ['ComponentGone{component="operator"}', "OperatorStateDamaged", "PoliciesOutgrown"],
    when: "a line of what the operator remembers is torn while it is away, and Tenants claim too many names",
    async make(stage, fired) {
      const { product, api, volume } = stage;
      const back = await away(product.of("operator"));
      const state = join(volume("companyos-operator-0", "journal"), "state");
      const [file] = (await readdir(state)).filter((name) => name.endsWith(".jsonl")).toSorted();
      await appendFile(join(state, file as string), '{"torn":\n');
      for (let i = 0; i < claimants; i++) {
        const namespaces = Array.from({ length: 64 }, (_, n) => `claimed-${i}-${n}-`.padEnd(63, "x"));
        const spec = { homeRegion: us, regions: [us], paused: true, namespaces };
        const tenant = {
          apiVersion: "residency.companyos.io/v1",
          kind: "Tenant",
          metadata: { name: `many-${i}` },
          spec,
        };
        const { status, body } = await api.request("POST", "/apis/residency.companyos.io/v1/tenants", tenant);
        if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
      }
      await fired('ComponentGone{component="operator"}');
      back();
      await fired("OperatorStateDamaged", "PoliciesOutgrown");
    },
  },
];
