import type { ChainRef, HandoverDetails, HomeRef } from "../handover.ts";
import { refuse } from "../refusals.ts";
import type { TrustedLog } from "../trust.ts";
import type { Chain } from "./chain.ts";
import type { Part } from "./part.ts";
import type { Lack } from "./verdict.ts";

/** Which logs responded, which are declared lacking, for whoever looks for the other side of a handover. */
export interface Responses {
  readonly parts: readonly Part[];
  readonly logs: readonly TrustedLog[];
  /** Origins that gave a part or an absence. */
  readonly responded: ReadonlySet<string>;
  /** Regions that the set says gave nothing. */
  readonly declared: ReadonlySet<string>;
  /** Whether chains or handovers are beyond what is remembered: then none can be known to lack. */
  readonly cut: boolean;
}

interface Shown {
  readonly part: Part;
  readonly handle: string;
  readonly chain: Chain;
}

const homeKey = ({ region, uid }: HomeRef): string => `${region} ${uid}`;
const linkKey = (link: string, from: HomeRef, to: HomeRef): string =>
  `${link} ${homeKey(from)} ${homeKey(to)}`;

/** What the handovers in some chains say; `cut` when some of it may be left out. */
interface Known {
  readonly first: Shown;
  readonly handovers: Set<string>;
  cut: boolean;
}

/**
 * Every handover leads to a chain that is there and knows of it. Refuses `HANDOVER_REFUSED`, and
 * `HANDOVER_TARGET_MISSING` where a log should have been shown or declared lacking. What cannot be known because a log is
 * declared lacking is a lack, and so is the other side of a move that a log which responded does not have.
 */
export function checkHandovers(responses: Responses): Lack[] {
  const search = new Search(responses);
  const lacks = responses.parts.flatMap((part) =>
    part.handovers.flatMap(({ handle, details }) => {
      const own: Shown = { part, handle, chain: part.chains.get(handle)! };
      if ("link" in details) return search.home(own, details.link, details.from, details.to);
      return "from" in details
        ? search.chain(own, details.from, "from")
        : search.chain(own, details.to, "to");
    }),
  );
  return responses.cut ? [] : lacks;
}

class Search {
  readonly #responses: Responses;
  /** By origin and handle; by region and uid, where a Tenant may have had several. */
  readonly #byHandle = new Map<string, Known>();
  readonly #byHome = new Map<string, Known>();

  constructor(responses: Responses) {
    this.#responses = responses;
    for (const part of responses.parts) {
      const { origin, region } = part.log;
      for (const [handle, chain] of part.chains) {
        const shown = { part, handle, chain };
        note(this.#byHandle, `${origin} ${handle}`, shown);
        if (chain.uid !== null) note(this.#byHome, homeKey({ region, uid: chain.uid }), shown);
      }
      for (const { handle, details } of part.handovers) {
        const { uid } = part.chains.get(handle)!;
        const key = handoverKey(details);
        this.#byHandle.get(`${origin} ${handle}`)!.handovers.add(key);
        if (uid !== null) this.#byHome.get(homeKey({ region, uid }))!.handovers.add(key);
      }
    }
  }

  /** Within a log: the chain of that handle, which names this one. */
  chain(own: Shown, ref: ChainRef, side: "from" | "to"): Lack[] {
    const { origin } = own.part.log;
    if (ref.origin === origin && ref.handle === own.handle)
      refuse("HANDOVER_REFUSED", `a handover of the chain ${own.handle} names itself`);
    const target = this.#byHandle.get(`${ref.origin} ${ref.handle}`);
    if (target === undefined || target.first.chain.uid !== ref.uid) {
      const log = this.#responses.logs.find((known) => known.origin === ref.origin);
      const region = target === undefined ? log?.region : undefined;
      return this.#absent(own, region, [ref.origin], `the chain ${ref.handle} in ${ref.origin}`);
    }
    return matched(own, target, `${side === "from" ? "to" : "from"} ${origin} ${own.handle}`);
  }

  /** Between logs: a chain of that uid in a log of that region, with the same handover. */
  home(own: Shown, link: string, from: HomeRef, to: HomeRef): Lack[] {
    const { region } = own.part.log;
    const ends = [homeKey(from), homeKey(to)];
    if (ends[0] === ends[1]) refuse("HANDOVER_REFUSED", `a handover from ${ends[0]} to itself`);
    const { uid } = own.chain;
    const at = uid === null ? -1 : ends.indexOf(homeKey({ region, uid }));
    if (at < 0 && uid !== null)
      refuse("HANDOVER_REFUSED", `a handover in the chain ${own.handle} is about other Tenants`);
    // In evidence from before uids were shown, the other end is the one elsewhere.
    const other = at < 0 ? (from.region === region ? to : from) : at === 0 ? to : from;
    const target = this.#byHome.get(homeKey(other));
    if (target !== undefined) return matched(own, target, linkKey(link, from, to));
    const origins = this.#responses.logs
      .filter((log) => log.region === other.region)
      .map((log) => log.origin);
    const what = `the Tenant ${other.uid} in ${other.region}`;
    // It responded before the other side of a move reached it, or it is not the log it was: nothing false was shown.
    if (origins.length > 0 && origins.every((origin) => this.#responses.responded.has(origin)))
      return [unmatched(own, `the log of ${other.region} responded and has no chain of ${what}`)];
    return this.#absent(own, other.region, origins, what);
  }

  #absent(own: Shown, region: string | undefined, origins: readonly string[], what: string): Lack[] {
    const { declared, responded, cut } = this.#responses;
    if (cut) return [];
    const open = origins.length === 0 || origins.some((origin) => !responded.has(origin));
    if (region === undefined || !declared.has(region) || !open) {
      refuse("HANDOVER_TARGET_MISSING", `${own.handle} hands over to or from ${what}, which is not there`);
    }
    const message = `a handover leads to ${what}, which is lacking`;
    return [{ code: "HANDOVER_LACKING", region, handle: own.handle, message }];
  }
}

function note(map: Map<string, Known>, key: string, shown: Shown): void {
  const known = map.get(key) ?? { first: shown, handovers: new Set<string>(), cut: false };
  known.cut ||= shown.chain.resumed !== undefined;
  map.set(key, known);
}

function handoverKey(details: HandoverDetails): string {
  if ("link" in details) return linkKey(details.link, details.from, details.to);
  return "from" in details
    ? `from ${details.from.origin} ${details.from.handle}`
    : `to ${details.to.origin} ${details.to.handle}`;
}

/** A chain that is shown whole must say the same; one that is cut may have said it before. */
function matched(own: Shown, { first, handovers, cut }: Known, handover: string): Lack[] {
  if (cut || handovers.has(handover)) return [];
  return [
    unmatched(own, `the chain ${first.handle} in ${first.part.log.origin} does not know of this handover`),
  ];
}

function unmatched({ part, handle }: Shown, message: string): Lack {
  const { origin, region } = part.log;
  return { code: "HANDOVER_UNMATCHED", origin, region, handle, message };
}
