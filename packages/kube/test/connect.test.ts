import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "@companyos/service";
import { manualClock } from "@companyos/service/testing/manual-clock";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { connect, createEventRecorder, type KubeClient, KubeError, type Resource } from "../src/index.ts";
import { apiServer, json, type Thing } from "./api-server.ts";

const things: Resource<Thing> = {
  group: "test",
  version: "v1",
  plural: "things",
  kind: "Thing",
  namespaced: true,
};

let server: Awaited<ReturnType<typeof apiServer>>;
let client: KubeClient | undefined;

beforeEach(async () => {
  server = await apiServer();
});
afterEach(async () => {
  await client?.close();
  await server.stop();
});

async function inCluster(more = {}): Promise<KubeClient> {
  client = await connect({
    serviceAccountDir: server.dir,
    server: `${server.url}/`,
    userAgent: "test/1",
    ...more,
  });
  return client;
}

async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
  const path = join(server.dir, "config");
  const config = {
    clusters: [{ name: "c", cluster: { server: server.url, "certificate-authority": "ca.crt", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace: "mine" } }],
    "current-context": "x",
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

const lastAuthorization = () => server.requests.at(-1)?.authorization;

describe("signing in", () => {
  test("in a pod: token, CA and namespace from the folder; a token that was rotated is used when the old one is refused", async () => {
    const own = await inCluster();
    expect([own.server, own.namespace]).toEqual([server.url, "own"]);
    await own.list(things);
    expect(lastAuthorization()).toBe("Bearer first");
    await writeFile(join(server.dir, "token"), "second\n");
    server.overrides.push((request, response) =>
      request.headers.authorization === "Bearer first"
        ? json(response, 401, { kind: "Status", code: 401 })
        : false,
    );
    await own.list(things);
    expect(lastAuthorization()).toBe("Bearer second");
  });

  test.each(["in a pod", "by a kubeconfig"])(
    "a token that was rotated is used a second later, also when the clock was set back by an hour meanwhile: %s",
    async (where) => {
      const clock = manualClock(Date.now());
      const path = await kubeconfig({ tokenFile: "token" });
      if (where === "in a pod") await inCluster({ clock });
      else client = await connect({ kubeconfig: path, clock });
      await client!.list(things);
      await writeFile(join(server.dir, "token"), "second\n");
      clock.set(-3_600_000);
      clock.advance(2_000);
      await client!.list(things);
      expect(lastAuthorization()).toBe("Bearer second");
    },
  );

  test("a folder without token is refused with what to do", async () => {
    await expect(connect({ serviceAccountDir: "/nowhere", server: server.url })).rejects.toMatchObject({
      code: "KUBE_BAD_CONFIG",
      message: expect.stringContaining("COMPANYOS_SERVICEACCOUNT_DIR"),
    });
  });

  test("a kubeconfig with a token, and files named relative to it", async () => {
    client = await connect({ kubeconfig: await kubeconfig({ token: "plain" }) });
    await client.list(things);
    expect(client.namespace).toBe("mine");
    expect(lastAuthorization()).toBe("Bearer plain");
  });

  test("a kubeconfig with an exec plugin", async () => {
    const plugin = join(server.dir, "plugin");
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: "from-plugin" },
    };
    await writeFile(plugin, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
    await chmod(plugin, 0o755);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: plugin, interactiveMode: "Never" };
    client = await connect({ kubeconfig: await kubeconfig({ exec }) });
    await client.list(things);
    expect(lastAuthorization()).toBe("Bearer from-plugin");
  });

  test("several kubeconfigs are merged: the first that has a name, whole, with files relative to it", async () => {
    const first = await kubeconfig({ token: "first" });
    const folder = await mkdtemp(join(server.dir, "more-"));
    const more = join(folder, "config");
    const cluster = { server: "https://nowhere", "tls-server-name": "other" };
    const contexts = [
      { name: "x", context: { cluster: "other", user: "u" } },
      { name: "y", context: { cluster: "c", user: "v", namespace: "theirs" } },
    ];
    const users = [
      { name: "u", user: { token: "second" } },
      { name: "v", user: { tokenFile: "mine" } },
    ];
    const clusters = [
      { name: "c", cluster },
      { name: "other", cluster },
    ];
    await writeFile(more, JSON.stringify({ clusters, users, contexts, "current-context": "y" }));
    await writeFile(join(folder, "mine"), "beside\n");
    for (const [files, context, wanted, namespace] of [
      [[first, more], undefined, "first", "mine"],
      [[first, more], "y", "beside", "theirs"],
    ] as const) {
      client = await connect({ kubeconfig: files, context });
      await client.list(things);
      expect([lastAuthorization(), client.namespace]).toEqual([`Bearer ${wanted}`, namespace]);
      await client.close();
    }
    client = await connect({ kubeconfig: [more, first] });
    expect([client.server, client.namespace]).toEqual(["https://nowhere", "theirs"]);
    await expect(connect({ kubeconfig: [first, more], context: "z" })).rejects.toThrow(
      `${first}, ${more} has no context named "z"`,
    );
  });

  test.each([
    [{ as: "jane", "as-groups": ["dev", "ops"] }, "jane", ["dev", "ops"], undefined],
    [{ as: "jané", "as-uid": "42" }, "jané", undefined, "42"],
  ])(
    "a kubeconfig that acts as %j says so in each request, and hands its own token to nobody",
    async (user, as, groups, uid) => {
      for (const own of [{ token: "plain" }, { username: "u", password: "p" }]) {
        client = await connect({ kubeconfig: await kubeconfig({ ...own, ...user }) });
        await client.list(things);
        const { headersDistinct: sent } = server.requests.at(-1)!;
        const utf8 = (list?: string[]) => list?.map((one) => Buffer.from(one, "latin1").toString());
        expect(utf8(sent["impersonate-user"])).toEqual([as]);
        expect(sent["impersonate-group"]).toEqual(groups);
        expect(sent["impersonate-uid"]).toEqual(uid === undefined ? undefined : [uid]);
        expect(lastAuthorization()).toMatch("token" in own ? /^Bearer plain$/ : /^Basic /);
        expect(await client.bearer()).toBeUndefined();
        await client.close();
      }
    },
  );

  test.each([
    [{ "as-groups": ["dev"] }, /as-groups of a user, and not as whom/],
    [{ as: "jane", "as-groups": "dev" }, /as-groups that is no list/],
    [{ as: "jane\nroot" }, /as that is no text in one line/],
    [{ as: "jane", "as-user-extra": ["a"] }, /as-user-extra that is no map/],
  ])("a kubeconfig that acts as %j is refused", async (user, told) => {
    await expect(connect({ kubeconfig: await kubeconfig({ token: "t", ...user }) })).rejects.toThrow(told);
  });

  test("a server whose certificate the CA did not sign is not spoken to", async () => {
    const other = await apiServer();
    await writeFile(join(server.dir, "ca.crt"), other.ca);
    const error = await (await inCluster()).list(things).catch((thrown) => thrown);
    await other.stop();
    expect(error).toMatchObject({ status: 0, code: "KUBE_UNREACHABLE" });
    expect(server.requests).toEqual([]);
  });

  test.each([
    ["without contexts", "{}", "current-context"],
    ["that is no YAML", "\t: [", "not YAML"],
  ])("a kubeconfig %s is refused", async (_what, text, message) => {
    await writeFile(join(server.dir, "config"), text);
    await expect(connect({ kubeconfig: join(server.dir, "config") })).rejects.toThrow(message);
  });
});

describe("calls", () => {
  test("of a long page only the wanted lines are kept, however it is cut on its way", async () => {
    const page = Buffer.from("a 1\nb é 2\n\na 3\nc");
    server.overrides.push((_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      // Byte for byte: lines and characters arrive in pieces.
      for (const byte of page) response.write(Buffer.from([byte]));
      response.end();
      return true;
    });
    const own = await inCluster();
    const kept = async (keep: (line: string) => boolean) => (await own.raw("/metrics", { keep })).text;
    expect(await kept((line) => line.startsWith("a"))).toBe("a 1\na 3");
    expect(await kept(() => true)).toBe(page.toString());
    expect(await kept((line) => /é|c/.test(line))).toBe("b é 2\nc");
  });

  test("reads that are told to come back later come back; creates are the caller's to repeat", async () => {
    let busy = 2;
    server.overrides.push((_request, response) =>
      busy-- > 0 ? json(response, 429, { kind: "Status", code: 429 }, { "retry-after": "0" }) : false,
    );
    const own = await inCluster();
    await own.list(things);
    expect(server.requests).toHaveLength(3);
    busy = 1;
    await expect(own.create(things, { metadata: { name: "a", namespace: "n" } })).rejects.toMatchObject({
      status: 429,
      retryAfter: 0,
    });
    expect(server.requests).toHaveLength(4);
  });

  test.each([
    ["an hour ahead", 3_600_000, 3_600],
    ["an hour behind", -3_600_000, -3_600],
    ["as the server's", 0, 0],
  ])(
    "how far the clock is from the server's is a metric and, when far, said once: %s",
    async (_clock, by, seconds) => {
      const start = Math.floor(Date.now() / 1000) * 1000;
      server.overrides.push((_request, response) => {
        response.setHeader("date", new Date(start).toUTCString());
        return false;
      });
      const clock = manualClock(start);
      clock.set(by);
      const registry = new Registry();
      const said: string[] = [];
      const log = createLogger({ role: "test", write: (line) => said.push(line) });
      const own = await inCluster({ clock, registry, log });
      await own.list(things);
      await own.list(things);
      const ahead = async () =>
        (await registry.getSingleMetric("residency_clock_ahead_seconds")!.get()).values[0]!.value;
      expect(Math.abs((await ahead()) - seconds)).toBeLessThan(5);
      // Also when nothing has been asked since the clock was set.
      clock.set(-2 * by);
      expect(Math.abs((await ahead()) + seconds)).toBeLessThan(5);
      clock.set(2 * by);
      const warnings = () => said.filter((line) => JSON.parse(line).level === "warn").length;
      expect(warnings()).toBe(by === 0 ? 0 : 1);
      clock.set(-by);
      await own.list(things);
      expect(said).toHaveLength(by === 0 ? 0 : 2);
    },
  );

  test("repeats of an event that are hours apart are events of their own, whatever was done to the clock", async () => {
    const clock = manualClock(Date.now());
    const recorder = createEventRecorder({
      client: await inCluster(),
      controller: "companyos.io/test",
      instance: "one",
      log: createLogger({ role: "test", write: () => {} }),
      clock,
    });
    server.overrides.push((_request, response) => json(response, 201, {}));
    const again = () =>
      recorder.record({ metadata: { name: "a" } }, { type: "Normal", reason: "Odd", note: "odd" });
    again();
    clock.set(-3_600_000);
    clock.advance(1_800_000);
    again();
    clock.set(3_600_000);
    again();
    await recorder.stop();
    expect(server.requests.map(({ method }) => method)).toEqual(["POST", "POST", "PATCH"]);
  });

  test("the server's reason, message and details reach the caller", async () => {
    const details = { causes: [{ field: "spec.regions", message: "bad" }] };
    server.overrides.push((_request, response) =>
      json(response, 422, { kind: "Status", code: 422, reason: "Invalid", message: "no good", details }),
    );
    const error = await (await inCluster()).get(things, "a", { namespace: "n" }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(KubeError);
    expect(error).toMatchObject({ status: 422, reason: "Invalid", code: "KUBE_INVALID", details });
    expect(error.message).toBe("GET /apis/test/v1/namespaces/n/things/a: no good");
  });

  test("a server that does not answer costs no more than the time allowed; a caller may give up sooner", async () => {
    server.overrides.push(() => true);
    const own = await inCluster();
    await expect(own.list(things, { timeoutMs: 50 })).rejects.toMatchObject({ code: "KUBE_TIMEOUT" });
    await expect(own.list(things, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: "KUBE_ABORTED",
    });
  });

  test("names are encoded, and an empty one never addresses the whole collection", async () => {
    const own = await inCluster();
    await own.get(things, "a/../b?c", { namespace: "n" }).catch(() => {});
    expect(server.requests[0]?.url).toBe("/apis/test/v1/namespaces/n/things/a%2F..%2Fb%3Fc");
    await expect(own.delete(things, "", { namespace: "n" })).rejects.toThrow("needs a name");
    expect(server.requests).toHaveLength(1);
  });

  test("an answer that is no JSON object is an error of its own", async () => {
    server.overrides.push((_request, response) => {
      response.end("<html>");
      return true;
    });
    await expect((await inCluster()).get(things, "a")).rejects.toMatchObject({ code: "KUBE_BAD_RESPONSE" });
  });

  test("300 reads, 20 at once, share at most 10 connections and are counted by code, method and host", async () => {
    const registry = new Registry();
    const own = await inCluster({ registry });
    const left = Array.from({ length: 300 });
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        while (left.length > 0) {
          left.pop();
          await own.list(things);
        }
      }),
    );
    expect(server.connections()).toBeLessThanOrEqual(10);
    const counted = await registry.getSingleMetric("rest_client_requests_total")?.get();
    expect(counted?.values).toEqual([
      {
        labels: { code: "200", method: "GET", host: new URL(server.url).host },
        value: server.requests.length,
      },
    ]);
  });
});
