/** Flags that take one value. */

import type { Command, Option } from "commander";
import { urlsByRegion } from "./verbs/service.ts";

/** Of a flag that is given twice the last alone would count: where the values differ, that is told as wrong use. */
export function refuseTwice(command: Command): void {
  for (const option of command.options.filter(isSingle)) {
    let first: string | undefined;
    command.on(`option:${option.name()}`, (value: string) => {
      if (first !== undefined && first !== value)
        command.error(`error: option '${option.flags}' is given twice, with ${first} and with ${value}`);
      first = value;
    });
  }
  for (const sub of command.commands) refuseTwice(sub);
}

/** What takes several gathers them: into a list, or by region. */
function isSingle({ required, variadic, defaultValue, parseArg }: Option): boolean {
  return required && !variadic && !Array.isArray(defaultValue) && parseArg !== (urlsByRegion as unknown);
}
