/**
 * Every reason for which a verifier says no, by what it looks at. Codes are stable; messages may improve.
 * `docs/verification.md` is written from this list.
 */
export const refusalGroups = [
  {
    about: "Container and encodings",
    refusals: [
      {
        code: "TRUNCATED",
        title: "The bundle ends early",
        meaning: "It stops before its statement, or inside a line. Fetch it again.",
      },
      {
        code: "TRAILING_BYTES",
        title: "Bytes after the statement",
        meaning: "The statement must be the last line, ended by one line feed.",
      },
      {
        code: "LINE_ENCODING",
        title: "A byte that may not be there",
        meaning: "Lines are printable ASCII ended by LF: no CR, no control character, nothing beyond 0x7e.",
      },
      {
        code: "LINE_ORDER",
        title: "A line of an unknown kind or out of order",
        meaning:
          "The order of a part is log, then h and r, then a, then c, then s; a set has its count, parts, and what is lacking.",
      },
      {
        code: "TOO_LONG",
        title: "Something exceeds its limit",
        meaning: "A line, leaf, disclosure, list or attachment is longer than the format allows.",
      },
      {
        code: "BASE64_NOT_CANONICAL",
        title: "base64 with a second spelling",
        meaning: "Padding where none belongs, foreign characters, or left-over bits that are not zero.",
      },
      {
        code: "JSON_NOT_CANONICAL",
        title: "JSON with a second spelling",
        meaning: "The text differs from what JSON.stringify(JSON.parse(text)) writes, or is no JSON at all.",
      },
      {
        code: "JSON_DUPLICATE_KEY",
        title: "A JSON key twice in one object",
        meaning: "Two readers could see two different values.",
      },
      {
        code: "NUMBER_REFUSED",
        title: "A number that is not written plainly",
        meaning: "Sizes and indexes are decimal, without sign or leading zero, at most 2^53 − 1.",
      },
    ],
  },
  {
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
        meaning:
          "A leaf or hash was changed, reordered, replaced or invented: this is not what the log holds.",
      },
      {
        code: "INDEX_MISMATCH",
        title: "A receipt at another index than its own",
        meaning: "It is validly signed, but not the leaf at this place.",
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
          "The log is smaller here than trust.json or the pinned checkpoint says it once was: the evidence is older than that checkpoint, or the log was rolled back. Which of the two, no verifier can tell offline: ask for evidence again with prove --since that checkpoint, which an honest log answers; or verify with what was pinned when this evidence was made.",
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
  },
  {
    about: "Trust and keys",
    refusals: [
      {
        code: "TRUST_REFUSED",
        title: "trust.json is not well formed",
        meaning: "A field is missing, unknown, repeated or of the wrong form.",
      },
      {
        code: "TRUST_EXPIRED",
        title: "trust.json has expired",
        meaning: "Get the current one, and compare its fingerprint.",
      },
      {
        code: "LOG_UNKNOWN",
        title: "A log that is not trusted",
        meaning: "No log of this origin stands in trust.json.",
      },
      {
        code: "LOG_KEY_REFUSED",
        title: "A log key that is not the pinned one",
        meaning: "The same name with another key.",
      },
      {
        code: "KEY_REFUSED",
        title: "A public key that no honest signer has",
        meaning: "A point of low order, off the curve, or encoded in a second way.",
      },
      {
        code: "KEY_UNKNOWN",
        title: "A key without endorsement",
        meaning: "No endorsement in the log up to this index names this key id.",
      },
      {
        code: "KEY_RETIRED",
        title: "A key outside its range of indexes",
        meaning: "It was not yet valid, or a later one had replaced it. A retired key cannot backdate.",
      },
      {
        code: "KEY_USAGE",
        title: "A key used for something else",
        meaning: "A receipt key signs receipts, a statement key signs statements.",
      },
      {
        code: "ENDORSEMENT_REFUSED",
        title: "An endorsement that is not well formed",
        meaning: "A wrong header, field, key or order, or a key id that was used before.",
      },
      {
        code: "ENDORSEMENT_SIGNATURE",
        title: "An endorsement that the root key did not sign",
        meaning: "Unknown root key, or a signature that does not match.",
      },
      {
        code: "ENDORSEMENT_OTHER_LOG",
        title: "An endorsement for another log",
        meaning: "Keys of one region are no keys of another.",
      },
      {
        code: "ENDORSEMENT_OUTSIDE_LOG",
        title: "An endorsement outside the log's own chain",
        meaning: "Endorsements count only as disclosed receipts of the chain _log.",
      },
      {
        code: "SIGNATURE_HIGH_S",
        title: "A mirrored ES256 signature",
        meaning:
          "s must lie in the lower half; the mirrored one verifies as well and would be a second spelling.",
      },
      {
        code: "SIGNATURE_REFUSED",
        title: "A signature that is not canonical",
        meaning: "Not 64 bytes, or a scalar outside its range.",
      },
    ],
  },
  {
    about: "Receipt",
    refusals: [
      {
        code: "ALG_REFUSED",
        title: "Another algorithm than Ed25519",
        meaning: "none, HS256 and every other algorithm are refused before any key is looked up.",
      },
      {
        code: "HEADER_REFUSED",
        title: "Another header than the profile's",
        meaning: "Exactly alg, kid and typ receipt+sd-jwt; keys in headers are never used.",
      },
      {
        code: "RECEIPT_REFUSED",
        title: "Not an SD-JWT of the profile",
        meaning: "Three parts, then disclosures, each ended by a tilde.",
      },
      {
        code: "RECEIPT_SIGNATURE",
        title: "A receipt that its key did not sign",
        meaning: "A clear claim or the signature was changed.",
      },
      {
        code: "CLAIMS_REFUSED",
        title: "Other claims than the profile's",
        meaning: "The clear claims are a closed list in a fixed order, each with its form.",
      },
      { code: "SD_ALG_REFUSED", title: "Another digest than SHA-256", meaning: "_sd_alg must be sha-256." },
      {
        code: "DIGEST_COUNT",
        title: "Too few or too many digests for the type",
        meaning: "Every disclosable claim of a type is present exactly once.",
      },
      {
        code: "DIGEST_DUPLICATE",
        title: "The same digest twice, or digests not sorted",
        meaning: "_sd is strictly ascending.",
      },
      {
        code: "DISCLOSURE_REFUSED",
        title: "A disclosure that is not well formed",
        meaning: "An array of salt (128 bits), name and value.",
      },
      {
        code: "DISCLOSURE_UNREFERENCED",
        title: "A disclosure that this receipt does not contain",
        meaning: "Altered, invented, or taken from another receipt.",
      },
      {
        code: "DISCLOSURE_DUPLICATE",
        title: "The same claim disclosed twice",
        meaning: "Each name once, in the type's order.",
      },
      {
        code: "DISCLOSURE_NAME",
        title: "A disclosure under a name its type does not have",
        meaning: "It would override a clear claim, or is _sd, or '...', or belongs to another type.",
      },
      {
        code: "NEEDS_NEWER_VERIFIER",
        title: "A later version wrote it",
        meaning:
          "The right key signed it, but a receipt's type, a claim, a word of a closed list, or a field of a statement or absence is not known to this verifier, which can say neither valid nor invalid. Get a newer one; the command exits 3.",
      },
      {
        code: "OTHER_LOG",
        title: "A receipt of another log",
        meaning: "Its issuer is not the log it stands in.",
      },
    ],
  },
  {
    about: "Set and absence",
    refusals: [
      {
        code: "PARTS_ORDER",
        title: "Parts out of order",
        meaning: "One answer for each log, by origin; then what is lacking, by region.",
      },
      {
        code: "PARTS_DISAGREE",
        title: "Parts of different evidence",
        meaning: "All parts are about the same tenant and for the same audience and nonce.",
      },
      {
        code: "EVIDENCE_EMPTY",
        title: "No log answered",
        meaning: "A set that only says what it lacks is evidence of nothing.",
      },
      {
        code: "ABSENCE_REFUSED",
        title: "An absence that is not well formed",
        meaning: "Header, origin, size, root, time, and the tenant, audience and nonce it is about.",
      },
      {
        code: "ABSENCE_SIGNATURE",
        title: "An absence that its log did not sign",
        meaning: "Only the log's own key says that it has no chain of a name.",
      },
    ],
  },
  {
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
  },
  {
    about: "Statement",
    refusals: [
      {
        code: "ATTACHMENT_REFUSED",
        title: "An attachment that is not well formed",
        meaning: "A name with path tricks, a repeated name, or names out of order.",
      },
      {
        code: "ATTACHMENT_MISMATCH",
        title: "The inventory is not the sealed one",
        meaning: "The seal names its digest.",
      },
      {
        code: "STATEMENT_REFUSED",
        title: "A statement that is not well formed",
        meaning: "A DSSE envelope with one signature around an in-toto Statement of our type.",
      },
      {
        code: "STATEMENT_SIGNATURE",
        title: "A statement that its key did not sign",
        meaning: "The statement or its signature was changed.",
      },
      {
        code: "STATEMENT_DIGEST",
        title: "A statement about other bytes",
        meaning: "Its subject is not the digest of everything before it.",
      },
      {
        code: "STATEMENT_MISMATCH",
        title: "A statement that its bundle contradicts",
        meaning: "Log, size, tenant, audience or nonce differ from what the receipts say.",
      },
      {
        code: "DISCLOSURE_UNDECLARED",
        title: "More is disclosed than the statement says",
        meaning: "A field was disclosed that is not on the statement's list.",
      },
      {
        code: "PERIOD_REFUSED",
        title: "A period that the seal does not close",
        meaning: "It must begin before it ends, and end before the seal.",
      },
      {
        code: "OTHER_TENANT",
        title: "Another tenant's bundle",
        meaning: "It is not about the tenant you asked about.",
      },
      {
        code: "OTHER_AUDIENCE",
        title: "A bundle for another audience",
        meaning: "It was made for somebody else.",
      },
      {
        code: "OTHER_NONCE",
        title: "A bundle for another request",
        meaning: "The nonce is not yours: it may be an old one shown again.",
      },
    ],
  },
] as const;
