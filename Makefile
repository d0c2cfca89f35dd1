MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := .venv/bin
CODE := pixel_tui screens widgets tests $(wildcard benchmarks)

.PHONY: help run test bench bench-backups bench-environment soak try-textual lint format sandbox sandbox-down clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Where docker has no compose plugin, the one of the development set-up is found as `docker-compose`,
# as scripts/compose does for the sandbox.
run: ## Set up what is missing and open the console, else a demonstration; ARGS="..." goes to it
	@scripts/setup run
	@PATH="$$PATH$$(printf ':%s' "$$PWD"/.venv/lib/python3*/site-packages/compose)" \
		$(BIN)/pixel-tui --or-demo $(ARGS)

test: ## Set up what is missing, a private engine too, and run the tests; ARGS="..." goes to pytest
	@scripts/setup dev
	@scripts/setup-engine
	@$(BIN)/python -m pytest --numprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

bench: ## Measure the console on a private engine; ARGS="--quick --json FILE" goes to it
	@scripts/setup dev
	@scripts/setup-engine
	@$(BIN)/python -m benchmarks $(ARGS)

bench-backups: ## Measure a backup of a database that is written to; ARGS="--json FILE" goes to it
	@scripts/setup dev
	@$(BIN)/python -m benchmarks.backups $(ARGS)

bench-environment: ## Compare the reading of environment files with compose's; ARGS="--documents N"
	@scripts/setup dev
	@TEXTUAL_FPS=200 $(BIN)/python -m benchmarks.environment_keys
	@$(BIN)/python -m benchmarks.environment $(ARGS)

try-textual: ## Run the tests of the screens with another Textual; VERSION=8.3.0, else the newest
	@scripts/try-textual $(VERSION)

soak: ## Use the console at random for 30 minutes and see whether it grows; ARGS="--minutes N"
	@scripts/setup dev
	@scripts/setup-engine
	@$(BIN)/python -m benchmarks.soak $(ARGS)

lint: ## Check style, format, types and layers
	@scripts/setup dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: ## Bring the code into its format
	@scripts/setup dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

sandbox: ## Bring the sandbox up on the engine of DOCKER_HOST or the current context
	@COMPOSE="$(CURDIR)/scripts/compose" examples/sandbox/up

sandbox-down: ## Take the sandbox down, its volumes too
	@cd examples/sandbox && "$(CURDIR)/scripts/compose" --profile '*' down --volumes --timeout 2

clean: ## Remove all that set-up, checks and tests have made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	rm -f examples/sandbox/image/busybox
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
