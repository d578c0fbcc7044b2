import { Command, InvalidArgumentError, Option } from "commander";
import { type SessionFlags, withSessionFlags } from "../session.ts";
import { outputOption } from "./output.ts";

export interface ReceiptsListFlags extends SessionFlags {
  /** One of the two. */
  readonly tenant?: string;
  readonly log?: string;
  readonly type?: string;
  readonly since?: string;
  readonly limit: number;
  readonly output: "text" | "json";
}

export function receipts(): Command {
  const list = withSessionFlags(
    new Command("list")
      .description("List a tenant's receipts from the log of its home region, or a log's own")
      .option("--tenant <name>", "whose receipts")
      .addOption(
        new Option(
          "--log <region>",
          "instead of a tenant's: what that region's log says of no tenant, such as keys, what was put back, refusals in process, gaps",
        ).conflicts("tenant"),
      )
      .option("--type <type>", "only this type, such as admission.blocked or placement.observed")
      .option("--since <time>", "not older than this, RFC 3339")
      .option("--limit <n>", "at most this many, newest last", count, 100)
      .addOption(outputOption()),
  ).action(async (flags: ReceiptsListFlags) => {
    const { listReceipts } = await import("../receipts-list.ts");
    await listReceipts(flags);
  });
  return new Command("receipts").description("Look at receipts in a region's log").addCommand(list);
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError("expected 1 to 10000");
  return value;
}
