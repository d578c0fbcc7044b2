import { KubeError } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { ignoringOvertaken } from "../src/overtaken.ts";

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
