export const log = {
  about: "Log",
  refusals: [
    { code: "HASH_LENGTH", title: "A hash that is not 32 bytes", meaning: "Every hash is a SHA-256." },
    {
      code: "HASH_MISALIGNED",
      title: "A pruned subtree at an impossible place",
      meaning: "A subtree of 2^n leaves starts at a multiple of 2^n.",
    },
    {
      code: "HASH_MERGEABLE",
      title: "Two pruned subtrees that are one",
      meaning: "Pruned subtrees are maximal, so that a bundle has one form only.",
    },
    {
      code: "LEAVES_MISSING",
      title: "Fewer leaves than the log's size",
      meaning: "The log was cut, or a line was dropped.",
    },
    {
      code: "LEAVES_EXTRA",
      title: "More leaves than the log's size",
      meaning: "A line was added, or a subtree reaches beyond the log.",
    },
    {
      code: "ROOT_MISMATCH",
      title: "The leaves do not make the signed root",
      meaning: "A leaf or hash was changed, reordered, replaced or invented: this is not what the log holds.",
    },
    {
      code: "INDEX_MISMATCH",
      title: "A receipt at another index than its own",
      meaning: "It is validly signed, but not the leaf at this place.",
    },
    {
      code: "PROOF_REFUSED",
      title: "An inclusion proof that is not well formed",
      meaning:
        "A single receipt comes with a C2SP tlog-proof: header, index, hashes, a blank line, a checkpoint.",
    },
    {
      code: "CHECKPOINT_REFUSED",
      title: "A checkpoint that is not well formed",
      meaning: "Origin, decimal size, base64 root of 32 bytes, no further lines, a blank line, signatures.",
    },
    {
      code: "CHECKPOINT_ORDER",
      title: "Checkpoints missing or out of order",
      meaning: "Sizes rise, and the last checkpoint has the bundle's size.",
    },
    {
      code: "CHECKPOINT_SIGNATURE",
      title: "A checkpoint that its log did not sign",
      meaning: "No signature under the log's key, or one that does not match.",
    },
    {
      code: "CONSISTENCY_REFUSED",
      title: "An earlier checkpoint that does not lead to the later one",
      meaning: "The log was rewritten between the two, or the proof is wrong.",
    },
    {
      code: "ROLLED_BACK",
      title: "Older than a checkpoint already known",
      meaning:
        "The log is smaller here than trust.json or the pinned checkpoint says it once was: the evidence is older than that checkpoint, or the log was rolled back. Which of the two, no verifier can tell offline: ask for evidence again with prove --since that checkpoint, to which an honest log responds; or verify with what was pinned when this evidence was made.",
    },
    {
      code: "SPLIT_VIEW",
      title: "Another history than the one already known",
      meaning: "Same size, different root: somebody was shown another log.",
    },
    {
      code: "PINNED_UNPROVEN",
      title: "The pinned checkpoint is not linked",
      meaning:
        "The bundle does not prove that it continues the pinned checkpoint. Ask for one that does: prove --since with that checkpoint.",
    },
    {
      code: "PIN_UNUSED",
      title: "A pin of a log that is not here",
      meaning:
        "Nothing in the evidence is from the pinned checkpoint's log, so the pin would be ignored. The command exits 2.",
    },
    {
      code: "QUORUM_UNMET",
      title: "Too few witnesses",
      meaning: "Fewer witnesses cosigned the closing checkpoint than trust.json demands.",
    },
    {
      code: "TOO_OLD",
      title: "Older than the permitted age",
      meaning: "The newest time that counts is further back than the age limit.",
    },
  ],
} as const;
