import { randomBytes } from "node:crypto";
import { certificates } from "@companyos/crds";
import { createReflector, resources, runController, watchSource } from "@companyos/kube";
import { write } from "../certificates/secret.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import { nextPath } from "./path.ts";

const longest = 60 * 60 * 1000;

/**
 * Keeps the Secret with the path at which the webhook is served, and changes it. The webhook watches it, and so does the
 * admission controller, which writes it into the configurations. Deleted, it is made anew at once with another path.
 */
export function startWebhookPath(context: ControllerContext): RunningController {
  const { kube, namespace, clock, registry } = context;
  const log = context.log.child({ controller: "webhook-path" });
  const reflector = createReflector({
    client: kube,
    namespace,
    resource: resources.secrets,
    name: certificates.webhookPathSecret,
    log,
    registry,
  });
  const controller = runController({
    name: "webhook-path",
    log: context.log,
    registry,
    clock,
    sources: [watchSource(reflector, () => ["all"])],
    async reconcile() {
      const live = reflector.store.get(`${namespace}/${certificates.webhookPathSecret}`);
      const random = () => randomBytes(32).toString("base64url");
      const { secret, due } = nextPath({ live, namespace, now: clock.now(), random });
      if (secret) {
        await write(kube, secret, live);
        log.info("the webhook's secret path changed", { fields: Object.keys(secret.data ?? {}) });
      }
      return { requeueAfter: Math.min(Math.max(due - clock.now(), 50), longest) };
    },
  });
  reflector.start();
  controller.enqueue("all");
  return {
    name: "webhook-path",
    async stop() {
      await controller.stop();
      await reflector.stop();
    },
  };
}
