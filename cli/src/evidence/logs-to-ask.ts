/** Which logs are asked about a tenant, and which are not. */

import type { Notary } from "../notaries.ts";
import type { Session } from "../session.ts";
import type { Lack, Where } from "./lack.ts";

export interface LogsToAsk {
  readonly asked: readonly Notary[];
  readonly lacks: readonly Lack[];
}

/**
 * `only`: regions to ask; empty: all that are known. `home`: the tenant's home region, where it is known. Throws for
 * a region of `only` whose notary is not known, and when none is.
 */
export function logsToAsk(
  { notaries, notariesOf }: Pick<Session, "notaries" | "notariesOf">,
  only: readonly string[],
  home: string | undefined,
): LogsToAsk {
  const asked = only.length === 0 ? notaries : [...new Set(only)].flatMap((region) => notariesOf(region));
  if (asked.length === 0) throw new Error("which notaries? Say --notaries region=https://HOST:PORT,…");
  const lacks = notaries.filter((notary) => !asked.includes(notary)).map(notAsked);
  if (home !== undefined && !notaries.some(({ region }) => region === home)) {
    lacks.push(
      only.length > 0 ? notAsked({ region: home, name: home }) : noNotary(home, "is the tenant's home"),
    );
  }
  return { asked, lacks };
}

export function notAsked({ region, name }: Where): Lack {
  return { region, name, reason: "not_asked", message: "was not asked (--log)" };
}

/** `why`: why a log is expected there. */
export function noNotary(region: string, why: string): Lack {
  const message = `${why}, and no notary of it is known: say --notaries ${region}=https://HOST:PORT`;
  return { region, name: region, reason: "no_notary", message };
}

/** A log that is lost for good, as --lost says. */
export function lostLog(region: string): Lack {
  return { region, name: region, reason: "lost", message: "has lost a log (--lost)" };
}

/**
 * The home in effect of a Tenant; undefined when it has none, when it is gone, or you may not read it. Its logs are asked all
 * the same. What it asks for is its home only if there is such a Region.
 */
export async function homeRegion(client: Session["client"], tenant: string): Promise<string | undefined> {
  const of = (plural: string, name: string) =>
    client.raw(`/apis/residency.companyos.io/v1/${plural}/${encodeURIComponent(name)}`);
  const { status: code, text } = await of("tenants", tenant);
  if (code !== 200) return undefined;
  const { spec, status } = JSON.parse(text) as Record<"spec" | "status", { homeRegion?: string } | undefined>;
  if (status?.homeRegion !== undefined || spec?.homeRegion === undefined) return status?.homeRegion;
  return (await of("regions", spec.homeRegion)).status === 404 ? undefined : spec.homeRegion;
}
