import { join } from "node:path";
import { checkRefused, until } from "./observe.ts";
import type { CommandResult, Step, Teller } from "./teller.ts";

const configurations = [
  "mutatingwebhookconfiguration/companyos-residency",
  "validatingwebhookconfiguration/companyos-residency",
];
const breakGlass = ["--as=on-call", "--as-group=companyos:break-glass"];
const nodesOf = (app: string) => [
  ...["-n", "acme", "get", "pods", "-l", `app=${app}`],
  ...["-o", "custom-columns=POD:.metadata.name,PHASE:.status.phase,NODE:.spec.nodeName"],
];
const rowsOf = ({ stdout }: CommandResult) => stdout.trim().split("\n").slice(1);
const file = (teller: Teller, name: string) => join(teller.root, "examples/story", name);

/** Two steps that belong together: what is refused in the first has to be in the receipts of the second. */
export function outage(): readonly Step[] {
  let countedBefore = 0;
  let refusals = 0;

  /** Checks for a 403 by one of our policies, and counts it. */
  function checkDenied(teller: Teller, what: string, result: CommandResult, policy: string, times = 1): void {
    const text = `${result.stdout}${result.stderr}`;
    const named = text
      .split("\n")
      .filter((line) => /\(Forbidden\)|is forbidden/.test(line) && line.includes(policy));
    refusals += named.length;
    teller.check(
      `${what} gets a 403 that names ${policy}`,
      result.code !== 0 && named.length === times,
      "it did not",
    );
  }

  const away: Step = {
    title: "The webhook's configuration is deleted, and the operator held back",
    async tell(teller) {
      countedBefore = await countedByApiServer(teller);
      const asked = await teller.kubectl(["delete", ...configurations]);
      checkDenied(teller, "an administrator who deletes it", asked, "companyos-object-guard", 2);
      const operators = teller.dev.pods.filter(({ role }) => role === "operator");
      for (const { pid } of operators) hold(teller, "SIGSTOP", pid);
      const deleted = await teller.kubectl(["delete", ...configurations, ...breakGlass]);
      teller.check("break-glass may, and nobody restores it now", deleted.code === 0);
      // No policy decides on templates, so this asks nothing of those that count.
      await until(
        () =>
          teller.kubectl(["apply", "--dry-run=server", "-f", file(teller, "shop-in-us.yaml")], {
            show: "nothing",
          }),
        ({ code }) => code === 0,
        10_000,
      );

      teller.say("A lawful Deployment runs as ever:");
      await teller.kubectl(["apply", "-f", file(teller, "shop.yaml")]);
      const rollout = ["-n", "acme", "rollout", "status", "deployment/shop", "--timeout=40s"];
      const rolled = await teller.kubectl(rollout, { show: 1 });
      const shop = rowsOf(await teller.kubectl(nodesOf("shop")));
      teller.check(
        "all of its pods run, every one on a node of eu-west-1",
        rolled.code === 0 && shop.length === 3 && shop.every((row) => /Running\s+eu-west-1-\d/.test(row)),
      );

      teller.say("Past the scheduler, again:");
      const pod = ["apply", "-f", file(teller, "pod-on-us-node.yaml")];
      checkDenied(
        teller,
        "a pod with the name of a US node",
        await teller.kubectl(pod),
        "companyos-actual-node",
      );
      const bindings = [
        ["a binding to a US node", "pods/own-scheduler/binding", "binding-to-us-node.json"],
        ["the same with forged region labels", "pods/own-scheduler/binding", "binding-forged-labels.json"],
        ["the same by the legacy resource", "bindings", "binding-forged-labels.json"],
        [
          "a binding to a node that does not exist",
          "pods/own-scheduler/binding",
          "binding-to-unknown-node.json",
        ],
      ] as const;
      for (const [what, path, name] of bindings) {
        const create = ["create", "--raw", `/api/v1/namespaces/acme/${path}`, "-f", file(teller, name)];
        checkDenied(teller, what, await teller.kubectl(create), "companyos-actual-node");
      }

      teller.say(
        "A template for us-east-1 is admitted, nobody decides on templates now; its pods run nowhere:",
      );
      const template = await teller.kubectl(["apply", "-f", file(teller, "shop-in-us.yaml")]);
      await until(
        () =>
          teller.kubectl(["-n", "acme", "get", "pods", "-l", "app=shop-in-us", "-o", "json"], {
            show: "nothing",
          }),
        ({ stdout }) => (stdout.match(/"reason": "Unschedulable"/g)?.length ?? 0) >= 2,
        10_000,
      );
      const inUs = rowsOf(await teller.kubectl(nodesOf("shop-in-us")));
      teller.check(
        "all of them stay Pending, none has a node",
        template.code === 0 && inUs.length === 2 && inUs.every((row) => /Pending\s+<none>/.test(row)),
      );
    },
  };

  const back: Step = {
    title: "The operator goes on: everything is restored, and the outage is accounted for",
    async tell(teller) {
      const operators = teller.dev.pods.filter(({ role }) => role === "operator");
      for (const { pid } of operators) hold(teller, "SIGCONT", pid);
      const began = Date.now();
      const restored = await until(
        () => teller.kubectl(["get", ...configurations], { show: "nothing" }),
        ({ code }) => code === 0,
        30_000,
      );
      teller.say(`after ${((Date.now() - began) / 1000).toFixed(1)} s:`);
      await teller.kubectl(["get", ...configurations]);
      teller.check("the webhook's configuration is back by itself", restored.code === 0);
      await until(
        () =>
          teller.kubectl(["apply", "--dry-run=server", "-f", file(teller, "web-in-us.yaml")], {
            show: "nothing",
          }),
        ({ code }) => code !== 0,
        10_000,
      );
      const byName = await teller.kubectl(["apply", "-f", file(teller, "pod-on-us-node.yaml")]);
      checkRefused(teller, "the pod with the name of a US node", byName, [
        "acme",
        "us-east-1",
        "spec.nodeName",
      ]);

      teller.say(
        "What happened meanwhile is in the log's own chain: what was restored, and how many were refused.",
      );
      const list = ["receipts", "list", "--log", "eu-west-1"];
      const told = await until(
        async () => accountIn(await teller.companyos([...list, "--output", "json"], { show: "nothing" })),
        ({ denied, restored }) => denied >= countedBefore + refusals && restored >= configurations.length,
        20_000,
      );
      await teller.companyos(list);
      teller.check(
        "both configurations are there as restored, and nothing else is",
        told.restored === configurations.length,
        `${told.restored} are`,
      );
      teller.check(
        `the receipts count the ${refusals} refusals seen above, no more and no less`,
        told.denied === countedBefore + refusals,
        `${told.denied - countedBefore}`,
      );
      const bundle = join(teller.workDir, "acme-3.evidence");
      await teller.companyos(["prove", "--tenant", "acme", "--out", bundle, "--force"], { show: "nothing" });
      const verify = ["verify", bundle, "--trust", teller.dev.trust];
      const valid = await teller.companyos(verify, { show: 3 });
      teller.check("evidence over the outage verifies", valid.code === 0);
      await teller.kubectl(["-n", "acme", "delete", "deployment", "shop-in-us", "--wait=false"], {
        show: "nothing",
      });
    },
  };
  return [away, back];
}

/** Stops or continues a process, as a person would by `kill`. */
function hold(teller: Teller, signal: "SIGSTOP" | "SIGCONT", pid: number): void {
  teller.say(`$ kill -${signal.slice(3)} ${pid}    # the operator`);
  process.kill(pid, signal);
}

/** What the API server has refused by our policies since it started. */
async function countedByApiServer(teller: Teller): Promise<number> {
  const { stdout } = await teller.kubectl(["get", "--raw", "/metrics"], { show: "nothing" });
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("apiserver_validating_admission_policy_check_total{"))
    .filter((line) => line.includes('enforcement_action="deny"') && line.includes(',policy="companyos-'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

function accountIn({ stdout }: CommandResult): { denied: number; restored: number } {
  const { receipts } = JSON.parse(stdout || '{"receipts":[]}') as {
    receipts: { claims: { type: string; reason: string; count: number } }[];
  };
  return {
    denied: receipts
      .filter(({ claims }) => claims.type === "admission.denied_in_process")
      .reduce((sum, { claims }) => sum + claims.count, 0),
    restored: receipts.filter(({ claims }) => claims.reason === "ADMISSION_RESTORED").length,
  };
}
