/** The SD-JWT library of the OpenWallet Foundation, in Python. */

import { fileURLToPath } from "node:url";
import { ensurePython } from "@companyos/cluster";
import type { Json } from "@companyos/receipts";
import { runProgram } from "./program.ts";

const here = (name: string): string => fileURLToPath(new URL(`python/${name}`, import.meta.url));

/** What ensurePython() is to be given. */
export const requirements = here("requirements.txt");

/** What the library makes of one receipt: its claims with those disclosed, or why it refuses. */
export type Verdict = { readonly claims: Record<string, Json> } | { readonly refused: string };

/** `jwk`: the public key of the issuer. `receipts`: SD-JWTs with their disclosures. */
export async function askPython(jwk: object, receipts: readonly string[]): Promise<Verdict[]> {
  const python = await ensurePython(requirements);
  const { code, stdout, stderr } = await runProgram(python, ["-I", here("judge.py")], {
    input: JSON.stringify({ jwk, receipts }),
  });
  if (code !== 0) throw new Error(`judge.py ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Verdict[];
}
