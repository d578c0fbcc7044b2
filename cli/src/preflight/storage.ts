/** What volumes and pods of the chart need to be there. Pure. */
import type { KubeObject } from "@companyos/kube";
import { type Item, missing, ok } from "./item.ts";
import type { ChartValues } from "./values.ts";

const defaultKey = "storageclass.kubernetes.io/is-default-class";

export function storageItems(
  classes: readonly KubeObject[],
  { volumes }: Pick<ChartValues, "volumes">,
): Item[] {
  const check = "Storage classes";
  const names = classes.map(({ metadata }) => metadata.name ?? "");
  const usual = classes.find(({ metadata }) => metadata.annotations?.[defaultKey] === "true");
  const wanted = Object.entries(volumes).map(
    ([where, { storageClassName }]) => [where, storageClassName] as const,
  );
  const lacking = wanted.filter(([, name]) => name !== "" && !names.includes(name));
  if (lacking.length > 0)
    return lacking.map(([where, name]) =>
      missing(
        check,
        `${where}.storageClassName is ${name}, and there is no such class`,
        `there are: ${names.join(", ") || "none"}`,
      ),
    );
  const leaning = wanted.filter(([, name]) => name === "").map(([where]) => where);
  if (leaning.length > 0 && !usual)
    return [
      missing(
        check,
        `there is no default class, and ${leaning.join(", ")} ask for it`,
        `set storageClassName of each (there are: ${names.join(", ") || "none"}), or make one the default`,
      ),
    ];
  return [
    ok(
      check,
      leaning.length > 0 ? `${usual?.metadata.name} is the default` : "those that the values name are there",
    ),
  ];
}

export function priorityItem(classes: readonly KubeObject[], name: string): Item {
  const check = "Priority class";
  return name === "" || classes.some(({ metadata }) => metadata.name === name)
    ? ok(check, name || "none asked for")
    : missing(
        check,
        `there is no PriorityClass ${name}`,
        "create it, or set priorityClassName to one that is there",
      );
}
