import { readdirSync, readFileSync } from "node:fs";
import { customKinds, placedKinds, resourcesOf } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { implausible } from "../src/plausible.ts";
import { parseReview } from "../src/review.ts";
import { review } from "./requests.ts";

test("every kind that is read is one the webhook is registered for, wherever it is posted, and no other", () => {
  const said = (group: string, path: string, kind: string) => {
    const [resource = "", subResource = ""] = path.split("/");
    const request = parseReview(review({ group, resource, subResource, kind }), "unverified");
    return implausible(request, () => true);
  };
  for (const placed of [...placedKinds, ...customKinds]) {
    const { group, kind, resource } = placed;
    for (const path of resourcesOf(placed))
      expect([path, said(group, path, kind)]).toEqual([path, undefined]);
    expect(said(group, resource, "Elsewhat")).toMatch(/kind.*does not belong/);
    expect(said(`not-${group}`, resource, kind)).toMatch(/registered for no such resource/);
    expect(said(group, `${resource}/status`, kind)).toMatch(/registered for no such resource/);
  }
});

test("no file of the webhook writes the URL of a request anywhere", () => {
  const folder = new URL("../src/", import.meta.url);
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  for (const text of sources) expect(text).not.toMatch(/(?:originalUrl|request\.url)\b/);
});
