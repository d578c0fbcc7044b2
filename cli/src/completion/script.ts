import type { Command } from "commander";
import { kindOfArgument, type Values, valuesOf } from "./kinds.ts";

interface Entry {
  readonly path: string;
  readonly verbs: readonly string[];
  readonly flags: readonly string[];
  readonly values: readonly Values[];
}

/** A completion script made from the verbs' own declarations. Throws TypeError on a shell it does not know. */
export function completionScript(shell: string, program: Command): string {
  const entries = [...walk(program, "")];
  switch (shell) {
    case "bash":
      return bash(entries);
    case "zsh":
      return `(( $+functions[compdef] )) || { autoload -U compinit && compinit; }\nautoload -U +X bashcompinit && bashcompinit\n${bash(entries)}`;
    case "fish":
      return fish(program);
    default:
      throw new TypeError(`no completion for the shell ${shell}: bash, zsh or fish`);
  }
}

function* walk(command: Command, path: string): Generator<Entry> {
  const flags = command.options.map(({ long }) => long).filter((flag): flag is string => Boolean(flag));
  const verbs = command.commands.map((sub) => sub.name());
  yield { path, verbs, flags: [...flags, "--help"], values: valuesOf(command) };
  for (const sub of command.commands) yield* walk(sub, path ? `${path} ${sub.name()}` : sub.name());
}

/**
 * Names are asked of this very program, by the hidden verb `__complete`. Where nothing else fits, and for every other
 * value, files: most values are.
 */
function bash(entries: readonly Entry[]): string {
  const listed = (of: (entry: Entry) => readonly string[]) =>
    entries.map((entry) => `    "${entry.path}") echo "${of(entry).join(" ")}" ;;`).join("\n");
  const values = entries.flatMap(({ path, values }) =>
    values.flatMap(({ flags, choices, kind }) =>
      flags.map(
        (flag) => `    "${path} ${flag}") echo "${kind ? `@${kind}` : (choices ?? ["-"]).join(" ")}" ;;`,
      ),
    ),
  );
  const args = entries.flatMap(({ path }) => {
    const kind = kindOfArgument(path);
    return kind === undefined ? [] : [`    "${path}") echo "@${kind}" ;;`];
  });
  return `_companyos() {
  local word verb="" words="" value="" current before prefix="" rest="$COMP_LINE" gap last
  # Bash splits words at colons, which names have: arn:aws:eks:… is one.
  local -a typed=()
  for word in "\${COMP_WORDS[@]:0:$((COMP_CWORD+1))}"; do
    gap="\${rest%%[! ]*}"; rest="\${rest#"$gap"}"; rest="\${rest#"$word"}"; last=\${#typed[@]}
    if [[ $last -gt 0 && -z "$gap" ]] && [[ "$word" == :* || "\${typed[$last-1]}" == *: ]]; then
      typed[$last-1]="\${typed[$last-1]}$word"
    else
      typed[$last]="$word"
    fi
  done
  last=\${#typed[@]}
  current="\${typed[$last-1]}"; before="\${typed[$last-2]}"
  if [[ "$current" == "=" ]]; then current=""; elif [[ "$before" == "=" ]]; then before="\${typed[$last-3]}"; fi
  # Zsh does not split words at all.
  if [[ "$current" == --*=* ]]; then before="\${current%%=*}"; prefix="$before="; current="\${current#*=}"; fi
  for word in "\${typed[@]:1:$((last-2))}"; do
    [[ " $(_companyos_verbs "$verb") " == *" $word "* ]] && verb="\${verb:+$verb }$word"
  done
  case "$before" in -*) value="$(_companyos_values "$verb $before")" ;; esac
  case "$current" in -*) words="$(_companyos_flags "$verb")" ;; *) words="$(_companyos_verbs "$verb")" ;; esac
  case "$current" in -*) ;; *) [ -n "$words$value" ] || value="$(_companyos_arguments "$verb")" ;; esac
  case "$value" in
    "") ;;
    -) words="" ;;
    @*) words="$("\${COMP_WORDS[0]}" __complete "\${value#@}" "\${typed[@]:1:$((last-2))}" 2>/dev/null </dev/null)" ;;
    *) words="$value" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$value" in @*) ;; *) [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current")) ;; esac
  # What stands before the last colon is no part of what Bash replaces.
  local cut=""
  if [[ "$COMP_WORDBREAKS" == *:* && "$current" == *:* ]]; then cut="\${current%"\${current##*:}"}"; fi
  for ((last = 0; last < \${#COMPREPLY[@]}; last++)); do COMPREPLY[$last]="$prefix\${COMPREPLY[$last]#"$cut"}"; done
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
_companyos_values() {
  case "$1" in
${values.join("\n")}
  esac
}
_companyos_arguments() {
  case "$1" in
${args.join("\n")}
  esac
}
complete -F _companyos companyos`;
}

/** What fish runs for names: with the words typed so far. */
const asking = (kind: string) => `(companyos __complete ${kind} (commandline -opc)[2..] 2>/dev/null)`;

function fish(program: Command): string {
  const lines: string[] = [];
  const verb = (command: Command, when: string) =>
    lines.push(
      `complete -c companyos -n ${when} -f -a ${command.name()} -d ${JSON.stringify(command.description())}`,
    );
  const flags = (command: Command, when: string, path: string) => {
    const values = new Map(valuesOf(command).map((each) => [each.flags[0], each]));
    for (const { long, short, required, description } of command.options) {
      const names = [long && `-l ${long.slice(2)}`, short && `-s ${short.slice(1)}`]
        .filter(Boolean)
        .join(" ");
      const { kind, choices } = values.get(long ?? short ?? "") ?? {};
      const value = kind ? ` -f -a '${asking(kind)}'` : choices ? ` -f -a '${choices.join(" ")}'` : "";
      lines.push(
        `complete -c companyos -n ${when} ${names}${required ? " -r" : ""}${value} -d ${JSON.stringify(description)}`,
      );
    }
    const kind = kindOfArgument(path);
    if (kind) lines.push(`complete -c companyos -n ${when} -f -a '${asking(kind)}'`);
  };
  for (const command of program.commands) {
    verb(command, "__fish_use_subcommand");
    const within = `__fish_seen_subcommand_from ${command.name()}`;
    const names = command.commands.map((sub) => sub.name()).join(" ");
    flags(command, `"${within}"`, command.name());
    for (const sub of command.commands) {
      verb(sub, `"${within}; and not __fish_seen_subcommand_from ${names}"`);
      flags(
        sub,
        `"${within}; and __fish_seen_subcommand_from ${sub.name()}"`,
        `${command.name()} ${sub.name()}`,
      );
    }
  }
  return lines.join("\n");
}
