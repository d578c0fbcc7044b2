// `node dev/cluster/src/start.ts DIR`: a bare control plane until Ctrl-C, for working on one room at a time.
import { startCluster } from "./control-plane.ts";
import { progressLine } from "./progress.ts";

const stateDir = process.argv[2];
if (!stateDir) {
  process.stderr.write("usage: node dev/cluster/src/start.ts DIR\n");
  process.exit(2);
}
const cluster = await startCluster({
  stateDir,
  onProgress: (progress) => process.stderr.write(`${progressLine(progress)}\n`),
  onExit: ({ component, code, signal }) =>
    process.stderr.write(`${component} ended unasked (${signal ?? code})\n`),
});
process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig}\n`);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    void cluster.stop().then(() => process.exit(0));
  });
}
