/** Flags that take one value. */

import type { Command, Option } from "commander";
import { addresses, collect, urlsByRegion } from "./service-flags.ts";

/** Refuses a flag that is given twice with different values: Commander would silently take the last. */
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

/** Those that may be repeated: each value is added to what was given before. */
const adding: ReadonlySet<unknown> = new Set([collect, addresses, urlsByRegion]);

const isSingle = ({ required, parseArg }: Option): boolean => required && !adding.has(parseArg);
