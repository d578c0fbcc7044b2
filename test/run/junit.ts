const counts = ["errors", "failures"] as const;

/**
 * Marks files of a report that jest-junit wrote as flaky, in the words of Maven's Surefire that report viewers know:
 * their failures become `flakyFailure`, their errors `flakyError`, and the counts no longer hold them.
 * Suites go by their file's name (`suiteNameTemplate: "{filepath}"`).
 */
export function markFlaky(xml: string, files: readonly string[]): string {
  const forgiven = { errors: 0, failures: 0 };
  const marked = xml.replace(
    /(<testsuite [^>]*>)(.*?<\/testsuite>)/gs,
    (suite, head: string, body: string) => {
      if (!files.some((file) => head.includes(`name="${file}"`))) return suite;
      for (const name of counts) forgiven[name] += numberIn(head, name);
      return (
        reduced(head, { errors: numberIn(head, "errors"), failures: numberIn(head, "failures") }) +
        body.replace(/(<\/?)failure\b/g, "$1flakyFailure").replace(/(<\/?)error\b/g, "$1flakyError")
      );
    },
  );
  return marked.replace(/<testsuites [^>]*>/, (head) => reduced(head, forgiven));
}

const attribute = (name: string) => new RegExp(`\\b${name}="(\\d+)"`);

const numberIn = (head: string, name: string): number => Number(head.match(attribute(name))?.[1] ?? 0);

const reduced = (head: string, by: Readonly<Record<(typeof counts)[number], number>>): string =>
  counts.reduce(
    (text, name) => text.replace(attribute(name), `${name}="${numberIn(text, name) - by[name]}"`),
    head,
  );
