import { Command } from "commander";

export function completion(): Command {
  return new Command("completion")
    .description("Print a completion script for a shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      `
Verbs, flags and their values: names of tenants, regions and namespaces of the cluster, contexts of the kubeconfig, types of
receipts and reason codes. A cluster that does not respond within a second and a half has no names;
COMPANYOS_COMPLETION_MS in the environment says how many milliseconds else.

Examples:
  source <(companyos completion bash)
  companyos completion fish > ~/.config/fish/completions/companyos.fish`,
    )
    .action(async (shell: string, _flags, command: Command) => {
      const { completionScript } = await import("../completion/script.ts");
      console.log(completionScript(shell, command.parent as Command));
    });
}
