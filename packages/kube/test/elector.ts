/** A process that leads when it can: `node elector.ts KUBECONFIG NAMESPACE IDENTITY LEASE_MS`. Says `lead` and `end` on stdout. */

import { createLogger } from "@companyos/service";
import { Registry } from "prom-client";
import { connect, runLeaderElection } from "../src/index.ts";

const [kubeconfig, namespace = "", identity = "", leaseMs] = process.argv.slice(2);
const client = await connect({ kubeconfig });
const election = runLeaderElection({
  client,
  namespace,
  name: "lead",
  identity,
  log: createLogger({ role: "elector", level: "error" }),
  registry: new Registry(),
  leaseMs: Number(leaseMs),
  renewDeadlineMs: Number(leaseMs) * 0.8,
  retryMs: 200,
  async lead(signal) {
    console.log("lead");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    console.log("end");
  },
});
process.on("SIGTERM", async () => {
  await election.stop();
  await client.close();
});
