import { isInvalid } from "@companyos/kube";
import { ignoringOvertaken } from "./overtaken.ts";

/**
 * Waits for the write of a status, which may come too late. One that the API server finds invalid is a mistake of ours, for
 * what it says is computed: the error has no code, so that it counts as a fault, or a status would stay what it was unseen.
 */
export async function writeStatus(write: Promise<unknown>): Promise<void> {
  try {
    await ignoringOvertaken(write);
  } catch (error) {
    if (!isInvalid(error)) throw error;
    const { message } = error as Error;
    throw new Error(
      `the status that was to be written breaks the schema, and the old one stays: ${message}`,
      {
        cause: error,
      },
    );
  }
}
