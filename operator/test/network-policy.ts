/**
 * What a network plugin makes of NetworkPolicies, as far as those of a footprint go, by the words of the API's reference:
 * policies add up, a rule lets through what one of its peers *and* one of its ports matches. A model: engines that run
 * need rights over the host's network.
 */
import { BlockList, isIP } from "node:net";
import type { KubeObject } from "@companyos/kube";

/** Where a packet goes, as the engine sees it: after a Service's address was replaced, or before. */
export interface Destination {
  /** Labels of its namespace, where it is a pod; addresses of pods match no ipBlock in most engines. */
  readonly namespace?: Readonly<Record<string, string>>;
  readonly address: string;
  readonly port: number;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever was rendered
type Rule = any;

/** Whether pods that these policies select may send there. */
export function letsOut(
  policies: readonly object[],
  packet: Destination & { readonly protocol: string },
): boolean {
  const rules: Rule[] = policies.flatMap((policy) => (policy as KubeObject).spec.egress ?? []);
  return rules.some(
    ({ to, ports }) =>
      (to === undefined || to.some((peer: Rule) => isPeer(peer, packet))) &&
      (ports === undefined ||
        ports.some(
          ({ protocol = "TCP", port }: Rule) => protocol === packet.protocol && port === packet.port,
        )),
  );
}

function isPeer(
  { namespaceSelector, podSelector, ipBlock }: Rule,
  { namespace, address }: Destination,
): boolean {
  if (podSelector !== undefined) throw new TypeError("this model knows no podSelector");
  if (namespaceSelector !== undefined)
    return (
      namespace !== undefined &&
      Object.entries(namespaceSelector.matchLabels).every(([key, value]) => namespace[key] === value) &&
      (namespaceSelector.matchExpressions ?? []).every(({ key, operator }: Rule) => {
        if (operator !== "DoesNotExist") throw new TypeError(`this model knows no ${operator}`);
        return !(key in namespace);
      })
    );
  if (namespace !== undefined) return false;
  const [network, bits] = ipBlock.cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family(network));
  return list.check(address, family(address));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
