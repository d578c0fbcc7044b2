/** Acting as somebody else: `as`, `as-uid`, `as-groups` and `as-user-extra` of a user in a kubeconfig. */

type Fields = Readonly<Record<string, unknown>>;

export const impersonationFields = ["as", "as-uid", "as-groups", "as-user-extra"] as const;

/**
 * The headers by which the API server is asked to decide as for them, as client-go sends them; none where nobody is named. Throws
 * what is wrong with a field. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
export function impersonationOf(user: Fields): Record<string, string | string[]> {
  const { as, "as-uid": uid, "as-groups": groups, "as-user-extra": extra } = user;
  const given = impersonationFields.filter((name) => user[name] !== undefined && user[name] !== null);
  if (given.length === 0) return {};
  if (typeof as !== "string" || as === "")
    throw new Error(`says ${given.join(", ")} of a user, and not as whom: as needs a user's name`);
  const headers: Record<string, string | string[]> = { "impersonate-user": value("as", as) };
  if (given.includes("as-uid")) headers["impersonate-uid"] = value("as-uid", uid);
  if (given.includes("as-groups")) headers["impersonate-group"] = values("as-groups", groups);
  if (!given.includes("as-user-extra")) return headers;
  if (typeof extra !== "object" || Array.isArray(extra))
    throw new Error("has an as-user-extra that is no map of lists of texts");
  for (const [key, texts] of Object.entries(extra as Fields))
    headers[`impersonate-extra-${headerName(key)}`] = values("as-user-extra", texts);
  return headers;
}

function values(field: string, list: unknown): string[] {
  if (!Array.isArray(list)) throw new Error(`has an ${field} that is no list of texts`);
  return list.map((text) => value(field, text));
}

/** A header carries bytes: those of UTF-8, as the API server reads them. */
function value(field: string, text: unknown): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what no header can carry
  if (typeof text !== "string" || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text))
    throw new Error(`has an ${field} that is no text in one line`);
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Bytes that no name of a header may have are percent-encoded, and so is the percent sign (RFC 9110, 5.6.2). */
function headerName(key: string): string {
  return [...Buffer.from(key.toLowerCase(), "utf8")]
    .map((byte) => String.fromCharCode(byte))
    .map((char) =>
      /[!#$&'*+.^_`|~0-9a-z-]/.test(char)
        ? char
        : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}
