# Everything a developer does here. `make` alone lists the targets.
PYTHON ?= python3
VENV := .venv
EMULATOR := .venv-emulator
SAM := .venv-sam
SAM_VERSION := 1.170.0
LAMBDA := .venv-lambda
RUNTIME_CLIENT_VERSION := 4.2.2
AUDIT := .venv-audit
AUDIT_VERSION := 2.10.1
REHEARSAL := .venv-rehearsal
TRANSLATOR_VERSION := 1.115.0
ARCHITECTURE ?= arm64
HERE := $(patsubst aarch64,arm64,$(shell uname -m))
ENGINE := .engine
ENGINE_VERSION := 1.2.1
BIN := $(VENV)/bin

# Python keeps what it compiled: without, each process of the tests begins with 13 s of compiling.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install serve demo quick test test-all check format lock build build-local validate local-aws events events-docker events-api deploy-local rehearse bench audit clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

RUNNABLE := $(VENV)/.installed $(EMULATOR)/.installed

.PHONY: tools
tools: $(SAM)/.installed-$(SAM_VERSION) $(LAMBDA)/.installed-$(RUNTIME_CLIENT_VERSION) $(REHEARSAL)/.installed-$(TRANSLATOR_VERSION) $(AUDIT)/.installed-$(AUDIT_VERSION)

install: $(RUNNABLE) $(ENGINE)/.installed-$(ENGINE_VERSION)  ## fill .venv (with .venv/bin/rollcall), .venv-emulator and .engine

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "installing into $(VENV), about a minute"
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(EMULATOR)/.installed: requirements-emulator.txt
	@echo "installing the AWS emulator into $(EMULATOR), about ten seconds"
	$(PYTHON) -m venv $(EMULATOR)
	@$(EMULATOR)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# A DynamoDB for tests alone: on moto, which does instead, they take three times as long.
$(ENGINE)/.installed-$(ENGINE_VERSION):
	@mkdir -p $(ENGINE)
	@platform="$$(node -p '`$${process.platform}-$${process.arch}`' 2>/dev/null)" && \
		npm install --prefix $(ENGINE) --no-save --no-audit --no-fund --loglevel=error \
			"@dynoxide/$$platform@$(ENGINE_VERSION)" >/dev/null || \
		echo "npm has no DynamoDB engine for this machine: tests take moto, until $(ENGINE) is removed"
	@touch $@

serve: $(RUNNABLE)  ## serve the whole API on loopback with a demo tenant
	$(BIN)/rollcall serve --tenant demo --events .rollcall/events.jsonl

demo: $(RUNNABLE)  ## play an Entra administrator's first day against a local server
	$(BIN)/python -m demo

PYTEST := $(BIN)/pytest -n auto --dist worksteal

quick: install  ## run the tests that need no AWS emulator
	$(PYTEST) -m "not (emulator or slow or browser or built or faults)"

test: install  ## run all tests but the slow ones and those of a browser, the built functions and faults
	$(PYTEST) -m "not (slow or browser or built or faults)"

test-all: install  ## run all tests
	$(PYTEST) --durations 30

check: install  ## format, lint and types, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: install  ## format and mend what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: install  ## lock what the layers hold, with hashes
	$(LOCK) --output-file layers/rollcall/requirements.txt pyproject.toml
	$(LOCK) --output-file layers/federation/requirements.txt layers/federation/requirements.in

LOCK := $(BIN)/pip-compile --quiet --no-strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header

build: $(SAM)/.installed-$(SAM_VERSION)  ## build what is deployed into .aws-sam/build, for arm64 or ARCHITECTURE=x86_64
	$(call sam-build,$(ARCHITECTURE)) --build-dir .aws-sam/build
	@$(PYTHON) -m supply sbom .aws-sam/build

build-local: $(SAM)/.installed-$(SAM_VERSION) $(LAMBDA)/.installed-$(RUNTIME_CLIENT_VERSION)  ## build for this machine into .aws-sam/local, to run here; needs Python 3.13
	$(call sam-build,$(HERE)) --build-dir .aws-sam/local
	@# `sam local` takes the image for the default.
	@sed '/^  Architecture:$$/,/Default:/ s/Default: .*/Default: $(HERE)/' .aws-sam/local/template.yaml > .aws-sam/local/template.new
	@mv .aws-sam/local/template.new .aws-sam/local/template.yaml
	@$(PYTHON) -m supply sbom .aws-sam/local

sam-build = PATH="$(CURDIR)/$(SAM)/bin:$$PATH" PYTHON="$(CURDIR)/$(SAM)/bin/python" \
	SAM_CLI_TELEMETRY=0 ROLLCALL_ARCHITECTURE=$(1) sam build --parameter-overrides Architecture=$(1)

audit: $(AUDIT)/.installed-$(AUDIT_VERSION)  ## ask advisory sources about what the layers hold; AUDIT_OPTIONS=--required fails without an answer
	@$(AUDIT)/bin/python -m supply audit $(AUDIT_OPTIONS)

validate: $(SAM)/.installed-$(SAM_VERSION)  ## check template.yaml
	SAM_CLI_TELEMETRY=0 $(SAM)/bin/sam validate --lint

local-aws: install  ## serve an AWS for `sam local` on 127.0.0.1:4566, with the tenant of events/
	$(BIN)/python -m events serve

events: install  ## run every event through the built functions under Lambda's runtime, without Docker
	$(BIN)/python -m events run

events-docker: install $(SAM)/.installed-$(SAM_VERSION)  ## run every event with `sam local invoke`; needs Docker or Podman
	$(BIN)/python -m events docker

events-api: install $(SAM)/.installed-$(SAM_VERSION)  ## run every request with `sam local start-api`, and an event of each function
	$(BIN)/python -m events api

deploy-local: rehearsable  ## deploy the whole stack to an AWS on 127.0.0.1, with a tenant, until Ctrl-C; needs Python 3.13
	$(BIN)/python -m rehearsal deploy

rehearse: rehearsable  ## rehearse a deployment: a first day, a second stack, an update, a failed one, the end
	$(BIN)/python -m rehearsal play

bench: install  ## measure Rollcall and other SCIM servers side by side; `python -m bench --quick` is shorter
	@$(MAKE) --no-print-directory rehearsable || echo "Rollcall as deployed will be absent: what it needs could not be made"
	$(BIN)/python -m bench

.PHONY: rehearsable
rehearsable: install $(REHEARSAL)/.installed-$(TRANSLATOR_VERSION)
	@$(BIN)/python -m rehearsal built || $(MAKE) build-local

$(SAM)/.installed-$(SAM_VERSION):
	@echo "installing the SAM CLI into $(SAM), about a minute"
	$(PYTHON) -m venv $(SAM)
	@$(SAM)/bin/python -m pip install --quiet --disable-pip-version-check aws-sam-cli==$(SAM_VERSION)
	touch $@

# pip-audit, and what validates bills of materials.
$(AUDIT)/.installed-$(AUDIT_VERSION):
	@echo "installing pip-audit into $(AUDIT), a quarter of a minute"
	$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==$(AUDIT_VERSION) 'cyclonedx-python-lib[json-validation]'
	touch $@

# The emulator under Lambda's Python, with SAM's transform for its CloudFormation.
$(REHEARSAL)/.installed-$(TRANSLATOR_VERSION): requirements-emulator.txt
	@echo "installing the AWS emulator into $(REHEARSAL), half a minute"
	$(call with-runtime,$(REHEARSAL))
	@$(REHEARSAL)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $< aws-sam-translator==$(TRANSLATOR_VERSION)
	touch $@

with-runtime = @runtime="$$($(MAKE) --silent --no-print-directory --directory layers/rollcall runtime)"; \
	test -n "$$runtime" || { echo "Running the functions here needs Python 3.13, as python3.13 on PATH or from pyenv." >&2; exit 1; }; \
	"$$runtime" -m venv $(1)

# Lambda's Python with Lambda's own client of its runtime.
$(LAMBDA)/.installed-$(RUNTIME_CLIENT_VERSION):
	$(call with-runtime,$(LAMBDA))
	@$(LAMBDA)/bin/python -m pip install --quiet --disable-pip-version-check awslambdaric==$(RUNTIME_CLIENT_VERSION)
	touch $@

clean:  ## remove what was built and the local server's data
	rm -rf .aws-sam build .rollcall artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis
