# Everything a person runs here. `make up` and `make test` need Python 3.11+ with venv, and Node 20+ where no built
# console is in the package; they install the rest from the locks.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
STAMPS := .venv/stamps
PROJECT ?= examples/taxi
PORT ?=

.PHONY: help up test check setup-python setup-tests setup-bench setup-screenshots lock screenshots prove-first prove-durable prove-desk prove-window prove-broadcast soak bench bench-items bench-webhooks bench-replies new-node new-channel docs clean

help:  ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sort | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

# --- installing -------------------------------------------------------------------------------------------------

setup-python:
	@if [ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1; then exit 0; fi
	if ! command -v $(PYTHON) >/dev/null; then echo "Python 3.11 or newer is needed, and there is no $(PYTHON). Debian: apt-get install python3 python3-venv" >&2; exit 1; fi
	if ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) is too old. Say which one to use: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	if ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then echo "Python's venv module is missing. Debian: apt-get install python3-venv" >&2; exit 1; fi
	echo "[1/3] making .venv with $$($(PYTHON) --version) …"
	$(PYTHON) -m venv .venv

# An install that breaks off leaves no stamp, so that the next make goes on where it stopped.
$(STAMPS)/runtime: locks/runtime.txt locks/build.txt pyproject.toml | setup-python
	@echo "[2/3] installing Python packages from locks/runtime.txt …"
	$(PIP) install --require-hashes -r locks/runtime.txt -r locks/build.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	mkdir -p $(STAMPS)
	touch $@

$(STAMPS)/dev: locks/dev.txt pyproject.toml | setup-python
	@echo "[2/3] installing Python packages from locks/dev.txt …"
	$(PIP) install --require-hashes -r locks/dev.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	mkdir -p $(STAMPS)
	touch $(STAMPS)/runtime $@

# --- the two commands -------------------------------------------------------------------------------------------

up: $(STAMPS)/runtime  ## Install what is missing, build the console, serve examples/taxi (PROJECT=folder for another one, PORT=number)
	@$(BIN)/python scripts/build_console.py
	$(BIN)/python -m compileall -q src/tapbot  # also where the environment forbids Python to keep its bytecode
	echo "[3/3] starting tapbot with $(PROJECT) …"
	exec $(BIN)/tapbot up $(PROJECT) $(if $(PORT),--port $(PORT))

test: $(STAMPS)/dev setup-tests  ## Install what the tests need and run everything
	@step() { echo; echo "== $$1"; shift; "$$@"; }
	step "ruff check" $(BIN)/ruff check .
	step "ruff format" $(BIN)/ruff format --check .
	step "mypy --strict" $(BIN)/mypy
	step "layers (import-linter)" $(BIN)/lint-imports
	step "console: packages" $(BIN)/python scripts/build_console.py --packages
	step "console: lint" npm --prefix console run --silent lint
	step "console: tests" npm --prefix console run --silent test
	step "console: build" $(BIN)/python scripts/build_console.py
	step "pytest" $(BIN)/pytest tests --numprocesses auto --dist worksteal
	command -v chromium chromium-browser google-chrome >/dev/null || echo "!! The browser tests were SKIPPED: there is no chromium here. As root: apt-get install chromium"

check: $(STAMPS)/dev  ## The quick half, under a minute: ruff, mypy, layers, unit and contract tests
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/unit tests/contract tests/architecture -q

# Programs that tests drive and pip cannot install. Without them their tests are skipped and say so.
setup-tests setup-bench setup-screenshots:
	@missing=""
	command -v chromium >/dev/null || missing="$$missing chromium"
	if [ "$@" = setup-tests ]; then
	  ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"
	  [ -n "$$(PATH="$$PATH:/usr/sbin" command -v mariadbd)" ] || missing="$$missing mariadb-server"
	  [ -e /usr/lib/dovecot/imap ] || missing="$$missing dovecot-imapd"
	  [ -x /usr/sbin/sshd ] || missing="$$missing openssh-server"
	  for server in redis-server nats-server; do
	    [ -n "$$(PATH="$$PATH:/usr/sbin" command -v $$server)" ] || missing="$$missing $$server"
	  done
	fi
	if [ "$@" = setup-bench ] && ! command -v wrk >/dev/null; then missing="$$missing wrk"; fi
	if [ "$@" = setup-screenshots ]; then
	  for font in "Inter=fonts-inter" "Noto Color Emoji=fonts-noto-color-emoji"; do
	    fc-list 2>/dev/null | grep -q "$${font%%=*}" || missing="$$missing $${font##*=}"
	  done
	fi
	if [ -n "$$missing" ]; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "installing Debian packages for tests:$$missing …"
	    apt-get update -qq
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null
	  else
	    echo "Not installed, so that their tests are skipped, or pictures lack them:$$missing. As root: apt-get install$$missing" >&2
	  fi
	fi
	$(PYTHON) scripts/build_console.py --tools

# --- heavier proofs, pictures, figures ----------------------------------------------------------------------------

prove-first: $(STAMPS)/dev  ## Drop each database commit in turn and name the test that notices
	@$(BIN)/python scripts/prove_first.py

prove-durable: $(STAMPS)/dev  ## Kill at random and at each write: no run is lost, nothing is doubled in silence (SIZE="--runs 500 --kills 5" for less)
	@$(BIN)/python -m scripts.prove_durable $(SIZE)

prove-desk: $(STAMPS)/dev  ## 5,000 interleavings of customer, bot, operators, phone and timers: the bot never talks over a person (EXAMPLES=500 for less)
	@TAPBOT_PROVE_EXAMPLES=$(or $(EXAMPLES),5000) $(BIN)/pytest -q -p no:cacheprovider tests/chaos/test_desk_model.py

prove-window: $(STAMPS)/dev  ## 10,000 simulated WhatsApp sends: no free text outside 24 hours (SENDS=10000)
	@$(BIN)/python -m scripts.prove_window $(or $(SENDS),10000)

prove-broadcast: $(STAMPS)/dev  ## A broadcast to 5,000 people in Telegram with kills -9: each once, never above Telegram's limits (SIZE="--people 500 --kills 1" for less)
	@$(BIN)/python -m scripts.prove_broadcast $(SIZE)

soak-conversations: $(STAMPS)/dev setup-tests  ## 10,000 messages in Telegram and in WhatsApp with faults and 20 kills -9 each: nothing lost, nothing twice (SIZE="--updates 400 --kills 4" for less)
	@$(BIN)/python -m scripts.soak_conversations $(SIZE)

soak: $(STAMPS)/dev  ## A day's work on an accelerated clock: nothing may grow; then an hour of fuzz (DAY_SECONDS=600, FUZZ_SECONDS=3600)
	@$(BIN)/python -m scripts.soak --seconds $(or $(DAY_SECONDS),600)
	$(BIN)/python -m scripts.fuzz --seconds $(or $(FUZZ_SECONDS),3600)

screenshots: $(STAMPS)/dev setup-screenshots  ## Make the pictures of docs/images/ in a real browser
	@$(BIN)/python scripts/build_console.py
	$(BIN)/python scripts/make_screenshots.py

bench: $(STAMPS)/dev setup-bench  ## Measure memory, start, replies, and webhooks with ../shared/bench (HOME_DIR=folder for results)
	@$(BIN)/python benchmarks/memory.py || echo "memory or start is beyond its goal" >&2
	dir=$${HOME_DIR:-$$(mktemp -d)}
	$(BIN)/python benchmarks/replies.py $$dir/replies.json || echo "replies are slower than their goal, or missing" >&2
	port=$$($(BIN)/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	echo "results in $$dir"
	$(BIN)/python ../shared/bench/webhook_bench.py --base-url http://127.0.0.1:$$port \
	  --start-cmd "$(BIN)/tapbot up ../shared/bench --port $$port --data $$dir/data --allow-private-network" \
	  --scenarios b,c,d,e,f --concurrency 10 --duration 3 --warm 1 --no-setup --home $$dir --lock $$dir/lock

bench-items: $(STAMPS)/dev setup-tests  ## 10,000 items through four nodes: items a second a node, and memory
	@$(BIN)/python benchmarks/items.py

bench-webhooks: $(STAMPS)/dev setup-bench  ## Webhooks beside the echo floor (JSON=file for the figures, SVG=file for a drawing)
	@$(BIN)/python benchmarks/webhooks.py $(JSON) $(if $(SVG),--svg $(SVG))

bench-replies: $(STAMPS)/dev  ## From a Telegram update to the reply: 20 messages a second in 200 chats (JSON=file for the figures)
	@$(BIN)/python benchmarks/replies.py $(JSON)

# --- making more of it --------------------------------------------------------------------------------------------

lock:  ## Resolve pyproject.toml again into locks/ (uv is fetched into .venv; the rest of make needs only pip)
	@test -x $(BIN)/uv || $(PIP) install uv
	options="--quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11 $(LOCK_OPTIONS)"
	$(BIN)/uv pip compile pyproject.toml --all-extras --group build --group dev $$options -o locks/dev.txt
	$(BIN)/uv pip compile pyproject.toml --all-extras $$options -c locks/dev.txt -o locks/runtime.txt
	$(BIN)/uv pip compile --group build $$options -c locks/dev.txt -o locks/build.txt

new-node: $(STAMPS)/dev  ## Scaffold a node: make new-node NAME=tapbot.myNode
	@$(BIN)/python scripts/scaffold_part.py node "$(NAME)"

new-channel: $(STAMPS)/dev  ## Scaffold a channel: make new-channel NAME=viber
	@$(BIN)/python scripts/scaffold_part.py channel "$(NAME)"

docs: $(STAMPS)/dev  ## Generate docs/reference/ from the code
	@$(BIN)/python scripts/generate_reference.py

clean:  ## Remove what was built and installed; data in .tapbot/ stays
	rm -rf .venv console/node_modules console/dist src/tapbot/api/console build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
