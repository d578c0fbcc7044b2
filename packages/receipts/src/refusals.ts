import { refusalGroups } from "./refusal-list.ts";

export type RefusalCode = (typeof refusalGroups)[number]["refusals"][number]["code"];

/** What a code stands for, and what it says about the bundle. */
export interface RefusalMeaning {
  readonly code: RefusalCode;
  readonly title: string;
  readonly meaning: string;
}

export const refusals: readonly RefusalMeaning[] = refusalGroups.flatMap(
  (group): readonly RefusalMeaning[] => group.refusals,
);

/** Thrown by every strict parser and by the verifier's steps; `verifyEvidence` turns it into a verdict. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = "Refusal";
    this.code = code;
  }
}

export function refuse(code: RefusalCode, message: string): never {
  throw new Refusal(code, message);
}

/** For what is signed, and not known here: neither valid nor invalid. */
export function refuseNewer(what: string): never {
  return refuse("NEEDS_NEWER_VERIFIER", `${what} is not known to this version`);
}
