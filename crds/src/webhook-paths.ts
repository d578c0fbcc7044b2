/** `next` is served and not named yet, `former` is served and not named any more. */
const fields = ["current", "next", "former"] as const;
export type WebhookPathField = (typeof fields)[number];

/**
 * The paths in the Secret `certificates.webhookPathSecret`: 43 characters of base64url each. Anything else is passed over:
 * what somebody else wrote there may be guessed.
 */
export function webhookPathsIn(
  secret: { readonly data?: Readonly<Record<string, string>> | undefined } | undefined,
): Partial<Record<WebhookPathField, string>> {
  return Object.fromEntries(
    fields
      .map((name) => [name, Buffer.from(secret?.data?.[name] ?? "", "base64").toString()] as const)
      .filter(([, path]) => /^[A-Za-z0-9_-]{43}$/.test(path)),
  );
}
