/** A release number; `suffix` is what follows it after `-` (`rc.1`, `eks-abc`), empty for a plain release. */
export interface Version {
  major: number;
  minor: number;
  patch: number;
  suffix: string;
}

/** Reads `v1.37.2`, `3.7.3`, `v4.0.1+g1234567`, `go1.26.8`; undefined for anything else (semver.org 2.0 §9, §10). */
export function parseVersion(text: string | undefined): Version | undefined {
  const match =
    /^(?:v|go)?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+)|([a-z]+\d+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(
      (text ?? "").trim(),
    );
  if (!match) return undefined;
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3] ?? 0),
    suffix: match[4] ?? match[5] ?? "",
  };
}

/** True if `text` is a version and `wanted` accepts it. */
export function fits(text: string | undefined, wanted: (version: Version) => boolean): boolean {
  const version = parseVersion(text);
  return version !== undefined && wanted(version);
}

/** `clientVersion.gitVersion` of `kubectl version --client -o json`, or undefined. */
export function kubernetesVersion(json: string): string | undefined {
  try {
    const version = (JSON.parse(json) as { clientVersion?: { gitVersion?: unknown } }).clientVersion
      ?.gitVersion;
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
