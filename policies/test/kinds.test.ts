import { expect, test } from "@jest/globals";
import { placedKinds } from "../src/index.ts";

// The in-process policies compare `request.kind.kind`, the corpus and receipts know a kind by its name. Before a kind comes
// whose name another group has too, these must tell them apart by group: `isKind` in operator/src/admission/objects/placed.ts,
// `podMaker` and `podSpecIn` in packages/conformance/src/kinds.ts, `receiptKinds` in packages/receipts/src/claims.ts.
test("no two placed kinds have the same name, because policies, corpus and receipts tell kinds by name without group", () => {
  const names = placedKinds.map(({ kind }) => kind);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
