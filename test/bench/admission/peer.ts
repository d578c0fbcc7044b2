// The counterpart of the bench: an express handler over TLS that allows everything, as a tutorial would write it.
// node peer.ts <cert file> <key file>; prints its port.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import express from "express";

const [cert, key] = process.argv.slice(2) as [string, string];
const app = express();
app.use(express.json({ limit: "8mb" }));
app.post("/admit", (request, response) => {
  response.json({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: request.body.request.uid, allowed: true },
  });
});
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, app);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(typeof address === "object" && address ? address.port : "");
});
