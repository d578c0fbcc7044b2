import type { Region, ResidencyPolicy, Tenant } from "@companyos/crds";
import { isInvalid, type KubeClient, type Resource } from "@companyos/kube";
import { ignoringOvertaken } from "./overtaken.ts";

/**
 * Applies one manager's part of a status to the very object that was seen: one that was made anew under its name gets none of
 * it. Waits as `writeStatus` does.
 */
export async function applyStatus<T extends Tenant | Region | ResidencyPolicy>(
  kube: KubeClient,
  resource: Resource<T>,
  fieldManager: string,
  { apiVersion, kind, metadata: { name, uid } }: T,
  status: Partial<NonNullable<T["status"]>>,
): Promise<void> {
  const object = { apiVersion, kind, metadata: { name, uid }, status } as T;
  await writeStatus(kube.apply(resource, object, { fieldManager, subresource: "status" }));
}

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
