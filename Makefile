# Everything a developer calls. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# A Node that is new enough for all clients comes with the test packages.
NODE22 := $(CURDIR)/testdata/node/node_modules/node/bin

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.PHONY: build
build: ## build the programs into bin/
	@mkdir -p bin
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./mcpserver ./adapter ./scripts/run

.PHONY: run
run: build ## run Taskwire on this machine, without sign-in (Ctrl-C stops it)
	@exec bin/run

.PHONY: test-needs
test-needs: ## install what the tests need, or say what is missing
	@scripts/test-needs.sh
	@scripts/node-needs.sh

.PHONY: test
test: test-needs ## run every test
	PATH="$(NODE22):$$PATH" PROMISES_DIR="$(CURDIR)/bin/promises" go test -race -timeout 20m ./...
	go test -tags faultpoints ./faultpoint
	@go run ./promises -read bin/promises

.PHONY: promises
promises: test-needs ## show every promise at full length: kills, faults, attacks, load (hours)
	PATH="$(NODE22):$$PATH" go run ./promises

.PHONY: conformance
conformance: test-needs ## run the official MCP conformance suite against the real HTTP stack
	PATH="$(NODE22):$$PATH" go test -count=1 -tags conformance -run TestConformance -v ./mcpserver

.PHONY: bench
bench: test-needs ## run the benchmarks beside their peers (about 15 minutes)
	PATH="$(NODE22):$$PATH" go run ./bench

.PHONY: check
check: ## format, vet, lint, generated code up to date, module file tidy
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run: gofmt -w'; exit 1; }
	go vet ./...
	go vet -tags conformance ./mcpserver
	go vet -tags promises ./...
	go vet -tags faultpoints ./faultpoint
	go tool staticcheck ./...
	go tool sqlc diff
	go mod tidy -diff

.PHONY: generate
generate: ## regenerate the code of the queries
	go tool sqlc generate
