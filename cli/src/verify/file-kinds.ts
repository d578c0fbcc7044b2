/** What a file is, by how it begins, for whoever gave one in the place of another. Pure. */

const kinds = {
  evidence: {
    begins: [/^evidence \d+\n/, /^log \S+ \d+\n/],
    told: "evidence: companyos verify FILE --trust TRUST",
  },
  receipt: {
    begins: [/^\s*\{\s*"(?:receipt|endorsement|proof|single)"\s*:/],
    told: "a receipt with its proof: companyos verify FILE --trust TRUST",
  },
  trust: {
    begins: [/^\s*\{\s*"(?:version|expires|previous|logs|quorum|minimum)"\s*:/],
    told: "a trust file: companyos trust show FILE, and --trust FILE of other verbs",
  },
  proof: {
    begins: [/^c2sp\.org\/tlog-proof@/],
    told: "a proof without its receipt: companyos receipts show ID --output json has both",
  },
  checkpoint: {
    begins: [/^[^\n]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n\u2014 /],
    told: "a signed checkpoint: --pin of verify and --since of prove take it",
  },
  manifest: {
    begins: [
      /^\s*\{\s*"(?:apiVersion|kind)"\s*:/,
      // No newline in the blank part: with one in either, many blank lines would take for ever.
      /^(?:(?:---|#)[^\n]*\n|[^\S\n]*\n)*(?:apiVersion|kind|metadata):/,
    ],
    told: "a Kubernetes manifest",
  },
} as const satisfies Record<string, { begins: readonly RegExp[]; told: string }>;

export type FileKind = keyof typeof kinds;

/** Whole lines of evidence, of which any tells that it was some before its first line was damaged. */
const evidenceLine =
  /(?:^|\n)(?:evidence \d|log \S+ \d|n [\w-]{20}|l \S+ [a-z_]+\r?(?:\n|$)|h \d+ [\w-]{43}|r eyJ[\w-]{20}|[acs] [\w+/=-]{20})/;

/** Whether what begins so is evidence, damaged or not: cut at its head, with other ends of lines, in another encoding. */
export function isEvidence(begin: string): boolean {
  // UTF-16 has a NUL in each of these characters.
  const text = begin.replaceAll("\0", "");
  return kindOfFile(text) === "evidence" || /^\W*(?:evidence|log) /i.test(text) || evidenceLine.test(text);
}

/** Characters of the beginning that are enough to tell. */
export const enough = 1024;

/** Undefined: none of those that are known. */
export function kindOfFile(begin: string): FileKind | undefined {
  const names = Object.keys(kinds) as FileKind[];
  return names.find((name) => kinds[name].begins.some((one) => one.test(begin)));
}

/** `no trust file, but evidence: companyos verify …`, or `otherwise` where nobody can tell what it is. */
export function insteadOf(
  wanted: "evidence" | "trust file" | "checkpoint",
  begin: string,
  otherwise: string,
): string {
  const kind = kindOfFile(begin);
  return kind === undefined || kind === wanted.split(" ")[0]
    ? otherwise
    : `no ${wanted}, but ${kinds[kind].told}`;
}
