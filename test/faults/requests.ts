/** What the load asks for: ways out of the region, and things that may be. Only creations, each decided once. */

export interface Creation {
  readonly path: string;
  readonly name: string;
  readonly body: object;
}

const region = "topology.kubernetes.io/region";
const containers = [{ name: "main", image: "nginx:1.29" }];
const abroad = { nodeSelector: { [region]: "us-east-1" }, containers };
/** Where a refusal of the in-process layer would not name a receipt, the object must still be harmless: no replicas. */
const deployment = (name: string, spec: object) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec },
  },
});
const podTemplate = (name: string, spec: object) => ({
  apiVersion: "v1",
  kind: "PodTemplate",
  metadata: { name },
  template: { metadata: { labels: { app: name } }, spec },
});
const pod = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec });

/** Pods that wait for a scheduler nobody runs: what bindings are posted for. */
export function waitingPods(namespace: string, count: number): Creation[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `waiting-${i}`;
    return {
      path: `/api/v1/namespaces/${namespace}/pods`,
      name,
      body: pod(name, { schedulerName: "nobody", containers }),
    };
  });
}

/** The n-th attempt; `id` makes its name. Every third repeats one before it, to be counted under the same receipt. */
export function unlawful(namespace: string, n: number, id: string, waiting: number): Creation {
  const again = n % 3 === 0;
  const name = again ? "again" : `abroad-${id}`;
  const core = `/api/v1/namespaces/${namespace}`;
  switch (n % 5) {
    case 0:
      return { path: `${core}/pods`, name, body: pod(name, abroad) };
    case 1:
      return { path: `${core}/pods`, name, body: pod(name, { nodeName: "us-east-1-0", containers }) };
    case 2:
      return {
        path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
        name,
        body: deployment(name, abroad),
      };
    case 3:
      return { path: `${core}/podtemplates`, name, body: podTemplate(name, abroad) };
    default: {
      const target = `waiting-${n % waiting}`;
      return {
        path: `${core}/pods/${target}/binding`,
        name: target,
        body: {
          apiVersion: "v1",
          kind: "Binding",
          metadata: { name: target },
          target: { apiVersion: "v1", kind: "Node", name: "us-east-1-0" },
        },
      };
    }
  }
}

/** The n-th lawful creation: a pod that says nothing of regions (it is pinned), or a template for the region. */
export function lawful(namespace: string, n: number, id: string): Creation {
  const name = `home-${id}`;
  const here = { nodeSelector: { [region]: "eu-west-1" }, containers };
  if (n % 5 === 0) {
    return { path: `/api/v1/namespaces/${namespace}/pods`, name, body: pod(name, { containers }) };
  }
  return n % 5 === 1
    ? { path: `/apis/apps/v1/namespaces/${namespace}/deployments`, name, body: deployment(name, here) }
    : { path: `/api/v1/namespaces/${namespace}/podtemplates`, name, body: podTemplate(name, here) };
}
