import { startAdmission } from "./admission/controller.ts";
import { defaultAdmissionMetadata } from "./admission/objects/index.ts";
import { startCertificates } from "./certificates/controller.ts";
import type { ControllerContext, RunningController } from "./context.ts";
import { startDenials } from "./denials/controller.ts";
import { startHandovers } from "./handovers/controller.ts";
import { startNodes } from "./nodes/controller.ts";
import type { OperatorOptions } from "./options.ts";
import { startPlacements } from "./placements/controller.ts";
import { startPlans } from "./plans/controller.ts";
import { startPolicies } from "./policies/controller.ts";
import { startRegions } from "./regions/controller.ts";
import { startRollouts } from "./rollouts/controller.ts";
import { startTenants } from "./tenants/controller.ts";
import { startWebhookPath } from "./webhook-path/controller.ts";

/** A controller that has nothing to do in this set-up. */
const idle = (name: string): RunningController => ({ name, stop: async () => {} });

type Start = (
  context: ControllerContext,
  options: OperatorOptions,
) => RunningController | Promise<RunningController>;

/** Every controller. Adding one is a folder beside these and a line here. */
export const controllers: readonly Start[] = [
  (context, options) =>
    startCertificates(context, {
      regions: options.notaryRegions ?? Object.keys(options.notaries),
      extraHosts: options.certificateHosts ?? [],
      settings: options.certificates,
    }),
  (context, { callers }) => (callers === "SecretPath" ? startWebhookPath(context) : idle("webhook-path")),
  (context, { webhook = { service: { name: "companyos-webhook", port: 443 } }, ...options }) =>
    startAdmission(context, {
      webhook: "url" in webhook ? webhook : { service: { ...webhook.service, namespace: context.namespace } },
      whenUnavailable: options.whenUnavailable ?? "available",
      timeoutSeconds: options.webhookTimeoutSeconds ?? 5,
      callers: options.callers,
      breakGlassGroup: options.breakGlassGroup,
      metadata: options.admissionMetadata ?? defaultAdmissionMetadata,
      contests: options.contests,
      // Where nothing is enforced, nothing is refused.
      unclaimed: options.enforce === false ? undefined : options.unclaimed,
    }),
  startDenials,
  startNodes,
  startRegions,
  startPolicies,
  (context, { unclaimed, dns = {}, nameservers = [] }) =>
    startTenants(context, { unclaimed, dns, nameservers }),
  (context, { enforce = true, tenantsAtOnce }) => startRollouts(context, { enforce, tenantsAtOnce }),
  startHandovers,
  startPlans,
  startPlacements,
];
