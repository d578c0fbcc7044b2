import { chain } from "./refusal-list/chain.ts";
import { container } from "./refusal-list/container.ts";
import { log } from "./refusal-list/log.ts";
import { receipt } from "./refusal-list/receipt.ts";
import { set } from "./refusal-list/set.ts";
import { statement } from "./refusal-list/statement.ts";
import { trust } from "./refusal-list/trust.ts";

/**
 * Every reason for which a verifier says no, by what it looks at. Codes are stable; messages may improve.
 * `docs/verification.md` is written from this list.
 */
export const refusalGroups = [container, log, trust, receipt, set, chain, statement] as const;
