import { isConflict, isNotFound } from "@companyos/kube";

/**
 * Waits for a write, which may come too late: its object is gone meanwhile, another one of its name is there, or a newer
 * version is on its way here, which brings the key back.
 */
export async function ignoringOvertaken(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
