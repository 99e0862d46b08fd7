# The project's commands. Each installs what it needs first and says so.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build run test dev e2e tidy-test bench format format-check tidy tsan docs clean fuzz deps-build deps-test deps-bench \
        deps-fuzz

JOBS ?= $(shell nproc)
ARGS ?=
FOLDERS ?=
SEQUENCES ?= 7200
SECONDS ?= 60

empty :=
space := $(empty) $(empty)

help: ## Show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

build: deps-build ## Build the server: build/release/parley
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS)

run: build ## Build and serve on http://127.0.0.1:8000 (more flags: make run ARGS="--listen 0.0.0.0:80")
	@exec build/release/parley serve $(ARGS)

test: dev tidy-test ## Run every test: unit, conformance, tidy, end to end, proofs (with ASan and UBSan)
	@ctest --preset dev -j $$(($(JOBS) + 1)) # the proofs of the store wait for another thread half of the time
	@PARLEY_BINARY=$(CURDIR)/build/dev/parley tests/e2e/run
	@PARLEY_BINARY=$(CURDIR)/build/dev/parley tests/proof/run

dev: deps-build deps-test
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS)

e2e: build deps-test ## Run the end-to-end tests against the release binary
	@PARLEY_BINARY=$(CURDIR)/build/release/parley tests/e2e/run

tidy-test: deps-test
	@node --test tests/tidy

bench: build deps-test deps-bench ## Measure the release binary beside nginx, print a table and verify the books
	@bench/run $(ARGS)

format: deps-test ## Format all C++
	@git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs clang-format-19 -i

format-check: deps-test ## Fail where C++ is not formatted
	@git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs clang-format-19 --dry-run -Werror

tidy: dev ## Run clang-tidy over all C++
	@scripts/clang-tidy build/dev $(JOBS)

tsan: deps-build deps-test ## Run the unit and conformance tests with ThreadSanitizer; FOLDERS="async http" for some
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan -j $(JOBS) $(if $(FOLDERS),--target $(FOLDERS:%=%_test))
	@ctest --preset tsan -j $(JOBS) $(if $(FOLDERS),-R '^($(subst $(space),|,$(strip $(FOLDERS))))$$')

fuzz: deps-build deps-fuzz ## Fuzz what reads bytes from outside, for 60 s a harness; SECONDS=600 for longer
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)
	@tests/proof/fuzz/run $(SECONDS)

proof: build dev deps-fuzz ## Run the proofs in their long form: hours. PARLEY_PROOF_… sets single ones (docs/reliability.md)
	@PARLEY_PROOF=long RC_PARAMS=max_success=$(SEQUENCES) build/dev/src/store/store_proof
	@PARLEY_PROOF=long PARLEY_BINARY=$(CURDIR)/build/release/parley tests/proof/run
	@$(MAKE) --no-print-directory fuzz SECONDS=$(or $(SECONDS),600)
	@$(MAKE) --no-print-directory tsan

docs: build ## Write the pages that come from the program itself
	@build/release/parley settings > docs/settings.md

clean: ## Remove everything that was built
	@rm -rf build

deps-build:
	@scripts/install-dependencies build

deps-test:
	@scripts/install-dependencies build test

deps-bench:
	@scripts/install-dependencies build bench

deps-fuzz:
	@scripts/install-dependencies build fuzz
