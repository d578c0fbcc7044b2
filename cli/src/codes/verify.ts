/** Why there is nothing that `companyos verify` could judge. Stable. Markdown, relative to docs/. */
export const wrongFileCodes = {
  NO_EVIDENCE:
    "the file is no evidence at all, damaged or not: name the one that `companyos prove --out FILE` wrote, or what `companyos receipts show ID --output json` printed. Evidence that was changed is refused with a code of its own",
  FILE_EMPTY:
    "the file has nothing in it, as the shell leaves it where `companyos prove --out - >` failed: ask again with `--out FILE`, which appears whole or not at all",
} as const;

export type WrongFileCode = keyof typeof wrongFileCodes;

/** Of any verb. */
export const usageCodes = {
  WRONG_USE:
    "the command line, a file that it names, or what it leans on is not as it has to be: the message says what, and nothing was done",
} as const;
