/**
 * Every reason for which a verifier says no, by what it looks at. Codes are stable; messages may improve.
 * `docs/verification.md` is written from this list.
 */
export const refusalGroups = [
  {
    about: "Container and encodings",
    refusals: [
      {
        code: "truncated",
        title: "The bundle ends early",
        meaning: "It stops before its statement, or inside a line. Fetch it again.",
      },
      {
        code: "trailing_bytes",
        title: "Bytes after the statement",
        meaning: "The statement must be the last line, ended by one line feed.",
      },
      {
        code: "line_encoding",
        title: "A byte that may not be there",
        meaning: "Lines are printable ASCII ended by LF: no CR, no control character, nothing beyond 0x7e.",
      },
      {
        code: "line_order",
        title: "A line of an unknown kind or out of order",
        meaning:
          "The order of a part is log, then h and r, then a, then c, then s; a set has its count, parts, and what is lacking.",
      },
      {
        code: "too_long",
        title: "Something exceeds its limit",
        meaning: "A line, leaf, disclosure, list or attachment is longer than the format allows.",
      },
      {
        code: "base64_not_canonical",
        title: "base64 with a second spelling",
        meaning: "Padding where none belongs, foreign characters, or left-over bits that are not zero.",
      },
      {
        code: "json_not_canonical",
        title: "JSON with a second spelling",
        meaning: "The text differs from what JSON.stringify(JSON.parse(text)) writes, or is no JSON at all.",
      },
      {
        code: "json_duplicate_key",
        title: "A JSON key twice in one object",
        meaning: "Two readers could see two different values.",
      },
      {
        code: "number_refused",
        title: "A number that is not written plainly",
        meaning: "Sizes and indexes are decimal, without sign or leading zero, at most 2^53 − 1.",
      },
    ],
  },
  {
    about: "Log",
    refusals: [
      { code: "hash_length", title: "A hash that is not 32 bytes", meaning: "Every hash is a SHA-256." },
      {
        code: "hash_misaligned",
        title: "A pruned subtree at an impossible place",
        meaning: "A subtree of 2^n leaves starts at a multiple of 2^n.",
      },
      {
        code: "hash_mergeable",
        title: "Two pruned subtrees that are one",
        meaning: "Pruned subtrees are maximal, so that a bundle has one form only.",
      },
      {
        code: "leaves_missing",
        title: "Fewer leaves than the log's size",
        meaning: "The log was cut, or a line was dropped.",
      },
      {
        code: "leaves_extra",
        title: "More leaves than the log's size",
        meaning: "A line was added, or a subtree reaches beyond the log.",
      },
      {
        code: "root_mismatch",
        title: "The leaves do not make the signed root",
        meaning:
          "A leaf or hash was changed, reordered, replaced or invented: this is not what the log holds.",
      },
      {
        code: "index_mismatch",
        title: "A receipt at another index than its own",
        meaning: "It is validly signed, but not the leaf at this place.",
      },
      {
        code: "checkpoint_refused",
        title: "A checkpoint that is not well formed",
        meaning: "Origin, decimal size, base64 root of 32 bytes, no further lines, a blank line, signatures.",
      },
      {
        code: "checkpoint_order",
        title: "Checkpoints missing or out of order",
        meaning: "Sizes rise, and the last checkpoint has the bundle's size.",
      },
      {
        code: "checkpoint_signature",
        title: "A checkpoint that its log did not sign",
        meaning: "No signature under the log's key, or one that does not match.",
      },
      {
        code: "consistency_refused",
        title: "An earlier checkpoint that does not lead to the later one",
        meaning: "The log was rewritten between the two, or the proof is wrong.",
      },
      {
        code: "rolled_back",
        title: "Older than a checkpoint already known",
        meaning:
          "The log is smaller here than trust.json or the pinned checkpoint says it once was: the evidence is older than that checkpoint, or the log was rolled back. Which of the two, no verifier can tell offline: ask for evidence again with prove --since that checkpoint, which an honest log answers; or verify with what was pinned when this evidence was made.",
      },
      {
        code: "split_view",
        title: "Another history than the one already known",
        meaning: "Same size, different root: somebody was shown another log.",
      },
      {
        code: "pinned_unproven",
        title: "The pinned checkpoint is not linked",
        meaning:
          "The bundle does not prove that it continues the pinned checkpoint. Ask for one that does: prove --since with that checkpoint.",
      },
      {
        code: "pin_unused",
        title: "A pin of a log that is not here",
        meaning:
          "Nothing in the evidence is from the pinned checkpoint's log, so the pin would be ignored. The command exits 2.",
      },
      {
        code: "quorum_unmet",
        title: "Too few witnesses",
        meaning: "Fewer witnesses cosigned the closing checkpoint than trust.json demands.",
      },
      {
        code: "too_old",
        title: "Older than the permitted age",
        meaning: "The newest time that counts is further back than the age limit.",
      },
    ],
  },
  {
    about: "Trust and keys",
    refusals: [
      {
        code: "trust_refused",
        title: "trust.json is not well formed",
        meaning: "A field is missing, unknown, repeated or of the wrong form.",
      },
      {
        code: "trust_expired",
        title: "trust.json has expired",
        meaning: "Get the current one, and compare its fingerprint.",
      },
      {
        code: "log_unknown",
        title: "A log that is not trusted",
        meaning: "No log of this origin stands in trust.json.",
      },
      {
        code: "log_key_refused",
        title: "A log key that is not the pinned one",
        meaning: "The same name with another key.",
      },
      {
        code: "key_refused",
        title: "A public key that no honest signer has",
        meaning: "A point of low order, off the curve, or encoded in a second way.",
      },
      {
        code: "key_unknown",
        title: "A key without endorsement",
        meaning: "No endorsement in the log up to this index names this key id.",
      },
      {
        code: "key_retired",
        title: "A key outside its range of indexes",
        meaning: "It was not yet valid, or a later one had replaced it. A retired key cannot backdate.",
      },
      {
        code: "key_usage",
        title: "A key used for something else",
        meaning: "A receipt key signs receipts, a statement key signs statements.",
      },
      {
        code: "endorsement_refused",
        title: "An endorsement that is not well formed",
        meaning: "A wrong header, field, key or order, or a key id that was used before.",
      },
      {
        code: "endorsement_signature",
        title: "An endorsement that the root key did not sign",
        meaning: "Unknown root key, or a signature that does not match.",
      },
      {
        code: "endorsement_other_log",
        title: "An endorsement for another log",
        meaning: "Keys of one region are no keys of another.",
      },
      {
        code: "endorsement_outside_log",
        title: "An endorsement outside the log's own chain",
        meaning: "Endorsements count only as disclosed receipts of the chain _log.",
      },
      {
        code: "signature_high_s",
        title: "A mirrored ES256 signature",
        meaning:
          "s must lie in the lower half; the mirrored one verifies as well and would be a second spelling.",
      },
      {
        code: "signature_refused",
        title: "A signature that is not canonical",
        meaning: "Not 64 bytes, or a scalar outside its range.",
      },
    ],
  },
  {
    about: "Receipt",
    refusals: [
      {
        code: "alg_refused",
        title: "Another algorithm than Ed25519",
        meaning: "none, HS256 and every other algorithm are refused before any key is looked up.",
      },
      {
        code: "header_refused",
        title: "Another header than the profile's",
        meaning: "Exactly alg, kid and typ receipt+sd-jwt; keys in headers are never used.",
      },
      {
        code: "receipt_refused",
        title: "Not an SD-JWT of the profile",
        meaning: "Three parts, then disclosures, each ended by a tilde.",
      },
      {
        code: "receipt_signature",
        title: "A receipt that its key did not sign",
        meaning: "A clear claim or the signature was changed.",
      },
      {
        code: "claims_refused",
        title: "Other claims than the profile's",
        meaning: "The clear claims are a closed list in a fixed order, each with its form.",
      },
      { code: "sd_alg_refused", title: "Another digest than SHA-256", meaning: "_sd_alg must be sha-256." },
      {
        code: "digest_count",
        title: "Too few or too many digests for the type",
        meaning: "Every disclosable claim of a type is present exactly once.",
      },
      {
        code: "digest_duplicate",
        title: "The same digest twice, or digests not sorted",
        meaning: "_sd is strictly ascending.",
      },
      {
        code: "disclosure_refused",
        title: "A disclosure that is not well formed",
        meaning: "An array of salt (128 bits), name and value.",
      },
      {
        code: "disclosure_unreferenced",
        title: "A disclosure that this receipt does not contain",
        meaning: "Altered, invented, or taken from another receipt.",
      },
      {
        code: "disclosure_duplicate",
        title: "The same claim disclosed twice",
        meaning: "Each name once, in the type's order.",
      },
      {
        code: "disclosure_name",
        title: "A disclosure under a name its type does not have",
        meaning: "It would override a clear claim, or is _sd, or '...', or belongs to another type.",
      },
      {
        code: "needs_newer_verifier",
        title: "A later version wrote it",
        meaning:
          "The right key signed it, but a receipt's type, a claim, a word of a closed list, or a field of a statement or absence is not known to this verifier, which can say neither valid nor invalid. Get a newer one; the command exits 3.",
      },
      {
        code: "other_log",
        title: "A receipt of another log",
        meaning: "Its issuer is not the log it stands in.",
      },
    ],
  },
  {
    about: "Set and absence",
    refusals: [
      {
        code: "parts_order",
        title: "Parts out of order",
        meaning: "One answer for each log, by origin; then what is lacking, by region.",
      },
      {
        code: "parts_disagree",
        title: "Parts of different evidence",
        meaning: "All parts are about the same tenant and for the same audience and nonce.",
      },
      {
        code: "evidence_empty",
        title: "No log answered",
        meaning: "A set that only says what it lacks is evidence of nothing.",
      },
      {
        code: "absence_refused",
        title: "An absence that is not well formed",
        meaning: "Header, origin, size, root, time, and the tenant, audience and nonce it is about.",
      },
      {
        code: "absence_signature",
        title: "An absence that its log did not sign",
        meaning: "Only the log's own key says that it has no chain of a name.",
      },
    ],
  },
  {
    about: "Chain",
    refusals: [
      {
        code: "foreign_receipt",
        title: "A chain of another tenant",
        meaning: "A part holds the chains of one tenant's name and the log's own.",
      },
      {
        code: "chain_missing",
        title: "A chain of the name is not shown",
        meaning: "The seal names every chain of the tenant's name in the log; all of them must be there.",
      },
      {
        code: "chain_unlisted",
        title: "A chain that the seal does not name",
        meaning: "A part shows exactly the chains that its seal names.",
      },
      {
        code: "chain_cut",
        title: "A chain that ends before its head",
        meaning: "Each chain must reach the receipt that the seal names as its head.",
      },
      {
        code: "handover_undisclosed",
        title: "A handover does not show its details",
        meaning: "Where a tenant's evidence goes on is never left out.",
      },
      {
        code: "handover_refused",
        title: "A handover that is not well formed",
        meaning: "It names the chain or home before and after, and is about the Tenant it stands with.",
      },
      {
        code: "handover_target_missing",
        title: "A handover to a chain that is not there",
        meaning:
          "The tenant's evidence goes on, or began, in a log that is not there, and nothing declares that log lacking. One that is lost for good is declared by prove --lost.",
      },
      {
        code: "genesis_missing",
        title: "A chain without its beginning",
        meaning: "The first receipt must be number 0 (for a tenant: tenant.opened).",
      },
      {
        code: "genesis_undisclosed",
        title: "The tenant is not disclosed",
        meaning:
          "The genesis must disclose the tenant's name (and its uid, since seals name every chain), else nobody can tell whose chain this is.",
      },
      {
        code: "seal_missing",
        title: "A chain without its seal",
        meaning: "The last receipt must be evidence.sealed: the tail was cut.",
      },
      {
        code: "seal_undisclosed",
        title: "The seal's details are missing",
        meaning: "Audience, nonce and the head of the log's own chain must be disclosed.",
      },
      { code: "seq_gap", title: "A receipt is missing from a chain", meaning: "The counter jumps." },
      {
        code: "seq_repeated",
        title: "A chain that repeats or forks",
        meaning: "The counter stays or goes back.",
      },
      {
        code: "prev_mismatch",
        title: "A link to another receipt than the one before",
        meaning: "prev must be the proved index of the previous receipt of the chain.",
      },
      {
        code: "predecessor_missing",
        title: "The receipt before the period is missing",
        meaning:
          "Receipts between genesis and period may be left out, but the last one before the period may not.",
      },
      {
        code: "log_chain_cut",
        title: "The log's own chain is not whole",
        meaning: "It must reach the receipt that the seal names as its head: endorsements could be hidden.",
      },
      {
        code: "source_repeated",
        title: "A journal record twice or out of order",
        meaning: "The counter of each journal rises.",
      },
      { code: "time_reversed", title: "Time runs backwards", meaning: "iat never decreases in index order." },
      {
        code: "decision_contradicted",
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
        code: "attachment_refused",
        title: "An attachment that is not well formed",
        meaning: "A name with path tricks, a repeated name, or names out of order.",
      },
      {
        code: "attachment_mismatch",
        title: "The inventory is not the sealed one",
        meaning: "The seal names its digest.",
      },
      {
        code: "statement_refused",
        title: "A statement that is not well formed",
        meaning: "A DSSE envelope with one signature around an in-toto Statement of our type.",
      },
      {
        code: "statement_signature",
        title: "A statement that its key did not sign",
        meaning: "The statement or its signature was changed.",
      },
      {
        code: "statement_digest",
        title: "A statement about other bytes",
        meaning: "Its subject is not the digest of everything before it.",
      },
      {
        code: "statement_mismatch",
        title: "A statement that its bundle contradicts",
        meaning: "Log, size, tenant, audience or nonce differ from what the receipts say.",
      },
      {
        code: "disclosure_undeclared",
        title: "More is disclosed than the statement says",
        meaning: "A field was disclosed that is not on the statement's list.",
      },
      {
        code: "period_refused",
        title: "A period that the seal does not close",
        meaning: "It must begin before it ends, and end before the seal.",
      },
      {
        code: "other_tenant",
        title: "Another tenant's bundle",
        meaning: "It is not about the tenant you asked about.",
      },
      {
        code: "other_audience",
        title: "A bundle for another audience",
        meaning: "It was made for somebody else.",
      },
      {
        code: "other_nonce",
        title: "A bundle for another request",
        meaning: "The nonce is not yours: it may be an old one shown again.",
      },
    ],
  },
] as const;
