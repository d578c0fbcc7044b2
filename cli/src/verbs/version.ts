import { Command } from "commander";
import { outputOption } from "../output.ts";

export function version(): Command {
  return new Command("version")
    .description("Print the versions of this program, its policies and its API")
    .addOption(outputOption())
    .action(async ({ output }: { output: "text" | "json" }) => {
      const { versions } = await import("../versions.ts");
      const all = await versions();
      console.log(
        output === "json"
          ? JSON.stringify(all)
          : Object.entries(all)
              .map(([what, value]) => `${what.padEnd(10)} ${value}`)
              .join("\n"),
      );
    });
}
