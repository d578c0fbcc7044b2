import { Command } from "commander";

export function completion(): Command {
  return new Command("completion")
    .description("Print a completion script for a shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      "\nExamples:\n  source <(companyos completion bash)\n  companyos completion fish > ~/.config/fish/completions/companyos.fish",
    )
    .action(async (shell: string, _flags, command: Command) => {
      const { completionScript } = await import("../completion/script.ts");
      console.log(completionScript(shell, command.parent as Command));
    });
}
