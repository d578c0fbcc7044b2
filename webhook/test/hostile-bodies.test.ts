import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { inRegion, pod, review } from "./requests.ts";
import { startTestWebhook, type TestWebhook } from "./webhook.ts";

let webhook: TestWebhook;
beforeAll(async () => {
  webhook = await startTestWebhook();
});
afterAll(() => webhook.stop());

/** After whatever came before: still alive, still right. */
async function stillWorks() {
  expect((await webhook.get("/livez")).status).toBe(200);
  const { json } = await webhook.post(review({ object: pod(inRegion("us-east-1"), { name: "after" }) }));
  expect(json.response.allowed).toBe(false);
}

test("what is not JSON, or no review, is answered with 400 and a Status", async () => {
  for (const body of ["", "{", "\u0000\u0001", "null", "[]", "7", '"text"', "{}", '{"request":{}}']) {
    const { status, json } = await webhook.post(body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ kind: "Status", status: "Failure", code: 400 });
    expect(json.message).toContain("REQUEST_MALFORMED");
  }
  await stillWorks();
});

test("a review that cannot be decided is refused in its own terms", async () => {
  const { status, json } = await webhook.post({ request: { uid: "u", operation: "CREATE" } });
  expect(status).toBe(200);
  expect(json.response).toMatchObject({ uid: "u", allowed: false });
});

test("nesting of any depth gets an answer", async () => {
  const deep = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect((await webhook.post(deep(3_000_000))).status).toBe(400);
  expect((await webhook.post("[".repeat(4_000_000))).status).toBe(400);
  const request = JSON.stringify(review({ uid: "deep", object: pod(inRegion("us-east-1")) }));
  const nested = (place: string) =>
    request.replace('"containers":', `${JSON.stringify(place)}:${deep(1_000_000)},"containers":`);
  for (const place of ["affinity", "nodeSelector", "tolerations"]) {
    const { status, json } = await webhook.post(nested(place));
    expect(status).toBe(200);
    expect(json.response.allowed).toBe(false);
  }
  await stillWorks();
});

test("a nested object in both versions of an update gets an answer", async () => {
  const deep = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
  const request = JSON.stringify(
    review({ operation: "UPDATE", object: pod({ mark: 1 }), oldObject: pod({ mark: 2 }) }),
  );
  const body = request
    .replace('"mark":1', `"affinity":${deep}`)
    .replace('"mark":2', `"affinity":${deep},"x":1`);
  const { status, json } = await webhook.post(body);
  expect(status).toBe(200);
  expect(json.response.uid).toBeDefined();
  await stillWorks();
});

test("object and old object beyond 6 MiB together are read and decided", async () => {
  const padding = "x".repeat(3_200_000);
  const big = (region: string) => pod(inRegion(region), { name: "big", annotations: { padding } });
  const body = JSON.stringify(
    review({ operation: "UPDATE", object: big("us-east-1"), oldObject: big("eu-west-1") }),
  );
  expect(body.length).toBeGreaterThan(6 * 1024 * 1024);
  const { status, json } = await webhook.post(body);
  expect(status).toBe(200);
  expect(json.response.allowed).toBe(false);
});

test("beyond 8 MiB the answer is 413, whether the length is announced or not", async () => {
  const body = Buffer.alloc(9 * 1024 * 1024, " ");
  expect((await webhook.post(body)).status).toBe(413);
  const { status, json } = await webhook.post(body, { "transfer-encoding": "chunked" });
  expect(status).toBe(413);
  expect(json.message).toContain("REQUEST_TOO_LARGE");
  await stillWorks();
});

test("odd shapes where objects are expected are answered", async () => {
  for (const object of [
    null,
    [],
    7,
    "text",
    {},
    { spec: null },
    { spec: [] },
    { metadata: 7, spec: { affinity: "x" } },
  ]) {
    const body = review();
    body.request.object = object;
    const { status, json } = await webhook.post(body);
    expect(status).toBe(200);
    expect(json.response.allowed).toBe(false);
  }
  const body = review();
  Object.assign(body.request, { userInfo: 7, namespace: "acme", kind: "Pod", name: [] });
  expect((await webhook.post(body)).json.response.uid).toBe(body.request.uid);
});

test("other paths and methods are 404, in JSON", async () => {
  for (const path of ["/admit", "/", "/metrics", "/a/secret/path"]) {
    const { status, json, body } = await webhook.get(path);
    expect({ path, status }).toEqual({ path, status: 404 });
    expect(json).toMatchObject({ kind: "Status", status: "Failure", code: 404, reason: "NotFound" });
    expect(body).not.toContain("secret");
  }
});
