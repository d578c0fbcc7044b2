import { isIP } from "node:net";

/**
 * The name servers of a resolv.conf(5). In a pod with the usual `dnsPolicy` it has what the kubelet of its node gives
 * every such pod (`clusterDNS`). What only this host can reach is left out. Pure.
 */
export function nameserversIn(resolvConf: string): string[] {
  return resolvConf
    .split("\n")
    .flatMap((line) => /^\s*nameserver\s+([^\s%]+)/.exec(line)?.slice(1) ?? [])
    .filter((address) => isIP(address) !== 0 && !/^(127\.|::1$)/.test(address));
}
