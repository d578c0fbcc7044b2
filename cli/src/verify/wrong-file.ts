import type { WrongFileCode } from "../codes/verify.ts";
import { enough, insteadOf, isEvidence, kindOfFile } from "./file-kinds.ts";

/** What is to be verified is no evidence at all, damaged or not. Stable: pipelines tell it from evidence that is refused. */
export class WrongFile extends Error {
  readonly code: WrongFileCode;
  constructor(code: WrongFileCode, message: string) {
    super(`${message} [${code}]`);
    this.code = code;
  }
}

/** Throws WrongFile for what begins as neither evidence nor a receipt does. */
export function mustBeVerifiable(file: string, begin: string): void {
  const named = file === "-" ? "standard input" : file;
  if (begin.length < enough && begin.trim() === "")
    throw new WrongFile(
      "FILE_EMPTY",
      `${named} is empty, as a companyos prove --out - leaves it that failed: run that again, with --out FILE, which appears whole or not at all`,
    );
  const kind = kindOfFile(begin);
  if (kind === "receipt" || isEvidence(begin)) return;
  const expected =
    "expected what companyos prove --out FILE wrote, or companyos receipts show ID --output json";
  throw new WrongFile(
    "NO_EVIDENCE",
    `${named} is ${insteadOf("evidence", begin, `no evidence, and no line of it looks like any: ${expected}`)}`,
  );
}
