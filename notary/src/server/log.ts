/**
 * The public log by HTTP, as C2SP tlog-tiles wants it: checkpoint, tiles, and, for auditors, entry bundles.
 * A partial is cut from the full tile when there is one, so that readers do not notice when partials are deleted.
 */

import { pipeline } from "node:stream/promises";

import { parseTilePath } from "@companyos/receipts";
import { Semaphore } from "@companyos/service";
import { type Request, type Response, Router } from "express";
import { readTile, streamBundle, type TileStorage } from "../prover/tiles.ts";
import { checkpointKey } from "../writer/layout.ts";
import { stalledMs } from "./gate.ts";
import { respond } from "./responses.ts";
import { exactPaths } from "./routing.ts";

export { readTile };

export interface LogOptions {
  readonly storage: TileStorage;
  /** Whether this request may read entries; false: it has sent the response. */
  readonly mayReadEntries: (request: Request, response: Response) => Promise<boolean>;
}

/** Tiles are public: what anybody may have read at once, and what may wait for it. */
const tilesAtOnce = 32;
const tilesWaiting = 512;
/** Entry bundles opened at once; auditors alone read them, piece by piece. */
const entriesAtOnce = 8;

export function logRoutes({ storage, mayReadEntries }: LogOptions): Router {
  const router = Router(exactPaths);
  const [tiles, entries] = [
    new Semaphore(tilesAtOnce, tilesWaiting),
    new Semaphore(entriesAtOnce, tilesWaiting),
  ];
  router.use((_request, response, next) => {
    response.set("Access-Control-Allow-Origin", "*");
    next();
  });
  router.get("/checkpoint", async (_request, response) => {
    const stored = await tiles.run(() => storage.get(checkpointKey));
    if (stored === undefined) return notThere(response, "the log has no checkpoint yet");
    response.set({ "Cache-Control": "no-cache", "Content-Type": "text/plain; charset=utf-8" });
    response.send(Buffer.from(stored.bytes));
  });
  router.get("/tile/{*path}", async (request, response) => {
    // The undecoded path: %2e%2e or %2f must not mean anything.
    const path = parseTilePath(request.path.slice(1));
    if (path === undefined) return notThere(response, "not a tile path");
    const level = path.kind === "entries" ? "entries" : path.level;
    const { index, width } = path;
    if (level === "entries") {
      if (!(await mayReadEntries(request, response))) return;
      const bundle = await entries.run(() => streamBundle(storage, index, width));
      if (bundle === undefined) return notThere(response, "no such tile");
      response.set({ ...tileHeaders("private"), "Content-Length": String(bundle.size) });
      // A client that stops reading holds a file open.
      response.setTimeout(stalledMs, () => response.destroy());
      return pipeline(bundle.bytes, response);
    }
    const bytes = await tiles.run(() => readTile(storage, level, index, width));
    if (bytes === undefined) return notThere(response, "no such tile");
    response.set(tileHeaders("public"));
    response.send(Buffer.from(bytes));
  });
  return router;
}

function tileHeaders(cache: "public" | "private") {
  return {
    "Cache-Control": `${cache}, max-age=31536000, immutable`,
    "Content-Type": "application/octet-stream",
  };
}

function notThere(response: Response, message: string): void {
  response.set("Cache-Control", "no-store");
  respond(response, 404, "not_found", message);
}
