import type { Command } from "commander";
import { adopt } from "./adopt.ts";
import { check } from "./check.ts";
import { completion } from "./completion.ts";
import { conformance } from "./conformance.ts";
import { explain } from "./explain.ts";
import { notary } from "./notary.ts";
import { operator } from "./operator.ts";
import { preflight } from "./preflight.ts";
import { preview } from "./preview.ts";
import { prove } from "./prove.ts";
import { receipts } from "./receipts.ts";
import { release } from "./release.ts";
import { status } from "./status.ts";
import { trust } from "./trust.ts";
import { unpin } from "./unpin.ts";
import { verify } from "./verify.ts";
import { version } from "./version.ts";
import { webhook } from "./webhook.ts";

/**
 * Every verb, in the order of `--help`. A verb's file only declares its flags; what it does is imported when it runs,
 * so that `companyos verify` does not load what `companyos operator` needs.
 */
export const verbs: readonly (() => Command)[] = [
  check,
  preview,
  preflight,
  conformance,
  status,
  adopt,
  release,
  unpin,
  explain,
  receipts,
  prove,
  verify,
  trust,
  operator,
  webhook,
  notary,
  completion,
  version,
];
