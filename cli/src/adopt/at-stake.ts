import type { KubeClient } from "@companyos/kube";

/** How many objects of a namespace change hands. Null for kinds that you may not count. */
export type AtStake = Readonly<Record<(typeof counted)[number][0], number | null>>;

export const counted = [
  ["pods", "/api/v1"],
  ["secrets", "/api/v1"],
  ["configmaps", "/api/v1"],
  ["persistentvolumeclaims", "/api/v1"],
  ["serviceaccounts", "/api/v1"],
  ["rolebindings", "/apis/rbac.authorization.k8s.io/v1"],
] as const;

/** Counts from list metadata, so that no Secret is read. */
export async function atStake(client: KubeClient, namespace: string): Promise<AtStake> {
  const numbers = await Promise.all(
    counted.map(async ([plural, api]) => [
      plural,
      await count(client, `${api}/namespaces/${namespace}/${plural}`),
    ]),
  );
  return Object.fromEntries(numbers) as AtStake;
}

async function count(client: KubeClient, path: string): Promise<number | null> {
  const { status, text } = await client.raw(path, {
    query: { limit: 1 },
    headers: { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" },
  });
  if (status !== 200) return null;
  const { items, metadata } = JSON.parse(text) as {
    /** Null when there is none. */
    items: unknown[] | null;
    metadata: { remainingItemCount?: number };
  };
  return (items?.length ?? 0) + (metadata.remainingItemCount ?? 0);
}
