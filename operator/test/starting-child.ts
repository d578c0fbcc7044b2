/**
 * An operator whose address for metrics is taken: `node starting-child.ts KUBECONFIG NAMESPACE FOLDER PORT`. Says on
 * stdout why it did not start, and ends as soon as nothing of it runs any more.
 */
import { connect } from "@companyos/kube";
import { createLogger } from "@companyos/service";
import { runOperator } from "../src/index.ts";

const [kubeconfig, namespace = "", journalDir = "", port] = process.argv.slice(2);
const kube = await connect({ kubeconfig });
try {
  await runOperator({
    kube,
    log: createLogger({ role: "operator", level: "error" }),
    cluster: "test",
    namespace,
    metricsListen: { host: "127.0.0.1", port: Number(port) },
    journalDir,
    notaries: { "eu-west-1": "https://127.0.0.1:9" },
    token: () => "token",
  });
} catch (error) {
  console.log((error as { code?: string }).code);
}
await kube.close();
