/** What verifiers that are not our code say about the log a running notary serves. */

import { readFile } from "node:fs/promises";
import { ensureTool } from "@companyos/cluster";
import { Agent, request } from "undici";
import { askFsck } from "../verifiers/fsck.ts";
import type { BreakableProduct } from "./product.ts";

/** Tessera's fsck over the log of acme's home: reads all of it and computes it again. */
export async function fsckResult(
  product: BreakableProduct,
): Promise<{ size: number; refusal: string | undefined }> {
  await ensureTool("fsck");
  const { url, vkey } = product.dev.notaries.find(({ region }) => region === "eu-west-1") as {
    url: string;
    vkey: string;
  };
  const bearer = await product.cluster.serviceAccountToken("companyos-system", "companyos-auditor");
  const dispatcher = new Agent({ connect: { ca: await readFile(product.dev.ca, "utf8") } });
  try {
    const published = async () => {
      const response = await request(`${url}/checkpoint`, { dispatcher });
      return Number((await response.body.text()).split("\n")[1]);
    };
    for (let tries = 1; ; tries++) {
      const size = await published();
      const refusal = await askFsck({ log: url, bearer, vkey, size, ca: product.dev.ca, timeoutMs: 120_000 });
      // A receipt that came in between (an end of a pod, a closed window) makes it another log than was asked about.
      const grew = refusal !== undefined && tries < 10 && (await published()) !== size;
      if (!grew) return { size, refusal };
    }
  } finally {
    await dispatcher.close();
  }
}
