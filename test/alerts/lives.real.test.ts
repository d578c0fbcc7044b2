/** The alerts on certificates, however long those live: silent while each is replaced when it is due, and not once one is not. */
import { expect, test } from "@jest/globals";
import { promtoolOn } from "./promtool.ts";
import { ruleGroups } from "./rule-file.ts";

const day = 86_400;
/** Instants at which it is looked, in a life. */
const looks = 480;

/** In seconds from its issue. */
interface Life {
  readonly due: number;
  readonly late: number;
  readonly ends: number;
}

/** As `renewAt`, `followedRenewAt` and `lateFrom` tell them. */
const issuers: Readonly<Record<string, (ends: number) => Life>> = {
  "the operator": (ends) => ({ due: (ends * 2) / 3, late: ends - (ends + Math.min(ends, day)) / 10, ends }),
  "cert-manager": (ends) => ({ due: (ends * 2) / 3, late: ends * 0.9, ends }),
  "cert-manager, with a short renewBefore": (ends) => ({
    due: (ends * 47) / 48,
    late: (ends * 95) / 96,
    ends,
  }),
};

const alerts = ["CertificateNotRenewed", "ServingCertificateOld"];
/** Evaluated thousands of times: without the others that is a matter of seconds. */
const rules = {
  groups: ruleGroups.map(({ name, rules }) => ({
    name,
    rules: rules.filter(({ alert }) => alerts.includes(alert)),
  })),
};

/** Series of one that was issued at the beginning, and of those that replace it when they are due. */
function series({ due, late, ends }: Life, step: number, replaced: boolean) {
  const at = (offset: number) =>
    Array.from({ length: 2 * looks + 1 }, (_, look) => {
      const before = replaced ? Math.floor((look * step) / due) : 0;
      return before * due + offset;
    }).join(" ");
  return [
    { series: 'residency_certificate_renewal_timestamp_seconds{secret="s"}', values: at(due) },
    { series: 'residency_certificate_expires_timestamp_seconds{secret="s"}', values: at(ends) },
    { series: "residency_serving_certificate_late_timestamp_seconds", values: at(late) },
  ];
}

/** Whether they have fired by then. */
const fired = (at: number, names: readonly string[], have = true) => ({
  expr: `count by (alertname) (count_over_time(ALERTS{alertname=~"${names.join("|")}"}[${at}s]))`,
  eval_time: `${at}s`,
  exp_samples: have ? names.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })) : [],
});

test.each(Object.entries(issuers))(
  "of %s, with a life of 1, 13, 30 or 90 days",
  async (_who, lifeOf) => {
    const files = [1, 13, 30, 90].map((days) => {
      const life = lifeOf(days * day);
      const step = life.ends / looks;
      const at = (part: number) => Math.round((life.due + (life.ends - life.due) * part) / step) * step;
      const healthy = {
        input_series: series(life, step, true),
        promql_expr_test: [fired(2 * life.ends, alerts, false)],
      };
      const overdue = {
        input_series: series(life, step, false),
        promql_expr_test: [
          fired(at(0.35), alerts, false),
          fired(at(0.7), alerts.slice(0, 1)),
          fired(life.ends, alerts),
        ],
      };
      const tests = [healthy, overdue].map((one) => ({ ...one, interval: `${step}s` }));
      return { rule_files: ["rules.json"], evaluation_interval: `${step}s`, tests };
    });
    const named = Object.fromEntries(files.map((file, index) => [`${index}.json`, file]));
    const stdout = await promtoolOn("test", { ...named, "rules.json": rules }, Object.keys(named));
    expect(stdout).toContain("SUCCESS");
  },
  120_000,
);
