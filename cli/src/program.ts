import { Command } from "commander";
import { refuseTwice } from "./repeated-flags.ts";
import { verbs } from "./verbs/index.ts";

/** `companyos` with every verb, and `more` than the product's own. Nothing is parsed yet, and nothing ends the process. */
export function program(more: readonly (() => Command)[] = []): Command {
  const whole = new Command("companyos")
    .description(
      "Declare where each tenant may live; placement elsewhere is refused; anybody can check what happened.",
    )
    .showHelpAfterError("(add --help for what this verb takes)")
    .exitOverride();
  for (const verb of [...verbs, ...more])
    whole.addCommand(verb().copyInheritedSettings(whole).exitOverride());
  for (const command of whole.commands)
    for (const sub of command.commands) sub.copyInheritedSettings(whole).exitOverride();
  refuseTwice(whole);
  return whole;
}
