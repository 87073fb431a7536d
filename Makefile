# Nodeloom's commands. On a fresh machine each one first makes what it needs: .venv, from uv.lock.
#
#   make up        start everything            make test    the whole test suite
#   make lint      format, lint, types         make check   lint + contracts + migrations + OpenAPI
#   make bench     the benchmarks              make clean   remove .venv and caches
#   make clean-data    remove all data of the embedded servers (asks first)
#
# Arguments: make up ARGS="--port 9000 --no-demo"      make test ARGS="tests/config -x"

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
RUN := $(VENV)/bin/python
export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

# A dozen processes start together: where bytecode is not kept, each of them compiles everything.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.bytecode

.PHONY: help up test lint check bench clean clean-data runtime with-test with-bench with-dev

help:
	@sed -n '3,8s/^# \{0,1\}//p' Makefile

up: runtime
	@exec $(RUN) manage.py up $(ARGS)

test: with-test
	$(RUN) -m pytest -n 3 --cov --cov-report=term-missing:skip-covered $(ARGS)

lint: with-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .

check: lint
	$(VENV)/bin/lint-imports
	$(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(RUN) manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: with-bench
	$(RUN) -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .bytecode htmlcov .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

clean-data: runtime
	@$(RUN) manage.py remove_data $(ARGS)

# Each stamp says that the environment holds what the lock names; a second call has nothing to do.
runtime: $(VENV)/.runtime
with-test: $(VENV)/.with-test
with-bench: $(VENV)/.with-bench
with-dev: $(VENV)/.with-dev

$(VENV)/.runtime: uv.lock pyproject.toml | $(RUN)
	@$(call sync,--no-default-groups)

$(VENV)/.with-test: uv.lock pyproject.toml | $(RUN)
	@$(call sync,--no-default-groups --group test)

$(VENV)/.with-bench: uv.lock pyproject.toml | $(RUN)
	@$(call sync,--no-default-groups --group bench)

$(VENV)/.with-dev: uv.lock pyproject.toml | $(RUN)
	@$(call sync,--no-default-groups --group dev)

# The wheels of the embedded servers are built for these versions; the first that runs is taken.
$(RUN):
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	    then break; fi; python=; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "Nodeloom needs Python 3.11, 3.12 or 3.13 and found none of them on the PATH." >&2; \
	    echo "Install one, or name it: make up PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$python --version)"; \
	if command -v uv >/dev/null 2>&1; then uv venv --quiet --python "$$(command -v $$python)" $(VENV); \
	else $$python -m venv $(VENV) || { rm -rf $(VENV); \
	    echo "Python cannot make a virtual environment here: install its venv package" \
	        "(python3-venv), or uv." >&2; exit 1; }; fi

define sync
if command -v uv >/dev/null 2>&1; then uv=uv; else \
    uv=$(VENV)/bin/uv; [ -x $$uv ] || $(RUN) -m pip install --quiet uv || exit 1; fi; \
echo "Installing the dependencies from uv.lock"; \
$$uv sync --frozen --inexact --quiet $(1) && touch $@
endef
