/** What a Tenant has as the default tenant: it gets what nobody has, and lets it go once the setting says so no more. */
import { isReached, ownerUid, type Tenant, type UnclaimedSetting } from "@companyos/crds";
import { isConflict, isNotFound, type KubeObject, pooled } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import type { Logger } from "@companyos/service";
import type { ControllerContext } from "../context.ts";
import { adopt } from "./adopt.ts";
import type { RunningAdoptions } from "./adoptions/controller.ts";
import type { Claimants } from "./claimants.ts";
import { adoptable, type ClaimState } from "./claims.ts";
import type { Owned } from "./owned.ts";
import { letNamespaceGo } from "./release.ts";

/** What became of several namespaces: whether some were written, and whether all that were to be. */
export interface Written {
  readonly some: boolean;
  readonly all: boolean;
}

export interface ByDefault {
  /** The default tenant's name, by the setting. */
  readonly name: string | undefined;
  /**
   * Gives the default tenant what nobody has; what is being handed over to another one waits for that. One that cannot be
   * written holds up neither the others nor that tenant.
   */
  take(tenant: Tenant, plan: Plan): Promise<Written>;
  /**
   * Lets go what a Tenant of this name has as the default tenant and is not to have any more. It waits for nothing: not for
   * a plan, nor for the end of a pause, nor for that Tenant, which may be gone.
   * @param there what the API server has; default: what the watch told
   */
  letGo(name: string, tenant: Tenant | undefined, there?: readonly KubeObject[]): Promise<Written>;
}

/**
 * Of namespaces that a Tenant of the name has or had as the default tenant, those that nobody is to have by the setting.
 * @param tenant the one of that name; undefined when it is gone
 */
export function unassigned(
  assigned: readonly KubeObject[],
  tenant: Tenant | undefined,
  unclaimed: UnclaimedSetting,
  productNamespace: string,
): KubeObject[] {
  const { action, tenant: byDefault } = unclaimed;
  const isDefault =
    action === "DefaultTenant" &&
    tenant !== undefined &&
    tenant.metadata.name === byDefault &&
    tenant.metadata.deletionTimestamp === undefined;
  return assigned.filter(
    ({ metadata: { name = "", deletionTimestamp } }) =>
      !deletionTimestamp && !(isDefault && isReached(name, unclaimed, productNamespace)),
  );
}

const atOnce = 8;

export function byDefault(
  context: ControllerContext,
  options: {
    readonly log: Logger;
    readonly owned: Owned;
    readonly adoptions: Pick<RunningAdoptions, "owe">;
    readonly claimants: Claimants;
    readonly claims: ClaimState;
    readonly unclaimed: UnclaimedSetting;
  },
): ByDefault {
  const { log, owned, adoptions, claimants, claims, unclaimed } = options;
  const { productNamespace } = claims;

  /** Both sides agreed, and the Tenant is about to take it. */
  function isExpected(namespace: string): boolean {
    return [...claimants.of(namespace)].some(
      (one) =>
        !one.metadata.deletionTimestamp &&
        !one.spec.paused &&
        context.inventory.plan(one.metadata.name) !== undefined &&
        adoptable(one, claims).includes(namespace),
    );
  }

  async function each(
    namespaces: readonly KubeObject[],
    failing: string,
    write: (namespace: KubeObject) => Promise<void>,
  ): Promise<Written> {
    let failed = 0;
    await pooled(namespaces, atOnce, async (namespace) => {
      try {
        await write(namespace);
      } catch (error) {
        if (isNotFound(error)) return;
        failed++;
        // Seen too early: the watch will show it as it is now.
        if (!isConflict(error)) log.warn(failing, { namespace: namespace.metadata.name, error });
      }
    });
    return { some: namespaces.length > failed, all: failed === 0 };
  }

  return {
    name: unclaimed.action === "DefaultTenant" ? unclaimed.tenant : undefined,
    take(tenant, plan) {
      const reached = owned.unclaimed().filter((namespace) => {
        const { name = "", deletionTimestamp } = namespace.metadata;
        if (deletionTimestamp || !isReached(name, unclaimed, productNamespace)) return false;
        return !claimants.exists(ownerUid(namespace) ?? "") && !isExpected(name);
      });
      return each(
        reached,
        "a namespace could not be given to the default tenant; it is tried again",
        ({ metadata }) =>
          adopt(context, { owned, adoptions, tenant, plan, namespace: metadata.name!, assigned: true }),
      );
    },
    letGo(name, tenant, there = owned.assignedTo(name)) {
      return each(
        unassigned(there, tenant, unclaimed, productNamespace),
        "a namespace of the default tenant could not be let go; it is tried again",
        (live) => letNamespaceGo(context, { owned, adoptions, tenant, live }),
      );
    },
  };
}
