/** `dev/cluster/tools/judges/cmd/checklog`: what its libraries say to a log and to the proofs our code makes of it. */

import { ensureTool } from "@companyos/cluster";
import { runProgram } from "./program.ts";

/** Bytes are base64. */
export interface Leaf {
  readonly index: number;
  readonly entry: string;
  readonly path: readonly string[];
}

export interface Older {
  readonly checkpoint: string;
  readonly path: readonly string[];
}

export interface Question {
  readonly log: string;
  readonly bearer: string;
  readonly vkey: string;
  readonly leaves: readonly Leaf[];
  readonly older: readonly Older[];
}

export interface ApiResponse {
  readonly accepted: boolean;
  readonly size: number;
  /** By library (`note`, `tlog`, `torchwood`, `merkle`; `load` when it did not come to that): empty, or why not. */
  readonly verdicts: Readonly<Record<string, string>>;
}

export async function askChecklog(question: Question): Promise<ApiResponse> {
  const checklog = await ensureTool("checklog");
  const { code, stdout, stderr } = await runProgram(checklog, [], { input: JSON.stringify(question) });
  if (code !== 0 && code !== 1) throw new Error(`checklog ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as ApiResponse;
}

/** Names of the verifiers that refuse, sorted. */
export function refusing({ verdicts }: ApiResponse): string[] {
  return Object.keys(verdicts)
    .filter((library) => verdicts[library] !== "")
    .toSorted();
}
