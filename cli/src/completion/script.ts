import type { Command } from "commander";

interface Entry {
  readonly path: string;
  readonly verbs: readonly string[];
  readonly flags: readonly string[];
  /** Flags, long and short, after which a value follows. */
  readonly valued: readonly string[];
}

/** A completion script made from the verbs' own declarations. Throws TypeError on a shell it does not know. */
export function completionScript(shell: string, program: Command): string {
  const entries = [...walk(program, "")];
  switch (shell) {
    case "bash":
      return bash(entries);
    case "zsh":
      return `autoload -U +X bashcompinit && bashcompinit\n${bash(entries)}`;
    case "fish":
      return fish(program);
    default:
      throw new TypeError(`no completion for the shell ${shell}: bash, zsh or fish`);
  }
}

function* walk(command: Command, path: string): Generator<Entry> {
  const flags = command.options.map(({ long }) => long).filter((flag): flag is string => Boolean(flag));
  const valued = command.options
    .filter(({ required }) => required)
    .flatMap(({ long, short }) => [long, short])
    .filter((flag): flag is string => Boolean(flag));
  const verbs = command.commands.map((sub) => sub.name());
  yield { path, verbs, flags: [...flags, "--help"], valued };
  for (const sub of command.commands) yield* walk(sub, path ? `${path} ${sub.name()}` : sub.name());
}

/** Where nothing else fits, and for every value, files: most values are. */
function bash(entries: readonly Entry[]): string {
  const listed = (of: (entry: Entry) => readonly string[]) =>
    entries.map((entry) => `    "${entry.path}") echo "${of(entry).join(" ")}" ;;`).join("\n");
  return `_companyos() {
  local word path="" words="" current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ " $(_companyos_verbs "$path") " == *" $word "* ]] && path="\${path:+$path }$word"
  done
  case "$current" in -*) words="$(_companyos_flags "$path")" ;; *) words="$(_companyos_verbs "$path")" ;; esac
  [[ "$before" == -* && " $(_companyos_valued "$path") " == *" $before "* ]] && words=""
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
_companyos_verbs() {
  case "$1" in
${listed(({ verbs }) => verbs)}
  esac
}
_companyos_flags() {
  case "$1" in
${listed(({ flags }) => flags)}
  esac
}
_companyos_valued() {
  case "$1" in
${listed(({ valued }) => valued)}
  esac
}
complete -F _companyos companyos`;
}

function fish(program: Command): string {
  const lines: string[] = [];
  const verb = (command: Command, when: string) =>
    lines.push(
      `complete -c companyos -n ${when} -f -a ${command.name()} -d ${JSON.stringify(command.description())}`,
    );
  const flags = (command: Command, when: string) => {
    for (const { long, short, required, description } of command.options) {
      const names = [long && `-l ${long.slice(2)}`, short && `-s ${short.slice(1)}`]
        .filter(Boolean)
        .join(" ");
      lines.push(
        `complete -c companyos -n ${when} ${names}${required ? " -r" : ""} -d ${JSON.stringify(description)}`,
      );
    }
  };
  for (const command of program.commands) {
    verb(command, "__fish_use_subcommand");
    const within = `__fish_seen_subcommand_from ${command.name()}`;
    const names = command.commands.map((sub) => sub.name()).join(" ");
    flags(command, `"${within}"`);
    for (const sub of command.commands) {
      verb(sub, `"${within}; and not __fish_seen_subcommand_from ${names}"`);
      flags(sub, `"${within}; and __fish_seen_subcommand_from ${sub.name()}"`);
    }
  }
  return lines.join("\n");
}
