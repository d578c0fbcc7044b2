// Two projects: `pure` is quick and needs nothing but Node (npm test); `real` needs the control plane, or takes its time (make test).
const shared = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2024" },
        module: { type: "es6" },
        sourceMaps: "inline",
      },
    ],
  },
  // Not in the temporary folder, which `npm test` keeps in memory.
  cacheDirectory: "<rootDir>/node_modules/.cache/jest",
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.companyos/"],
};
export default {
  projects: [
    {
      ...shared,
      displayName: "pure",
      transform: {},
      runtime: "<rootDir>/test/run/shared/runtime.ts",
      testEnvironment: "<rootDir>/test/run/shared/environment.ts",
      injectGlobals: false,
      testMatch: ["**/*.test.ts"],
      testPathIgnorePatterns: ["\\.real\\.test\\.ts$", "/node_modules/"],
    },
    {
      ...shared,
      displayName: "real",
      testMatch: ["**/*.real.test.ts"],
      // One control plane for all files; see sharedCluster() in dev/cluster/.
      globalSetup: "<rootDir>/dev/cluster/src/jest/setup.ts",
      globalTeardown: "<rootDir>/dev/cluster/src/jest/teardown.ts",
    },
  ],
  testTimeout: 120_000,
  // Of two cores, jest by itself takes one.
  maxWorkers: "100%",
};
