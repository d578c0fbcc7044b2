export const set = {
  about: "Set and absence",
  refusals: [
    {
      code: "PARTS_ORDER",
      title: "Parts out of order",
      meaning: "One response for each log, by origin; then what is lacking, by region.",
    },
    {
      code: "PARTS_DISAGREE",
      title: "Parts of different evidence",
      meaning: "All parts are about the same tenant and for the same audience and nonce.",
    },
    {
      code: "EVIDENCE_EMPTY",
      title: "No log responded",
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
} as const;
