import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { readBody } from "../src/body.ts";

test("a body whose sender went away before anybody read it is given up at once: its room waits for no deadline", async () => {
  const request = new IncomingMessage(new Socket());
  request.on("error", () => {});
  request.destroy();
  await once(request, "close");
  const never = { after: () => () => {} };
  await expect(readBody(request, { bodyMs: 1, clock: never })).rejects.toMatchObject({ code: "ABORTED" });
});
