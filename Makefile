# `make help` lists what there is. A bare machine needs Python 3.11 or newer and make, nothing else.

PORT ?= 8000
export PORT

ifndef PYTHON
PYTHON := $(shell for candidate in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$candidate && break; done)
endif
VENV := .venv
BIN := $(VENV)/bin
# Every requirement is pinned with all it brings along, so nothing is left to resolve; modules compile when first used.
PIP_OPTIONS := install --no-deps --no-compile --quiet --disable-pip-version-check --no-input --no-warn-script-location \
	--root-user-action=ignore

.DEFAULT_GOAL := help
.PHONY: run logs drill test demo check openapi messages package deploy guards proof bench quality match reset help

run: $(VENV)/.run ## Start API, portal and the local stack on 127.0.0.1, port 8000 or PORT=…
	@exec $(BIN)/python -m infra.local.launcher

logs: ## Show the local logs: CHAIN=… REQUEST=… LEVEL=warning EVENT=… SINCE=10m FOLLOW=1, or the figures: METRICS=1
	@$(PYTHON) -m infra.logs $(if $(CHAIN),--chain "$(CHAIN)") $(if $(REQUEST),--request "$(REQUEST)") \
		$(if $(LEVEL),--level "$(LEVEL)") $(if $(EVENT),--event "$(EVENT)") $(if $(SINCE),--since "$(SINCE)") \
		$(if $(FOLLOW),--follow) $(if $(METRICS),--metrics)

drill: $(VENV)/.run ## Lose a chain's data on an engine of its own, restore it, and see that nobody is greeted twice
	@$(BIN)/python -m infra.drill

test: $(VENV)/.dev ## Install what tests need and run all of them
	@$(BIN)/python -m pytest -n 2 $(TESTS)

demo: $(VENV)/.run ## Import all 119,390 real bookings, compare with the published truths, live a year; ONLY=year, PART=2000
	@$(BIN)/python -m infra.demo.run $(if $(PART),--part $(PART)) $(if $(ONLY),--only $(ONLY))

guards: $(VENV)/.dev ## Take one guard of the product away at a time: a test has to notice
	@$(BIN)/python -m tests.mutation $(foreach one,$(ONLY),--only $(one))

proof: $(VENV)/.dev ## Try every invariant as often as its goal asks; SCALE=ci for a tenth, ONLY=I5, SEED=7
	@$(BIN)/python -m infra.proof $(if $(SCALE),--scale $(SCALE)) $(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED))

bench: $(VENV)/.dev ## Measure what requests, imports and greetings cost, as ratios; SCALE=ci for a tenth
	@$(BIN)/python -m infra.bench.run $(BENCH)

quality: $(VENV)/.dev ## Measure the matching of guests into .local/quality.json
	@$(BIN)/python -m infra.quality

match: ## Print the pairs of FILE=guests.csv that are one person: id, id, score, auto or review
	@$(MAKE) -s --no-print-directory $(VENV)/.run >&2
	@$(BIN)/python -m infra.quality.match "$(FILE)"

check: $(VENV)/.dev ## Lint, types, import contracts, translations
	@$(BIN)/ruff check .
	@$(BIN)/mypy chalicelib infra
	@$(BIN)/lint-imports
	@$(BIN)/python -m infra.messages check
	@$(BIN)/python -m infra.routes check
	@$(BIN)/python -m infra.openapi check
	@$(BIN)/python -m infra.capabilities

openapi: $(VENV)/.run ## Print docs/openapi.json and the index of routes from the declarations that the endpoints run on
	@$(BIN)/python -m infra.routes write
	@$(BIN)/python -m infra.openapi write

messages: $(VENV)/.dev ## Compile the translations
	@$(BIN)/python -m infra.messages compile

package: $(VENV)/.dev ## Write the deployable package to .local/package: templates, and zips for arm64 and x86_64
	@$(BIN)/python -m infra.package.build

deploy: package ## Deploy into the account of your credentials: STAGE=… MAIL_SENDER=… (docs/deployment.md)
	@$(BIN)/python -m infra.package.deploy --stage "$(or $(STAGE),$(error say which STAGE))" \
		$(if $(MAIL_SENDER),--mail-sender "$(MAIL_SENDER)") $(if $(BASE_URL),--base-url "$(BASE_URL)") \
		$(if $(REPLY_DOMAIN),--reply-domain "$(REPLY_DOMAIN)") $(if $(REPLY_NUMBERS),--reply-numbers "$(REPLY_NUMBERS)") \
		$(if $(ALARM_EMAIL),--alarm-email "$(ALARM_EMAIL)") $(if $(ACCOUNT),--account "$(ACCOUNT)") \
		$(if $(ARCHITECTURE),--architecture "$(ARCHITECTURE)") $(DEPLOY_OPTIONS)

reset: ## Forget all local data
	@if [ -n "$(PYTHON)" ]; then $(PYTHON) -m infra.local.reset; else rm -rf "$${HOSPES_LOCAL:-.local}"; fi

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed, and none was found."; exit 1; fi
	@echo "Making an environment with $(PYTHON) …"
	@rm -rf $(VENV)
	@if $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m venv --without-pip $(VENV); else $(PYTHON) -m venv $(VENV); fi

# The environment may have no pip of its own: the one of $(PYTHON) installs into it, which saves seconds.
define install
@echo "Installing $(1) …"
@if [ -x $(BIN)/pip ]; then $(BIN)/python -m pip $(PIP_OPTIONS) $(2); else $(PYTHON) -m pip --python $(BIN)/python $(PIP_OPTIONS) $(2); fi
@touch $@
endef

$(VENV)/.run: requirements.txt requirements-local.txt | $(VENV)/bin/python
	$(call install,what runs,-r requirements.txt -r requirements-local.txt)

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(call install,what tests need,-r requirements-dev.txt)
