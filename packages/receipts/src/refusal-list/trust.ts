export const trust = {
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
} as const;
