# make up        everything from a fresh clone: installs, builds, starts, tells the story, keeps running (Ctrl-C ends it)
#                (KEEP=1 goes on where the last one ended, instead of from nothing)
# make demo      the same story, checked step by step; exits 0 or 1
# make test      every test there is; the last line is `N passed, N failed`
#                (PART="operator notary": the tests of those rooms alone)
# make lint      who may import what, Biome, types
# make generate  writes what is generated from code: docs, schemas, roles
# make build     the program in one file, into dist/
# make soak      the long forms of the fault tests (about an hour and a half); figures go to docs/benchmarks.md
# make bench     admission beside an express handler, restoring; fails over test/bench/baseline.json
# make packages  what is published for others to build on (@companyos/crds, @companyos/cdk8s), into dist/packages
# make clean     removes node_modules, dist and STATE_DIR (.companyos)
# npm test       only the pure tests, quickly: no Go
STATE_DIR ?= .companyos
.DEFAULT_GOAL := help
.PHONY: help prerequisites install up demo test soak bench build packages generate lint clean

help:
	@sed -n '/^#/!q; s/^# /  /p' Makefile

prerequisites:
	@sh dev/tools/prerequisites.sh

install: prerequisites node_modules/.package-lock.json

# npm ci writes this file last; it is older than the lock after a pull that changed dependencies.
node_modules/.package-lock.json: package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

up: install
	@npx --no-install companyos dev --story $(if $(filter-out 0 no false,$(KEEP)),--keep) --state-dir "$(STATE_DIR)"

demo: install
	@npx --no-install companyos dev --story --check --state-dir "$(STATE_DIR)"

test: install
	@npx --no-install node test/run/all.ts $(PART)

# SOAK="kills chaos" runs only those.
soak: install
	@npx --no-install node test/soak/run.ts $(SOAK)

bench: install
	@npx --no-install node test/bench/admission/run.ts; admission=$$?; \
	npx --no-install node test/bench/restore/run.ts && exit $$admission

build: install
	@npx --no-install node dev/tools/src/build.ts

packages: install
	@npx --no-install node dev/tools/src/packages.ts

generate: install
	@npm run --silent generate
	@npx --no-install node test/rbac/write.ts

lint: install
	@npm run --silent lint && npm run --silent types

clean:
	rm -rf node_modules dist "$(STATE_DIR)"
