import { KubeError } from "@companyos/kube";
import { isForeseen } from "@companyos/service";
import { expect, test } from "@jest/globals";
import { ignoringOvertaken } from "../src/overtaken.ts";
import { writeStatus } from "../src/write-status.ts";

const refused = (status: number, reason: string) =>
  ignoringOvertaken(Promise.reject(new KubeError({ status, reason, message: reason })));

test("a write to what is gone, or is another by now, is let go; any other failure is not", async () => {
  await ignoringOvertaken(Promise.resolve());
  await refused(404, "NotFound");
  await refused(409, "Conflict");
  await expect(refused(409, "AlreadyExists")).rejects.toThrow("AlreadyExists");
  await expect(refused(403, "Forbidden")).rejects.toThrow("Forbidden");
  await expect(ignoringOvertaken(Promise.reject(new Error("EPIPE")))).rejects.toThrow("EPIPE");
});

test("a status that the API server finds invalid is a fault of ours; what else fails is not", async () => {
  const refused = (status: number, reason: string) =>
    writeStatus(Promise.reject(new KubeError({ status, reason, message: reason }))).catch((error) => error);
  expect(isForeseen(await refused(422, "Invalid"))).toBe(false);
  expect(isForeseen(await refused(503, "Unreachable"))).toBe(true);
  expect(await refused(404, "NotFound")).toBeUndefined();
});
