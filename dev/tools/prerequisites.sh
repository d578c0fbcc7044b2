#!/bin/sh
# What must be on the machine before anything else; each with what to do. Runs before Node is known to be there.
missing=0
need() { echo "missing: $1" >&2; echo "  $2" >&2; missing=1; }
at_least() { # have want
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n | head -n 1)" = "$2" ]
}
node_version=$(node --version 2>/dev/null | sed 's/^v//')
if [ -z "$node_version" ]; then need "node (20.19 or later)" "install it from your package manager or nodejs.org"
elif ! at_least "$node_version" 20.19; then need "node 20.19 or later (this is $node_version)" "it only starts the install; the program brings Node 24 along"; fi
command -v npm >/dev/null 2>&1 || need "npm" "it comes with Node"
go_version=$(go env GOVERSION 2>/dev/null | sed 's/^go//')
if [ -z "$go_version" ]; then need "go (1.26 or later)" "it builds the control plane once; install it from go.dev/dl or your package manager"
elif ! at_least "$go_version" 1.26; then need "go 1.26 or later (this is $go_version)" "update it from go.dev/dl or your package manager"; fi
free_kb=$(df -Pk . | awk 'NR==2 {print $4}')
[ "${free_kb:-0}" -ge 1500000 ] || need "1.5 GB of free disk here (there is $((free_kb / 1024)) MB)" "free some, or clone to another disk; the tools' cache moves with COMPANYOS_CACHE"
exit $missing
