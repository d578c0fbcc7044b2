import {
  annotations,
  certificates,
  labels,
  managedBy,
  type WebhookPathField,
  webhookPathsIn,
} from "@companyos/crds";
import type { Secret } from "../certificates/secret.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** How fast the path changes, in milliseconds. */
export const pathLifetimes = {
  /** A path is replaced after this long, so that a leaked one becomes useless. */
  changeAfter: 30 * day,
  /** The webhook serves the next path for this long before the configurations name it. */
  settle: minute,
  /** And the former one for this long after that. */
  keep: 10 * minute,
} as const;

/**
 * The Secret as it should be now, undefined when it is; `due`: when the next step is, in milliseconds since the epoch.
 * Each step follows from what the Secret holds. Pure, but for `random`.
 */
export function nextPath(options: {
  readonly live: Secret | undefined;
  readonly namespace: string;
  readonly now: number;
  readonly random: () => string;
}): { readonly secret: Secret | undefined; readonly due: number } {
  const { live, namespace, now, random } = options;
  const made = (since: number, paths: Partial<Record<WebhookPathField, string>>, due: number) => ({
    secret: secretOf(namespace, since, paths),
    due,
  });
  const { current, next, former } = webhookPathsIn(live);
  const { changeAfter, settle, keep } = pathLifetimes;
  if (!current) return made(now, { current: random() }, now + changeAfter);
  const since = Date.parse(live?.metadata.annotations?.[annotations.changedAt] ?? "") || 0;
  const due = since + (next ? settle : former ? keep : changeAfter);
  // A clock that was far ahead when it wrote must not stop the changes.
  if (now < due && since <= now + minute) return { secret: undefined, due };
  if (next) return made(now, { current: next, former: current }, now + keep);
  if (former) return made(now, { current }, now + changeAfter);
  return made(now, { current, next: random() }, now + settle);
}

function secretOf(
  namespace: string,
  since: number,
  paths: Partial<Record<WebhookPathField, string>>,
): Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: certificates.webhookPathSecret,
      namespace,
      labels: { [labels.managedBy]: managedBy },
      annotations: { [annotations.changedAt]: new Date(since).toISOString() },
    },
    type: "Opaque",
    data: Object.fromEntries(
      Object.entries(paths).map(([name, text]) => [name, Buffer.from(text).toString("base64")]),
    ),
  };
}
