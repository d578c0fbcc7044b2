/** `node main.ts` writes dist/platform.k8s.yaml and dist/teams.k8s.yaml. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdk8s";
import { load } from "js-yaml";
import { Platform, type Team, Teams } from "./landing-zone.ts";

const teams = load(readFileSync(join(import.meta.dirname, "teams.yaml"), "utf8")) as Team[];
const app = new App({ outdir: process.argv[2] ?? join(import.meta.dirname, "dist") });
new Platform(app, "platform");
new Teams(app, "teams", teams);
app.synth();
