/** What keeps valid evidence from being complete. Codes are stable. `docs/verification.md` is written from this list. */
export const lacks = [
  {
    code: "LOG_UNANSWERED",
    meaning: `a log of \`trust.json\` gave nothing, and nothing says why`,
  },
  {
    code: "LOG_LACKING",
    meaning:
      "the evidence says why a region's log gave nothing: `unreachable`, `refused`, `no_notary`, `lost`, `not_asked`, …",
  },
  {
    code: "SEAL_BEFORE_CHAINS",
    meaning: "a part is from before seals named every chain of the name: there may be others in that log",
  },
  {
    code: "HANDOVER_LACKING",
    meaning: "a handover leads to a log that is declared lacking",
  },
  {
    code: "HANDOVER_UNMATCHED",
    meaning:
      "the log at the other side of a handover responded and does not know of it: just after a move it may not have logged its half yet",
  },
  {
    code: "PERIODS_APART",
    meaning: "no time is covered by every part, or they are of different periods",
  },
  {
    code: "ANSWERS_APART",
    meaning: "the parts were made more than three hours apart: put together from several evidences",
  },
  {
    code: "BEYOND_LIMITS",
    meaning:
      "there is more than the verifier remembers (50,000 chains, 100,000 handovers, 100,000 journals in a part, 30,000 region names): the rest is signed and in the log, but not counted",
  },
] as const;

export type LackCode = (typeof lacks)[number]["code"];
