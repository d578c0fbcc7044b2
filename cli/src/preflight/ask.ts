/** Reading a cluster as far as one may: what is not there and what may not be read are no errors here. */
import type { KubeClient, KubeObject } from "@companyos/kube";

export type Answer<T> =
  | { readonly state: "there"; readonly value: T }
  | { readonly state: "absent" }
  | { readonly state: "forbidden"; readonly message: string };

/** Rejects where the API server does not respond, or does so with what is none of these. */
export async function get<T = KubeObject>(
  client: KubeClient,
  path: string,
  asked: { readonly query?: Record<string, string>; readonly headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const { status, text } = await client.raw(path, asked);
  if (status === 200) return { state: "there", value: JSON.parse(text) as T };
  if (status === 404) return { state: "absent" };
  if (status === 401 || status === 403) return { state: "forbidden", message: messageOf(text) };
  throw new Error(`${path} responded with ${status}: ${messageOf(text)}`);
}

export async function list(
  client: KubeClient,
  path: string,
  asked: Parameters<typeof get>[2] = {},
): Promise<Answer<readonly KubeObject[]>> {
  const found = await get<{ items?: KubeObject[] }>(client, path, asked);
  return found.state === "there" ? { state: "there", value: found.value.items ?? [] } : found;
}

/** The same without what is in them. */
export function metadataOf(
  client: KubeClient,
  path: string,
  query: Record<string, string> = {},
): Promise<Answer<readonly KubeObject[]>> {
  const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
  return list(client, path, { query, headers: { accept } });
}

export function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text.slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}
