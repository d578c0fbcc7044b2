import { type CallerMode, callerModes, labels } from "@companyos/crds";

/** A webhook configuration, as far as it says how the webhook knows its caller. */
export interface Configuration {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly webhooks?: readonly { readonly failurePolicy?: string }[];
}

export interface CallerStatus {
  readonly mode: CallerMode | "unknown";
  /** False when the set-up contradicts itself. */
  readonly sound: boolean;
  /** What it is, and which attack remains (docs/threat-model.md). */
  readonly detail: string;
}

const remains: Readonly<Record<CallerMode, string>> = {
  ClientCertificate: "the API server shows a client certificate; remains: who has its key makes receipts up",
  SecretPath:
    "the API server knows a secret path; remains: who may read the webhook configurations, or the API server's log, makes receipts up",
  Unverified: "remains: whoever reaches the webhook's port makes receipts up, marked `unverified`",
};

/**
 * How the webhook knows its caller. `networkPolicy`: whether one of ours limits who reaches its port; undefined when
 * that may not be read. Pure.
 */
export function callerStatus(
  configurations: readonly Configuration[],
  networkPolicy: boolean | undefined,
): CallerStatus {
  const found = configurations.map(({ metadata }) => metadata?.labels?.[labels.callers]);
  const mode = callerModes.find((known) => found.length > 0 && found.every((value) => value === known));
  if (!mode)
    return {
      mode: "unknown",
      sound: false,
      detail: "the webhook configurations do not say: is the operator up?",
    };
  const fails = configurations.some(({ webhooks = [] }) =>
    webhooks.some((one) => one.failurePolicy !== "Ignore"),
  );
  const notes = [remains[mode]];
  if (mode === "SecretPath" && fails)
    notes.push("an entry is not Ignore, so that the API server tells users the path: it is no secret");
  if (mode === "Unverified" && fails)
    notes.push(
      "a secret path is not used, for an entry is Fail, under which the API server tells users the URL",
    );
  if (mode !== "ClientCertificate")
    notes.push(
      networkPolicy === undefined
        ? "whether a NetworkPolicy limits who reaches it may not be read"
        : networkPolicy
          ? "a NetworkPolicy limits who reaches it, where the network enforces them"
          : "no NetworkPolicy of the chart limits who reaches it (webhook.networkPolicy)",
    );
  return { mode, sound: !(mode === "SecretPath" && fails), detail: notes.join("; ") };
}
