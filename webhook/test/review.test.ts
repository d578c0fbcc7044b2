import { uuidv7 } from "@companyos/service/uuidv7";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseReview } from "../src/review.ts";
import { review } from "./requests.ts";

test("a review is read with everything the decision and the receipt need", () => {
  expect(
    parseReview(review({ uid: "u1", subResource: "binding", dryRun: true }), "unverified"),
  ).toMatchObject({
    uid: "u1",
    group: "",
    resource: "pods",
    subresource: "binding",
    kind: "Pod",
    operation: "CREATE",
    namespace: "acme",
    name: "web",
    user: "jane",
    groups: ["developers", "system:authenticated"],
    dryRun: true,
    oldObject: undefined,
  });
});

test("what is no review is refused with a code and the field at fault", () => {
  const bodies: [unknown, RegExp, string | undefined][] = [
    [null, /`request`/, undefined],
    [[], /`request`/, undefined],
    ["text", /`request`/, undefined],
    [{}, /`request`/, undefined],
    [{ request: [] }, /`request`/, undefined],
    [{ request: {} }, /request\.uid/, undefined],
    [{ request: { uid: 7 } }, /request\.uid/, undefined],
    [{ request: { uid: "u" } }, /resource\.resource/, "u"],
    [{ request: { uid: "u", resource: { resource: "pods" } } }, /operation/, "u"],
    [{ request: { uid: "u", resource: { resource: "pods" }, operation: "PATCH" } }, /operation/, "u"],
  ];
  for (const [body, message, uid] of bodies) {
    expect(() => parseReview(body, "unverified")).toThrow(
      expect.objectContaining({ code: "REQUEST_MALFORMED", message: expect.stringMatching(message), uid }),
    );
  }
});

test("no JSON whatsoever makes the parser throw anything else", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (body, request) => {
      for (const value of [body, { request }, { request: { uid: "u", ...(request as object) } }]) {
        try {
          parseReview(value, "unverified");
        } catch (error) {
          expect(error).toMatchObject({ code: "REQUEST_MALFORMED" });
        }
      }
    }),
  );
});

test("receipt ids are UUIDv7 of their time and never repeat", () => {
  const at = Date.UTC(2026, 10, 23);
  const ids = Array.from({ length: 1000 }, () => uuidv7(at));
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(ids[0]!.replaceAll("-", "").slice(0, 12), 16)).toBe(at);
});
