export const chain = {
  about: "Chain",
  refusals: [
    {
      code: "FOREIGN_RECEIPT",
      title: "A chain of another tenant",
      meaning: "A part holds the chains of one tenant's name and the log's own.",
    },
    {
      code: "CHAIN_MISSING",
      title: "A chain of the name is not shown",
      meaning: "The seal names every chain of the tenant's name in the log; all of them must be there.",
    },
    {
      code: "CHAIN_UNLISTED",
      title: "A chain that the seal does not name",
      meaning: "A part shows exactly the chains that its seal names.",
    },
    {
      code: "CHAIN_CUT",
      title: "A chain that ends before its head",
      meaning: "Each chain must reach the receipt that the seal names as its head.",
    },
    {
      code: "HANDOVER_UNDISCLOSED",
      title: "A handover does not show its details",
      meaning: "Where a tenant's evidence goes on is never left out.",
    },
    {
      code: "HANDOVER_REFUSED",
      title: "A handover that is not well formed",
      meaning: "It names the chain or home before and after, and is about the Tenant it stands with.",
    },
    {
      code: "HANDOVER_TARGET_MISSING",
      title: "A handover to a chain that is not there",
      meaning:
        "The tenant's evidence goes on, or began, in a log that is not there, and nothing declares that log lacking. One that is lost for good is declared by prove --lost.",
    },
    {
      code: "GENESIS_MISSING",
      title: "A chain without its beginning",
      meaning: "The first receipt must be number 0 (for a tenant: tenant.opened).",
    },
    {
      code: "GENESIS_UNDISCLOSED",
      title: "The tenant is not disclosed",
      meaning:
        "The genesis must disclose the tenant's name (and its uid, since seals name every chain), else nobody can tell whose chain this is.",
    },
    {
      code: "SEAL_MISSING",
      title: "A chain without its seal",
      meaning: "The last receipt must be evidence.sealed: the tail was cut.",
    },
    {
      code: "SEAL_UNDISCLOSED",
      title: "The seal's details are missing",
      meaning: "Audience, nonce and the head of the log's own chain must be disclosed.",
    },
    { code: "SEQ_GAP", title: "A receipt is missing from a chain", meaning: "The counter jumps." },
    {
      code: "SEQ_REPEATED",
      title: "A chain that repeats or forks",
      meaning: "The counter stays or goes back.",
    },
    {
      code: "PREV_MISMATCH",
      title: "A link to another receipt than the one before",
      meaning: "prev must be the proved index of the previous receipt of the chain.",
    },
    {
      code: "PREDECESSOR_MISSING",
      title: "The receipt before the period is missing",
      meaning:
        "Receipts between genesis and period may be left out, but the last one before the period may not.",
    },
    {
      code: "LOG_CHAIN_CUT",
      title: "The log's own chain is not whole",
      meaning: "It must reach the receipt that the seal names as its head: endorsements could be hidden.",
    },
    {
      code: "SOURCE_REPEATED",
      title: "A journal record twice or out of order",
      meaning: "The counter of each journal rises.",
    },
    { code: "TIME_REVERSED", title: "Time runs backwards", meaning: "iat never decreases in index order." },
    {
      code: "DECISION_CONTRADICTED",
      title: "A decision that its regions contradict",
      meaning:
        "A block needs a region outside the allowed ones, or a reason that needs none (such as REGION_UNCONSTRAINED); an observed placement that was found lawful needs to lie inside.",
    },
  ],
} as const;
