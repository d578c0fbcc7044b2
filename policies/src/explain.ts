/** The text of a decision: what was requested, what is allowed, where, by whose rule, and what to do. */
import { restrictedRegion } from "@companyos/crds";
import { fewOf } from "./few.ts";
import { type ReasonCode, reasonLink, reasonOf } from "./reasons/index.ts";
import { oneLine } from "./shape.ts";
import type { Decision, Mode } from "./types.ts";

export interface ExplainContext {
  readonly tenant?: string | undefined;
  /** Kubernetes kind, such as `Deployment`. */
  readonly kind?: string | undefined;
  /** API group of the kind; empty: the core group. */
  readonly group?: string | undefined;
  readonly namespace?: string | undefined;
  /** Name, or generateName. */
  readonly name?: string | undefined;
  readonly mode?: Mode | undefined;
  /** The policies that select the tenant. */
  readonly policies?: readonly string[] | undefined;
  /** Receipt id. Pass `receiptPlaceholder` when it is not known yet, and replace it afterwards. */
  readonly receipt?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** No receipt could be made of the refusal; it keeps its explanation, under the code JOURNAL_UNAVAILABLE. */
  readonly unrecorded?: boolean | undefined;
  /** URL of the folder with our pages; default: the verb that explains is named instead. */
  readonly docs?: string | undefined;
}

export const receiptPlaceholder = "{receipt}";
const maxNames = 8;

/** One line, at most a few hundred characters, safe to print: names from users are cut and stripped of control characters. */
export function explain(decision: Decision, context: ExplainContext = {}): string {
  const reason = reasonOf(decision.reason) ?? reasonOf("DECISION_FAILED");
  const values: Record<string, string> = {
    subject: subjectOf(context),
    tenant: context.tenant ? `tenant ${oneLine(context.tenant)}` : "the tenant",
    tenantName: context.tenant ? oneLine(context.tenant) : "NAME",
    kindName: kindNameOf(context),
    requested: namesOf(decision.requested, "a region nobody named"),
    allowed: namesOf(decision.allowed, "no region"),
    because: decision.detail ? `: ${oneLine(decision.detail)}` : "",
  };
  const fill = (template: string) =>
    template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  const refused = reason?.outcome === "refuse" || reason?.outcome === "block";
  const sentences = [fill(reason?.message ?? "") + (refused ? whereOf(decision) : "")];
  if (reason?.outcome === "refuse") {
    sentences.push(ruleOf(context));
    if (namesPin(decision)) sentences.push(leaveOut);
    else sentences.push(fill(reason.fix), wayThere(decision, context));
  } else if (refused || reason?.outcome === "undecided") sentences.push(fill(reason?.fix ?? ""));
  if (context.unrecorded)
    sentences.push("The refusal could not be recorded", reasonOf("JOURNAL_UNAVAILABLE")?.fix ?? "");
  if (context.dryRun) sentences.push(reasonOf("DRY_RUN")?.message ?? "");
  return `${sentences.filter(Boolean).map(stopped).join(" ")} ${tagOf(decision.reason, context)}`;
}

/** `[CODE, receipt ID; where to read on]`: what programs read of a refusal. */
function tagOf(reason: string, { receipt, unrecorded, docs }: ExplainContext): string {
  const link = reasonLink(reason, docs);
  if (unrecorded) return `[${"JOURNAL_UNAVAILABLE" satisfies ReasonCode}, refused for ${reason}; ${link}]`;
  return `[${reason}${receipt ? `, receipt ${receipt}` : ""}; ${link}]`;
}

/** What is refused is no wish of its author's, but an exported pin: of another tenant, or of before it moved. */
function namesPin({ reason, field, raw }: Decision): boolean {
  return reason === "CROSS_REGION" && `${field} ${raw ?? ""}`.includes(restrictedRegion);
}

const leaveOut = `Leave ${restrictedRegion} out, and the term that has nothing else: it is put there when the object is created. Only exported objects name it`;

/** `Widget.example.com`, as `--ignore-kind` takes it. */
function kindNameOf({ kind, group }: ExplainContext): string {
  return kind === undefined || group === undefined
    ? "KIND.GROUP"
    : oneLine([kind, group].filter(Boolean).join("."));
}

function subjectOf({ kind, namespace, name, tenant }: ExplainContext): string {
  const path = [namespace, name].filter(Boolean).join("/");
  const object = [kind ?? "The object", path]
    .filter(Boolean)
    .map((text) => oneLine(text as string))
    .join(" ");
  return tenant ? `${object} of tenant ${oneLine(tenant)}` : object;
}

function whereOf({ field, raw, detail, reason }: Decision): string {
  // No region is allowed: what the pin wrote, or anybody, is beside the point.
  if (reason === "REQUEST_MALFORMED" || reason === "PLAN_EMPTY") return "";
  const written = raw ? `"${oneLine(raw)}"` : "";
  const place = field ? `${oneLine(field)}${written ? `: ${written}` : ""}` : written;
  const text = [place, detail ? oneLine(detail) : ""].filter(Boolean).join("; ");
  return text ? ` (${text})` : "";
}

function ruleOf({ policies = [], mode }: ExplainContext): string {
  const by = policies.length
    ? `ResidencyPolicy ${namesOf(policies.map(oneLine), "")}`
    : "the tenant's own regions (no ResidencyPolicy selects it)";
  return `In force: ${by}${mode ? `, mode ${mode}` : ""}`;
}

/** A region is allowed by people, for all of a tenant: the ones who maintain the policies and the Tenant. */
function wayThere(
  { reason, requested }: Decision,
  { policies = [], tenant, receipt }: ExplainContext,
): string {
  if (reason !== "CROSS_REGION") return "";
  const own = `Tenant ${tenant ? oneLine(tenant) : ""}`.trim();
  const owner = policies.length ? `${namesOf(policies.map(oneLine), "")} and ${own}` : own;
  const what = requested.length > 1 ? "those regions" : "that region";
  return `If it has to run there, ask whoever maintains ${owner} to allow ${what} for the whole tenant${receipt ? ", and quote the receipt" : ""}`;
}

function namesOf(names: readonly string[], none: string): string {
  return names.length === 0 ? none : fewOf(names.map(oneLine), maxNames);
}

function stopped(sentence: string): string {
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
