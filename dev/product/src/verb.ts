import { Command, InvalidArgumentError } from "commander";

export function dev(): Command {
  return new Command("dev")
    .description(
      "Run everything on this machine: a real control plane, the chart, operator, webhook, notaries",
    )
    .option("--state-dir <dir>", "folder for its state, logs and dev.json", ".companyos")
    .option("--story", "apply the examples and tell, step by step, what happens")
    .option("--check", "with --story: end after it; exit 0 if every check held, else 1")
    .option("--keep", "go on with what an earlier run left in the folder, instead of removing it")
    .option("--webhook-replicas <n>", "how many replicas of the webhook", replicas, 2)
    .addHelpText(
      "after",
      `
Needs Go 1.26 or later to build the control plane once (about 7 minutes; kept in the cache folder afterwards).
Nodes are simulated: pods are scheduled and become Running, but no container runs.
Each start begins from nothing: what an earlier one left in DIR (etcd, keys, journals, logs of notaries) is removed,
unless --keep is given. Two of them in one DIR there are not: the second says where the first is, and ends.
When it is ready it writes DIR/dev.json with the kubeconfig, the URLs and the trust file.

Examples:
  companyos dev --story             the whole story, then it keeps running
  companyos dev --story --check     the same, as a test
  companyos dev --keep              where the last one ended`,
    )
    .action(
      async (flags: {
        stateDir: string;
        story?: boolean;
        check?: boolean;
        keep?: boolean;
        webhookReplicas: number;
      }) => {
        if (flags.check && flags.keep) throw new Error("--check begins from nothing: leave --keep out");
        const { dev } = await import("./dev.ts");
        const stop = new AbortController();
        // A second signal does not cut the orderly stop short: whoever is in a hurry has kill -9, and the guardian.
        for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
        process.exitCode = await dev({
          stateDir: flags.stateDir,
          story: Boolean(flags.story ?? flags.check),
          check: Boolean(flags.check),
          keep: Boolean(flags.keep),
          webhookReplicas: flags.webhookReplicas,
          write: (line) => console.log(line),
          signal: stop.signal,
        });
      },
    );
}

function replicas(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 8) throw new InvalidArgumentError("expected 1 to 8");
  return value;
}
