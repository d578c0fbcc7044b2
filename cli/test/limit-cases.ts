/** A Tenant's limits, what a container says of its resources, and why no such pod is made under them. */
export const limitCases: readonly (readonly [
  name: string,
  limits: object,
  resources: object,
  why: readonly string[],
])[] = [
  ["nothing said is filled in", {}, {}, []],
  [
    "too much",
    { max: { cpu: "1" } },
    { requests: { cpu: "2" } },
    ["asks for cpu 2, and spec.limits.max allows 1"],
  ],
  [
    "too little",
    { min: { cpu: "1" } },
    { requests: { cpu: "500m" } },
    ["asks for cpu 500m, and spec.limits.min asks for 1"],
  ],
  [
    "a limit alone is the request, too",
    { min: { cpu: "1" } },
    { limits: { cpu: "500m" } },
    ["asks for cpu 500m, and spec.limits.min asks for 1"],
  ],
  [
    "a default limit below the request",
    { default: { memory: "1Gi" } },
    { requests: { memory: "2Gi" } },
    ["asks for memory 2Gi, and the limit 1Gi that spec.limits gives it is less"],
  ],
  [
    "a default request above the limit is none, for the limit is the request",
    { defaultRequest: { memory: "2Gi" } },
    { limits: { memory: "1Gi" } },
    [],
  ],
  ["exactly the most", { max: { cpu: "1" }, min: { cpu: "1000m" } }, { requests: { cpu: "1000m" } }, []],
];
