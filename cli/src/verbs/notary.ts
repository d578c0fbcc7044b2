import { Command, Option } from "commander";
import { option, untilSignal } from "../service-flags.ts";
import type { NotaryFlags, NotaryInitFlags } from "../services/notary.ts";

const region = () => new Option("--region <name>", "the Region whose log this is").makeOptionMandatory();
const keysDir = () =>
  new Option(
    "--keys-dir <dir>",
    "folder of the log, receipt, statement and wrapping keys",
  ).makeOptionMandatory();

export function notary(): Command {
  const init = new Command("init")
    .description(
      "Make a notary's keys, once, and endorse them with the root key; the notary itself never sees the root",
    )
    .addOption(region())
    .option("--jurisdiction <name>", "what the log states as its jurisdiction", "unstated")
    .option("--origin <name>", "name of the log (default: <region>.log.companyos.io)")
    .requiredOption("--root-dir <dir>", "folder of the root key")
    .addOption(keysDir())
    .action(async (flags: NotaryInitFlags) => {
      const { initialise } = await import("../services/notary.ts");
      await initialise(flags);
    });
  const run = new Command("run")
    .description("Run the notary (the default)")
    .addOption(region())
    .addOption(keysDir())
    .addOption(new Option("--store-dir <dir>", "folder of the log's objects").makeOptionMandatory())
    .addOption(option.listen(8444))
    .addOption(option.metricsListen())
    .addOption(option.namespace())
    .addOption(option.kubeconfig())
    .action(async (flags: NotaryFlags) => {
      const { start } = await import("../services/notary.ts");
      await untilSignal(() => start(flags));
    });
  return new Command("notary")
    .description(
      "Run the notary of one region: it takes events from senders, signs receipts, keeps the log, proves",
    )
    .addCommand(run, { isDefault: true })
    .addCommand(init);
}
