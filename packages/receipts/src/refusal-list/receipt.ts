export const receipt = {
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
    {
      code: "OTHER_RECEIPT",
      title: "Another receipt than the one asked for",
      meaning:
        "It is genuine, and not the one of the id that was asked for: a log, or who stands before it, handed over another.",
    },
  ],
} as const;
