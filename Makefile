# Residual's targets. `make help` prints this list from the comments behind each target.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-quick lint format messages proof bench lock editor image clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## start Residual on this machine (PORT=8000, DATA_DIR=./var)
	@$(BIN)/residual run

test: $(VENV)/.dev ## run every test: unit, integration, labs, browser
	@$(BIN)/python -m tests.chromium
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

test-quick: $(VENV)/.dev ## run the tests that need neither sandbox nor browser
	$(BIN)/python -m pytest -n 2 -m "not browser and not sandbox and not slow" $(PYTEST_ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, import contracts, migrations, deployment checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy platform/residual curriculum labs gpu_runner tests packaging/*.py packaging/lab_data/*.py benchmarks
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	RESIDUAL_MODE=site SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0) RUNNER_TOKEN=lint-only ALLOWED_HOSTS=learn.example \
		SITE_URL=https://learn.example $(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

proof: $(VENV)/.run ## prove anew the labs whose proof.json is missing or stale, and print what labs take
	$(BIN)/residual lab verify --stale --write-proof
	$(BIN)/python manage.py curriculum_coverage

messages: $(VENV)/.dev ## collect the words of the interface into the catalogues and compile them (needs gettext)
	$(BIN)/python manage.py makemessages --all --no-location --no-wrap -i "tests/*" -i ".venv/*" -i "labs/catalog/*" -i "gpu_runner/*" -i "benchmarks/*" -i "build/*"
	$(BIN)/python manage.py compilemessages --ignore ".venv/*"

bench: $(VENV)/.dev ## print the benchmark tables
	$(BIN)/python -m benchmarks.runner
	$(BIN)/python -m benchmarks.verdict

lock: $(VENV)/.dev ## write requirements/*.txt from what is installed
	$(BIN)/python packaging/lock.py

editor: ## bundle CodeMirror again, for maintainers with Node (packaging/codemirror/README.md)
	cd packaging/codemirror && npm ci --ignore-scripts --no-audit --no-fund && npm run build

image: ## build the Docker images
	docker compose build

clean: ## remove the environment and caches; var/ with your data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Residual needs Python 3.11 or newer. On Debian: apt install python3.11-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: Residual needs Python 3.11 or newer. Name one with: make run PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python could not make a virtual environment. On Debian: apt install python3-venv"; exit 1; }

# torch first and by itself: any other package's request for it would bring gigabytes of CUDA packages.
$(VENV)/.run: requirements/site.txt requirements/runner.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Residual's dependencies (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0 || $(INSTALL_FAILED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/site.txt -r requirements/runner.txt || $(INSTALL_FAILED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . || $(INSTALL_FAILED)
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@echo "Installing the tools for tests and checks ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt || $(INSTALL_FAILED)
	@touch $@

INSTALL_FAILED = { echo "Installing the dependencies failed; the message above says why. Check the network and free disk (about 3 GB), then run it again."; exit 1; }
