import { describe, expect, test } from "@jest/globals";
import { compareOwned } from "../src/owned-fields.ts";

const f = (...names: string[]) => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));

describe("comparing what is wanted with what is there", () => {
  const owned = { "f:data": f("a", "b"), "f:metadata": { "f:labels": f("x") } };
  const desired = {
    kind: "ConfigMap",
    metadata: { name: "n", labels: { x: "1" } },
    data: { a: "1", b: "2" },
  };
  const live = {
    metadata: { name: "n", uid: "u", labels: { x: "1", foreign: "y" } },
    data: { a: "1", b: "2", c: "3" },
  };

  test("is the same when every wanted field is there and ours, whatever others added", () => {
    expect(compareOwned(desired, live, owned)).toBe("same");
  });
  test("differs when somebody changed a field", () => {
    expect(compareOwned(desired, { ...live, data: { a: "9", b: "2" } }, owned)).toBe("differs");
  });
  test("differs when a field that we own is wanted no more", () => {
    expect(compareOwned({ ...desired, data: { a: "1" } }, live, owned)).toBe("differs");
  });
  test("differs when a wanted field is there but not ours", () => {
    expect(compareOwned({ ...desired, data: { a: "1", b: "2", c: "3" } }, live, owned)).toBe("differs");
  });
  test("undefined and null members are not wanted", () => {
    expect(compareOwned({ ...desired, data: { a: "1", b: "2", z: undefined, y: null } }, live, owned)).toBe(
      "same",
    );
  });
  test("an empty list that the server left out is no difference", () => {
    const spec = { "f:spec": f("ingress") };
    expect(compareOwned({ spec: { ingress: [] } }, { spec: {} }, spec)).toBe("same");
    expect(compareOwned({ spec: { ingress: [] } }, { spec: { ingress: [{}] } }, spec)).toBe("differs");
  });
  test("quantities are compared as numbers, other strings as they are", () => {
    const hard = { "f:spec": { "f:hard": f("cpu", "memory") } };
    const is = { spec: { hard: { cpu: "1", memory: "1Gi" } } };
    expect(compareOwned({ spec: { hard: { cpu: "1000m", memory: "1024Mi" } } }, is, hard)).toBe("same");
    expect(compareOwned({ spec: { hard: { cpu: "1001m", memory: "1Gi" } } }, is, hard)).toBe("differs");
    expect(
      compareOwned({ data: { a: "1000m", b: "2" } }, { data: { a: "1", b: "2" } }, { "f:data": f("a", "b") }),
    ).toBe("differs");
  });
  test("list items are matched by their keys, defaulted keys included", () => {
    const ports = { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, ...f("port", "name") } };
    const service = { spec: { ports: [{ port: 80, protocol: "TCP", name: "web", targetPort: 80 }] } };
    const wants = (name: string) => ({ spec: { ports: [{ port: 80, name }] } });
    expect(compareOwned(wants("web"), service, { "f:spec": { "f:ports": ports } })).toBe("same");
    expect(compareOwned(wants("www"), service, { "f:spec": { "f:ports": ports } })).toBe("differs");
    expect(compareOwned({ spec: { ports: [] } }, service, { "f:spec": { "f:ports": ports } })).toBe(
      "differs",
    );
  });
  test("members of sets are compared one by one", () => {
    const own = { "f:metadata": { "f:finalizers": { ".": {}, 'v:"a"': {} } } };
    expect(
      compareOwned({ metadata: { finalizers: ["a"] } }, { metadata: { finalizers: ["a", "b"] } }, own),
    ).toBe("same");
    expect(
      compareOwned({ metadata: { finalizers: ["a", "c"] } }, { metadata: { finalizers: ["a"] } }, own),
    ).toBe("differs");
  });
  test("more members inside a value that is owned whole leave it unsure", () => {
    const own = { "f:spec": f("egress") };
    const wanted = { spec: { egress: [{ ports: [{ port: 53 }] }] } };
    expect(
      compareOwned(wanted, { spec: { egress: [{ ports: [{ port: 53, protocol: "TCP" }] }] } }, own),
    ).toBe("unsure");
    expect(
      compareOwned(wanted, { spec: { egress: [{ ports: [{ port: 54, protocol: "TCP" }] }] } }, own),
    ).toBe("differs");
  });
});
