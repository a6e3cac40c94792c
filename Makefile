# Everything a contributor types. `make` alone lists it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
MOORING_DATA ?= data
S ?= treatment
T ?= tests
# What starts a whole clinic, takes both cores or measures time runs after the others and one by one.
ALONE := tests/browser tests/system tests/simulation

.DEFAULT_GOAL := help
.PHONY: help run walk test browser check check-rest fmt lint types arch docs samples migration migrate dead bench faults sign-in-certified lock screenshots words up down status doctor rotate-secrets backup restore logs upgrade upgrade-from drill sbom evidence offsite offsite-fetch

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Use it
run: .venv/core ## start everything on this machine with a demo clinic (Ctrl-C stops it)
	@exec $(BIN)/python -m services run --data $(MOORING_DATA)

walk: .venv/core ## take one person from referral to the end of a taper, checking every step
	@$(BIN)/python -m tests.system.walk --data $(MOORING_DATA)

## Check it
test: .venv/dev browser build/nginx build/prometheus ## all tests; those in a browser, at the door and of the alerts are left out where there is nothing to be had for them (T=path for some)
ifeq ($(T),tests)
	@$(BIN)/python -m pytest tests $(ALONE:%=--ignore=%) -n 2 --dist loadfile --junitxml build/tests.xml; beside=$$?; \
	$(BIN)/python -m pytest $(ALONE) --junitxml build/tests-alone.xml && exit $$beside
else
	@$(BIN)/python -m pytest $(T) --junitxml build/tests.xml
endif

check: .venv/dev browser build/nginx build/prometheus ## everything CI runs; does not stop at the first failure
	@$(BIN)/python tests/check.py

check-rest: .venv/dev
	@$(BIN)/python tests/check.py --without tests

lint: .venv/dev ## style and mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev ## strict types
	$(BIN)/mypy

arch: .venv/dev ## the import contracts
	$(BIN)/lint-imports

bench: .venv/dev ## figures and ratios to the stated limits
	@for bench in tests/benchmarks/bench_*.py; do $(BIN)/python -m tests.benchmarks.$$(basename $$bench .py) || exit 1; done

faults: .venv/dev ## kill and freeze the containers of `make up` (a demo), and compare what is left
	@MOORING_FAULTS=1 $(BIN)/python -m pytest tests/faults -s

sign-in-certified: .venv/dev ## sign in with an OpenID Certified provider in a browser (needs npm)
	@command -v npm >/dev/null || { echo "npm is missing: install the packages nodejs and npm"; exit 1; }
	@MOORING_CERTIFIED=1 $(BIN)/python -m pytest tests/browser/test_sign_in_elsewhere.py

## Change it
fmt: .venv/dev ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev ## regenerate EVENTS.md and asyncapi.json
	$(BIN)/python -m shared.runtime.catalogue_docs docs

screenshots: .venv/dev ## every page of the portal at two widths, light and dark, in build/screenshots; renews the README's
	@$(BIN)/python -m tests.screenshots

words: .venv/dev ## gather the portal's words for translators, into every catalogue
	@new=$$(mktemp) && trap "rm -f $$new" EXIT && \
	$(BIN)/pybabel -q extract -F services/portal/locale/babel.cfg -k mark --no-location \
	  --sort-output --omit-header -o $$new services/portal && \
	for catalogue in services/portal/locale/*/LC_MESSAGES/portal.po; do \
	  language=$${catalogue#services/portal/locale/}; \
	  $(BIN)/pybabel -q update -D portal --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
	    -i $$new -l $${language%%/*} -d services/portal/locale; done

samples: .venv/dev ## write samples of new facts; refuses to change an old one
	$(BIN)/python -m shared.runtime.catalogue_docs samples

migration: .venv/dev ## write a migration: make migration S=treatment M="add a column"
	$(BIN)/python -m services.$(S) migrate --new "$(M)"

migrate: .venv/core ## bring a service's database to this release: make migrate S=treatment
	$(BIN)/python -m services.$(S) migrate

lock: .venv/dev ## resolve the dependencies again, with hashes
	@for set in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --custom-compile-command "make lock" $$set.in --output-file $$set.txt; done
	@for part in core assessment treatment engagement portal watcher; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --custom-compile-command "make lock" --constraints requirements.txt \
	    --extra tracing $$([ $$part = core ] || echo --extra $$part) pyproject.toml --output-file deploy/requirements/$$part.txt; done

## Operate it
dead: .venv/core ## events a service could not apply: make dead S=engagement
	@$(BIN)/python -m services parked list $(S) --data $(MOORING_DATA)

up: ## build, start and smoke-test the containers (LIVE=1 at the first start: no demo)
	@deploy/scripts/up.sh

down: ## stop the containers; the data stay
	@docker compose down --remove-orphans

status: ## each container's release, schema and health
	@deploy/scripts/status.sh

doctor: ## look at secrets, certificates, disk, database, brokers and backups
	@deploy/scripts/doctor.sh

rotate-secrets: ## new passwords and certificates; everything starts again
	@deploy/scripts/rotate.sh

drill: .venv/dev ## load the containers of a demo, break one thing after the other, count; then restore, and refill the brokers (SEED=, FLAGS=, RATE=, ENROL= people for each flag; MIX=1: a clinic's day instead of flags, SECONDS=; REPLICAS=1: only that)
	@$(BIN)/python -m tests.faults.drill --seed $(or $(SEED),0) --flags $(or $(FLAGS),5000) \
	  --per-second $(or $(RATE),25) --enrol $(or $(ENROL),0) \
	  $(if $(MIX),--mix --seconds $(or $(SECONDS),300)) $(if $(REPLICAS),--replicas)
	@$(if $(REPLICAS),,MOORING_FAULTS=1 $(BIN)/python -m pytest -q -s tests/faults/test_restore.py tests/faults/test_lost_brokers.py)

sbom: .venv/dev ## what each image is made of (CycloneDX), in build/sbom; its Debian packages too where it was built (make up)
	@mkdir -p build/sbom
	@for part in assessment treatment engagement portal watcher; do \
	  $(BIN)/cyclonedx-py requirements deploy/requirements/$$part.txt --pyproject pyproject.toml --short-PURLs \
	    --output-reproducible --output-file build/sbom/$$part.cdx.json 2>/dev/null || exit 1; \
	  image=mooring-$$part:$${MOORING_RELEASE:-$$(sed -n 's/^MOORING_RELEASE=//p' .env 2>/dev/null | tail -n 1 | grep . || echo 0.1.0)}; \
	  if docker image inspect $$image >/dev/null 2>&1; then \
	    $(BIN)/python -m tests.image_sbom build/sbom/$$part.cdx.json $$image || exit 1; \
	  else echo "  build/sbom/$$part.cdx.json: Python packages alone, there is no image $$image here"; fi; done

evidence: sbom ## what an auditor asks for, in build/evidence: SBOMs, rules, sources, rights, tests, drill
	@$(BIN)/python -m tests.evidence

upgrade: ## to another release while people work: make upgrade TO=0.2.0 (then BACK=1 or FINISH=1)
	@TO="$(TO)" BACK="$(BACK)" FINISH="$(FINISH)" deploy/scripts/upgrade.sh

upgrade-from: .venv/dev ## rehearse an upgrade from a real earlier release on a machine without an installation: make upgrade-from FROM_COMMIT=
	@$(BIN)/python -m tests.faults.earlier $(if $(KEEP),--keep) $(or $(FROM_COMMIT),$(error FROM_COMMIT= a commit of git log))

backup: ## take a base backup now
	@docker compose exec -T backup /etc/mooring/backup.sh base

restore: ## restore beside the running system: make restore FROM=latest
	@FROM="$(FROM)" AT="$(AT)" ENDED="$(ENDED)" HOLE="$(HOLE)" deploy/scripts/restore.sh

offsite: ## copy the sealed backups away from this host: make offsite TO=/mnt/vault
	@TO="$(TO)" deploy/scripts/offsite.sh copy

offsite-fetch: ## bring them into a new installation: make offsite-fetch FROM=/mnt/vault
	@FROM="$(FROM)" deploy/scripts/offsite.sh fetch

logs: ## follow the containers' logs, of one with S=treatment
	@docker compose logs --follow --tail 100 $(if $(filter command line,$(origin S)),$(S))

# The one thing pip does not bring. CI has root, so that there nothing is left out.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "  … installing chromium, for the tests in a browser" && \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || \
	echo "  … no browser here: the tests in one are left out (install the package chromium)"

# Programs for the tests alone: Debian's packages unpacked, not installed, which would start them.
# $(call unpacked,PROGRAMS,PACKAGES,THE TESTS THAT NEED THEM): nothing is fetched where all are on the path.
define unpacked
@type $(1) >/dev/null 2>&1 && mkdir -p build && touch $@ || \
{ command -v apt-get >/dev/null && command -v dpkg >/dev/null && rm -rf $@.new && mkdir -p $@.new && cd $@.new && \
  echo "  … fetching $(1), for $(3)" && { apt-get download -qq $(2) >/dev/null 2>&1 || \
  { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get download -qq $(2) >/dev/null 2>&1; }; } && \
  printf '%s\n' *.deb | xargs -I{} dpkg -x {} . && rm -- *.deb && cd ../.. && mv $@.new $@; } || \
echo "  … no $(1) here: $(3) are left out (install the packages $(2))"
endef

build/nginx:
	$(call unpacked,nginx,nginx,the tests at the door)

build/prometheus: # promtool is a package of its own from Debian 13 on
	$(call unpacked,promtool amtool,prometheus prometheus-alertmanager $$(apt-cache search --names-only '^promtool$$$$' | cut -d' ' -f1),the tests of the alerts)

# Set-up: a virtual environment with exactly the locked dependencies, redone when the lock changes.
.venv/core: requirements.txt | .venv/bin/python
	@echo "  … installing the locked dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m compileall -q services shared
	@touch $@

.venv/dev: requirements-dev.txt | .venv/bin/python
	@echo "  … installing the locked development dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m compileall -q services shared
	@touch $@ .venv/core

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: install the package python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: install the package python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3 lacks venv: install the package python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv
