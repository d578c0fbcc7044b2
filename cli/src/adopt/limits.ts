/**
 * What a Tenant's limits, a LimitRange for containers that comes with a hand-over, say to what runs: as the admission plugin
 * LimitRanger and the API's own defaults and validation have it. Pure.
 */
import type { Tenant } from "@companyos/crds";
import { quantityValue } from "@companyos/kube";

type Limits = NonNullable<Tenant["spec"]["limits"]>;
type Amounts = Readonly<Record<string, string>>;

interface Container {
  readonly name?: string;
  readonly resources?: { readonly requests?: Amounts; readonly limits?: Amounts };
}

interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
}

/** Why pods of this spec are not made anew, a sentence for each container and resource; empty where they are. */
export function limitProblems(spec: unknown, limits: Limits | undefined): string[] {
  if (!limits) return [];
  const whole = filled(limits);
  const resources = new Set(Object.values(whole).flatMap((amounts) => Object.keys(amounts)));
  const { initContainers = [], containers: usual = [] } = (spec ?? {}) as PodSpec;
  const containers = [...initContainers, ...usual];
  return containers.flatMap((container) =>
    [...resources].flatMap((resource) => {
      const problem = problemOf(container, resource, whole);
      return problem === undefined ? [] : [`container ${container.name ?? "?"} ${problem}`];
    }),
  );
}

/** As the API server fills in a LimitRange of containers. */
function filled({ default: given = {}, defaultRequest = {}, max = {}, min = {} }: Limits) {
  const limit: Amounts = { ...max, ...given };
  return { max, min, limit, request: { ...min, ...limit, ...defaultRequest } as Amounts };
}

function problemOf(
  { resources = {} }: Container,
  resource: string,
  { max, min, limit, request }: ReturnType<typeof filled>,
): string | undefined {
  const saidLimit = resources.limits?.[resource];
  // A limit alone is the request, too, before any LimitRange is asked.
  const saidRequest = resources.requests?.[resource] ?? saidLimit;
  const [limited, requested] = [saidLimit ?? limit[resource], saidRequest ?? request[resource]];
  const isMore = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && (quantityValue(one) ?? 0) > (quantityValue(other) ?? 0);
  const asked = `${resource} ${isMore(limited, max[resource]) ? limited : requested}`;
  if (isMore(limited, max[resource]) || isMore(requested, max[resource]))
    return `asks for ${asked}, and spec.limits.max allows ${max[resource]}`;
  if (isMore(min[resource], requested) || isMore(min[resource], limited))
    return `asks for ${resource} ${isMore(min[resource], requested) ? requested : limited}, and spec.limits.min asks for ${min[resource]}`;
  if (isMore(requested, limited))
    return saidRequest === undefined
      ? `has the limit ${resource} ${limited}, which is less than the request ${requested} that spec.limits.defaultRequest gives it`
      : `asks for ${asked}, and the limit ${limited} that spec.limits gives it is less`;
  return undefined;
}
