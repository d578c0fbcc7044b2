/** What an installation is set to, as far as it counts for what is decided from files: its Helm values, and flags over them. */
import {
  defaultProductNamespace,
  type UnclaimedAction,
  type UnclaimedSetting,
  unclaimedActions,
} from "@companyos/crds/names";
import { type Command, Option } from "commander";
import { boolean, collect, excepted } from "./service-flags.ts";

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
 * By flags, else by values, else by what a cluster has. Rejects for a file that cannot be read, a value that Helm would
 * refuse, and DefaultTenant without a name.
 */
export async function installationOf(
  flags: InstallationFlags,
  installed: { readonly enforce?: boolean | undefined; readonly unclaimed?: UnclaimedSetting } = {},
): Promise<Installation> {
  const said = await saidIn(flags.values);
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
  readonly enforce?: boolean | undefined;
  readonly action?: UnclaimedAction | undefined;
  readonly tenant?: string | undefined;
  readonly except?: readonly string[] | undefined;
}

const whereValuesStand =
  "it has companyos.residency.enforce and companyos.residency.unclaimed, as `helm get values RELEASE -n NAMESPACE --all -o yaml` prints them";

async function saidIn(files: readonly string[]): Promise<Said> {
  if (files.length === 0) return {};
  const { at, readValues } = await import("./chart/read.ts");
  const { given } = await readValues(files, `what counts: ${whereValuesStand}`);
  const residency = at(given, "companyos.residency");
  if (residency === undefined)
    throw new Error(`--values ${files.join(", ")}: nothing in it counts: ${whereValuesStand}`);
  // The chart's schema has seen to the types; null is as if it was not said.
  const said = <T>(path: string) => (at(residency, path) ?? undefined) as T | undefined;
  return {
    enforce: said("enforce"),
    action: said("unclaimed.action"),
    tenant: said("unclaimed.tenant"),
    except: said("unclaimed.except"),
  };
}
