import { group } from "@companyos/crds";
import type { KubeClient } from "@companyos/kube";
import { collection, type PodMaker, podMaker } from "./kinds.ts";
import type { PodSpec } from "./places.ts";
import type { Scene } from "./scene.ts";

type Named = Pick<Scene, "namespace" | "run" | "name">;

/** On everything that a run of the corpus creates: which run it was. What carries it may be deleted at any time. */
export const runLabel = `${group}/conformance`;
/** On templates and in selectors besides: whose pods these are. */
const attemptLabel = `${group}/conformance-attempt`;

/** One request to the API server. */
export interface Request {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: object;
  readonly contentType?: string;
}

/** The way past the rule, or its lawful twin. */
export type Side = "unlawful" | "lawful";

export const nameOf = ({ name }: Named, side: Side) => `${name}-${side}`;

/** Creates an object of a kind, with this pod spec inside. */
export function create(scene: Named, maker: PodMaker, side: Side, spec: PodSpec): Request {
  const name = nameOf(scene, side);
  const labels = { [runLabel]: scene.run };
  return {
    method: "POST",
    path: collection(maker, scene.namespace),
    body: {
      apiVersion: maker.apiVersion,
      kind: maker.kind,
      metadata: { name, labels },
      ...maker.wrap(spec, { ...labels, [attemptLabel]: name }),
    },
  };
}

export function createPod(scene: Named, side: Side, spec: PodSpec): Request {
  return create(scene, podMaker("Pod"), side, spec);
}

/** Changes what `create` made. */
export function edit(scene: Named, maker: PodMaker, side: Side, change: object): Request {
  return {
    method: "PATCH",
    path: `${collection(maker, scene.namespace)}/${nameOf(scene, side)}`,
    contentType: "application/merge-patch+json",
    body: change,
  };
}

/** What the API server responded. */
export interface ApiResponse {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind
  readonly object: any;
  /** Empty when it went through. */
  readonly message: string;
}

/** A client as far as the corpus needs one. */
export type Client = Pick<KubeClient, "raw">;

export async function send(
  client: Client,
  { method, path, body, contentType = "application/json" }: Request,
  dryRun: boolean,
): Promise<ApiResponse> {
  const { status, text } = await client.raw(path, {
    method,
    headers: { "content-type": contentType },
    body: JSON.stringify(body),
    ...(dryRun ? { query: { dryRun: "All" } } : {}),
  });
  const object = parsed(text);
  return { status, object, message: status < 300 ? "" : (object?.message ?? text.slice(0, 1000)) };
}

function parsed(text: string): ApiResponse["object"] {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
