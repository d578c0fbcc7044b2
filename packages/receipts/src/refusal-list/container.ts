export const container = {
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
} as const;
