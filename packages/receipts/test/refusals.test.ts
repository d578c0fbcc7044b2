import { refusals, verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { describe, expect, test } from "@jest/globals";
import { started } from "./log.ts";
import { chainCases } from "./refusals/chain.ts";
import { container } from "./refusals/container.ts";
import { keyCases } from "./refusals/keys.ts";
import { logCases } from "./refusals/log.ts";
import { receiptCases } from "./refusals/receipt.ts";
import { setCases } from "./refusals/set.ts";
import { statementCases } from "./refusals/statement.ts";

const cases = [
  ...container,
  ...logCases,
  ...keyCases,
  ...receiptCases,
  ...chainCases,
  ...setCases,
  ...statementCases,
];

describe("the verifier refuses", () => {
  test.each(cases.map((each) => [each.what, each.code, each] as const))(
    "%s: %s",
    async (_what, code, { make }) => {
      const { log, input, options } = await make();
      const verdict = await verifyEvidence(Buffer.from(input), {
        trust: log.trust(),
        crypto: nodeCrypto,
        now: (started + 100) * 1000,
        ...options,
      });
      expect(verdict).toMatchObject({ valid: false, code });
    },
  );
});

test("every refusal has a bundle that meets it", () => {
  const met = new Set<string>(cases.map(({ code }) => code));
  // Met by trust.test.ts: a trust file is refused before there is a bundle.
  met.add("TRUST_REFUSED");
  // Met by cli/test/receipts-show.test.ts: a single receipt comes without a bundle.
  met.add("PROOF_REFUSED");
  met.add("OTHER_RECEIPT");
  expect(refusals.map(({ code }) => code).filter((code) => !met.has(code))).toEqual([]);
});

test("the codes are unique", () => {
  expect(new Set(refusals.map(({ code }) => code)).size).toBe(refusals.length);
});
