export const statement = {
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
} as const;
