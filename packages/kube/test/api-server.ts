/**
 * A small HTTPS server that speaks the list and watch protocol over one collection, and can be told to misbehave in
 * the ways a real API server cannot be made to on command. Bytes go over real sockets.
 */

import { webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "reflect-metadata";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

export interface Thing {
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => boolean;

export async function apiServer() {
  const { cert, key } = await certificate();
  const objects = new Map<string, Thing>();
  const history: { type: string; object: Thing; version: number }[] = [];
  const watchers = new Set<{ response: ServerResponse; seen: number }>();
  const requests: {
    method: string;
    url: string;
    authorization: string | undefined;
    headersDistinct: NodeJS.Dict<string[]>;
  }[] = [];
  let version = 100;
  let oldest = 0;
  /** First one that answers true has answered. */
  const overrides: Answer[] = [];
  let connections = 0;
  const sockets = new Set<Socket>();

  const server: Server = createServer({ cert, key }, (request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      requests.push({
        headersDistinct: request.headersDistinct,
        method: request.method ?? "",
        url: request.url ?? "",
        authorization: request.headers.authorization,
      });
      for (const override of [...overrides]) if (override(request, response, body)) return;
      const url = new URL(request.url ?? "/", "https://x");
      if (url.searchParams.get("watch")) watch(response, Number(url.searchParams.get("resourceVersion")));
      else list(response, url);
    });
  });
  // A client's idle connection is its own to end: tests count them.
  server.keepAliveTimeout = 0;
  server.on("secureConnection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });

  function list(response: ServerResponse, url: URL): void {
    const all = [...objects.values()];
    const start = Number(url.searchParams.get("continue") ?? 0);
    const limit = Number(url.searchParams.get("limit") ?? all.length) || all.length;
    const more = start + limit < all.length ? { continue: String(start + limit) } : {};
    json(response, 200, {
      kind: "List",
      metadata: { resourceVersion: String(version), ...more },
      items: all.slice(start, start + limit),
    });
  }

  function watch(response: ServerResponse, from: number): void {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (from < oldest) {
      gone(response);
      return;
    }
    const watcher = { response, seen: from };
    watchers.add(watcher);
    response.on("close", () => watchers.delete(watcher));
    push();
  }

  function gone(response: ServerResponse): void {
    const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
    response.end(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
  }

  function push(): void {
    for (const watcher of watchers) {
      for (const { type, object, version: at } of history) {
        if (at > watcher.seen) watcher.response.write(`${JSON.stringify({ type, object })}\n`);
      }
      watcher.seen = version;
    }
  }

  function record(type: string, thing: Thing, silently = false): Thing {
    version++;
    const object = {
      ...thing,
      metadata: { uid: `uid-${thing.metadata.name}`, ...thing.metadata, resourceVersion: String(version) },
    };
    if (type === "DELETED") objects.delete(thing.metadata.name);
    else objects.set(thing.metadata.name, object);
    if (!silently) history.push({ type, object, version });
    push();
    return object;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dir = await mkdtemp(join(tmpdir(), "kube-"));
  const file = (name: string, text: string) => writeFile(join(dir, name), text);
  await Promise.all([file("token", "first"), file("ca.crt", cert), file("namespace", "own")]);

  return {
    url,
    /** A service account's folder that signs in here. */
    dir,
    ca: cert,
    requests,
    overrides,
    set: (name: string, { metadata, ...more }: Partial<Thing> = {}) =>
      record(objects.has(name) ? "MODIFIED" : "ADDED", { ...more, metadata: { ...metadata, name } }),
    remove: (name: string) => record("DELETED", { metadata: { name } }),
    /** Changes the collection without telling any watcher, ever. */
    setSilently: (name: string) => record("ADDED", { metadata: { name } }, true),
    replace: (name: string) => {
      record("DELETED", { metadata: { name } }, true);
      return record("ADDED", { metadata: { name, uid: `uid-${version}` } }, true);
    },
    /** Versions up to now are forgotten. */
    compact() {
      oldest = version;
    },
    bookmark() {
      const object = { metadata: { resourceVersion: String(version) } };
      for (const { response } of watchers)
        response.write(`${JSON.stringify({ type: "BOOKMARK", object })}\n`);
    },
    /** Raw bytes into every watch. */
    say(text: string) {
      for (const { response } of watchers) response.write(text);
    },
    /** Watches end as the server ends them. */
    endWatches() {
      for (const { response } of watchers) response.end();
      watchers.clear();
    },
    /** Every connection is cut without a word. */
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    watching: () => watchers.size,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(dir, { recursive: true });
    },
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): true {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
  return true;
}

async function certificate(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      name: "CN=test",
      keys: keys as never,
      signingAlgorithm: algorithm,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
    },
    webcrypto as never,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    cert: made.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`,
  };
}
