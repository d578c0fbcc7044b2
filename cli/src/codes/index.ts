/** Every code that verbs print of their own, by the verb. */
import { rolloutReasons } from "@companyos/crds/reasons";
import { notaryErrorCodes } from "@companyos/notary/error-codes";
import { adoptCodes } from "./adopt.ts";
import { failureCodes, untriedCodes } from "./conformance.ts";
import { releaseCodes } from "./release.ts";
import { unpinCodes } from "./unpin.ts";
import { usageCodes, wrongFileCodes } from "./verify.ts";

export interface CodeList {
  /** Markdown: whose codes these are. */
  readonly of: string;
  /** What each means and what to do: Markdown, the links relative to docs/. */
  readonly codes: Readonly<Record<string, string>>;
}

export const codeLists: readonly CodeList[] = [
  { of: "`companyos adopt`", codes: adoptCodes },
  { of: "`companyos release`", codes: releaseCodes },
  { of: "`companyos unpin`", codes: unpinCodes },
  { of: "a failure of `companyos conformance`", codes: failureCodes },
  { of: "`companyos conformance`, where nothing could be tried", codes: untriedCodes },
  { of: "`companyos verify`, of what it cannot judge", codes: wrongFileCodes },
  { of: "any verb with `--output json`", codes: usageCodes },
  { of: "a workload in `status.rollout` of a Tenant", codes: rolloutReasons },
  { of: "a notary's response", codes: notaryErrorCodes },
];
