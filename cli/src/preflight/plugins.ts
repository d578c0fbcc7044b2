/** Which admission plugins are at work, by the API server's own counters: its flags nobody can read through it. */
import type { KubeClient } from "@companyos/kube";
import { type Item, ok, warning } from "./item.ts";

const counter = /^apiserver_admission_controller_admission_duration_seconds_count\{[^}]*\bname="([^"]+)"/gm;

/** Undefined where you may not read its metrics. Of the one API server that responds. */
export async function admissionPlugins(client: KubeClient): Promise<ReadonlySet<string> | undefined> {
  const { status, text } = await client.raw("/metrics");
  return status === 200 ? new Set(Array.from(text.matchAll(counter), ([, name]) => name!)) : undefined;
}

const wanted = [
  "MutatingAdmissionPolicy",
  "ValidatingAdmissionPolicy",
  "MutatingAdmissionWebhook",
  "ValidatingAdmissionWebhook",
];

/** Pure. @param seen after objects were asked for: a plugin is counted from its first request on */
export function pluginsItem(seen: ReadonlySet<string> | undefined): Item {
  const check = "Admission plugins";
  if (!seen)
    return warning(
      check,
      "not known: you may not read the API server's metrics",
      "all are on unless --disable-admission-plugins names them; kubectl get --raw /metrics, as somebody who may, has a line of apiserver_admission_controller_admission_duration_seconds_count for each",
    );
  const lacking = wanted.filter((name) => !seen.has(name));
  return lacking.length === 0
    ? ok(check, `${wanted.join(", ")} are at work`)
    : warning(
        check,
        `${lacking.join(", ")} did nothing yet in the API server that responded`,
        "see that --disable-admission-plugins of kube-apiserver does not name it; where it was just started, look again",
      );
}
