/** What an installation is set to, as far as it counts for what is decided from files: its Helm values, and flags over them. */
import { readFile } from "node:fs/promises";
import {
  defaultProductNamespace,
  exceptPattern,
  type UnclaimedAction,
  type UnclaimedSetting,
  unclaimedActions,
} from "@companyos/crds/names";
import { type Command, Option } from "commander";
import { boolean, collect, excepted } from "./service-flags.ts";
import { strayValue, whereValuesStand } from "./stray-values.ts";

export interface InstallationFlags {
  readonly values: readonly string[];
  readonly enforce?: boolean;
  readonly unclaimed?: UnclaimedAction;
  readonly defaultTenant?: string;
  readonly unclaimedExcept?: readonly string[];
  readonly productNamespace: string;
}

export interface Installation {
  /** False: whatever policies name, nothing is blocked or pinned. Undefined: nobody says. */
  readonly enforce: boolean | undefined;
  readonly unclaimed: UnclaimedSetting;
  readonly productNamespace: string;
}

/** For commands that lean on how the product is installed, and are not told by a cluster. */
export function withInstallationFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--values <file>",
        "Helm values of the installation, of which companyos.residency.enforce and .unclaimed count (may be repeated; the later one wins)",
      )
        .argParser(collect)
        .default([], "none"),
    )
    .addOption(
      new Option(
        "--enforce <bool>",
        "companyos.residency.enforce of the installation; default: of --values, else true",
      ).argParser(boolean),
    )
    .addOption(
      new Option(
        "--product-namespace <name>",
        "where the product is installed, which no tenant may have",
      ).default(defaultProductNamespace),
    );
}

export function withUnclaimedFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--unclaimed <action>",
        "what the installation does in namespaces that no Tenant has; default: of --values, else Ignore",
      ).choices(unclaimedActions),
    )
    .addOption(new Option("--default-tenant <name>", "with DefaultTenant: who has them"))
    .addOption(
      new Option(
        "--unclaimed-except <namespaces>",
        "namespaces that --unclaimed never reaches, besides the control plane's and the product's own: names, or how they begin (openshift-*)",
      ).argParser(excepted),
    );
}

/**
 * By flags, else by values, else by what a cluster has. Rejects for a file that cannot be read, a value of another type than the
 * chart's, and DefaultTenant without a name.
 */
export async function installationOf(
  flags: InstallationFlags,
  installed: { readonly enforce?: boolean | undefined; readonly unclaimed?: UnclaimedSetting } = {},
): Promise<Installation> {
  let said: Said = {};
  for (const file of flags.values) said = { ...said, ...(await valuesIn(file)) };
  if (flags.values.length > 0 && !said.isSaid)
    throw new Error(`--values ${flags.values.join(", ")}: nothing in it counts: ${whereValuesStand}`);
  const action = flags.unclaimed ?? said.action ?? installed.unclaimed?.action ?? "Ignore";
  if (flags.defaultTenant !== undefined && action !== "DefaultTenant")
    throw new Error(
      `--default-tenant says who has the namespaces that no Tenant has, with --unclaimed=DefaultTenant; it is ${action} here`,
    );
  if (flags.unclaimedExcept !== undefined && action === "Ignore")
    throw new Error(
      "--unclaimed-except says what --unclaimed=Deny or DefaultTenant never reaches; it is Ignore here",
    );
  const tenant = flags.defaultTenant ?? said.tenant ?? installed.unclaimed?.tenant;
  if (action === "DefaultTenant" && !tenant)
    throw new Error(
      "--unclaimed=DefaultTenant needs --default-tenant NAME, or companyos.residency.unclaimed.tenant",
    );
  return {
    enforce: flags.enforce ?? said.enforce ?? installed.enforce,
    unclaimed: {
      action,
      tenant: action === "DefaultTenant" ? tenant : undefined,
      except: flags.unclaimedExcept ?? said.except ?? installed.unclaimed?.except ?? [],
    },
    productNamespace: flags.productNamespace,
  };
}

interface Said {
  /** Whether any file has companyos.residency at all. */
  readonly isSaid?: true;
  readonly enforce?: boolean;
  readonly action?: UnclaimedAction;
  readonly tenant?: string;
  readonly except?: readonly string[];
}

async function valuesIn(file: string): Promise<Said> {
  const { load } = await import("js-yaml");
  const all = load(await readFile(file, "utf8"));
  const stray = strayValue(all);
  if (stray !== undefined)
    throw new Error(`--values ${file}: ${stray} is no value of the chart: ${whereValuesStand}`);
  const at = (...path: string[]) =>
    path.reduce<unknown>(
      (inside, step) => (inside as Record<string, unknown> | null | undefined)?.[step],
      all,
    );
  const take = <T>(name: string, field: string, is: (value: unknown) => value is T, expected: string) => {
    const path = ["companyos", "residency", ...field.split(".")];
    const value = at(...path);
    if (value === undefined || value === null) return {};
    if (is(value)) return { [name]: value };
    throw new Error(`--values ${file}: ${path.join(".")} is ${JSON.stringify(value)}: expected ${expected}`);
  };
  return {
    ...(at("companyos", "residency") === undefined ? {} : { isSaid: true as const }),
    ...take("enforce", "enforce", isBoolean, "true or false"),
    ...take("action", "unclaimed.action", isAction, unclaimedActions.join(", ")),
    ...take("tenant", "unclaimed.tenant", isText, "the name of a Tenant"),
    ...take(
      "except",
      "unclaimed.except",
      isNames,
      "a list of namespaces, or of how their names begin (openshift-*)",
    ),
  };
}

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isText = (value: unknown): value is string => typeof value === "string";
const isAction = (value: unknown): value is UnclaimedAction =>
  unclaimedActions.includes(value as UnclaimedAction);
const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => isText(one) && exceptPattern.test(one));
