/** What to do about evidence that lacks something. */
import type { Lack, LackCode } from "@companyos/receipts";
import type { LackReason } from "../evidence/lack.ts";

const byReason: Readonly<Record<LackReason, string>> = {
  unreachable: "Ask again with companyos prove when its notary can be reached.",
  timed_out: "Ask again with companyos prove, with a longer --timeout.",
  cut: "Ask again with companyos prove: the response broke off.",
  failed: "Look at that notary's log, and ask again.",
  malformed: "What responds there is no notary, or another version: look at --notaries.",
  no_absence: "Upgrade that region's notary: it cannot say yet that it has nothing of a name.",
  refused: "Read what its notary responded to companyos prove, and ask again.",
  forbidden: "Ask as somebody who may read this tenant's evidence there.",
  no_notary: "Nothing is known of a notary there: name it with --notaries, or start it.",
  lost: "Restore that log from a backup, and ask again. Without it this name's evidence stays incomplete.",
  not_asked: "Ask again with companyos prove, without --log.",
};

/** What to do about each. */
export const remedies: Readonly<Record<LackCode, string>> = {
  LOG_UNANSWERED:
    "Ask again with companyos prove; if its notary is not asked, name it with --notaries (a region may have several), or say --lost.",
  LOG_LACKING: "Ask again with companyos prove.",
  SEAL_BEFORE_CHAINS:
    "Upgrade that region's notary and ask again: evidence from before shows one chain only.",
  HANDOVER_LACKING: "What lies there counts too: get the part of that log.",
  HANDOVER_UNMATCHED:
    "Ask again in a minute. If it stays, one of the logs was never told, or the handover is made up.",
  PERIODS_APART: "Ask again with companyos prove, for one period.",
  BEYOND_LIMITS:
    "What was let go is signed and in the logs: see companyos receipts list. Find out who made the Tenant again so often.",
  ANSWERS_APART:
    "Ask again with companyos prove, which asks all logs at once; or look at the notaries' clocks.",
};

/** Evidence may give reasons that are not in the list. */
export const remedyOf = ({ code, reason = "" }: Lack): string =>
  Object.hasOwn(byReason, reason) ? byReason[reason as LackReason] : remedies[code];
