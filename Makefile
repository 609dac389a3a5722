# Everything that a developer runs. `make check` is what CI runs.

GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOFUMPT       := mvdan.cc/gofumpt@v0.12.0

.PHONY: check build test race lint web bench docs

check: build lint web race

build:
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/portico ./cmd/portico
	go vet ./...

# The README's command.
test:
	go test ./...

# Whole portals beside Chromium and PHP run without the race detector: with it they take longer than all the rest, and what they run
# has tests of its own.
race:
	go test -race -timeout 30m $$(go list ./... | grep -v /internal/e2e$$)
	go test -timeout 30m ./internal/e2e

lint:
	go mod tidy -diff
	go run $(GOLANGCI_LINT) run ./...

# Every import of the pages' modules resolves, and their own tests pass where node is installed.
web:
	go test -run 'Assets|Modules|Templates' ./internal/web/... ./internal/portal/...
	@if command -v node >/dev/null; then files=$$(find internal -name '*.test.js'); [ -z "$$files" ] || node --test $$files; \
	else echo "node is not installed: the modules' own tests were skipped"; fi

# The figures of docs/benchmarks.md. Needs wrk; PORTICO_TEST_POSTGRES adds PostgreSQL.
bench:
	go run ./internal/bench
	go test -run "^$$" -bench . ./internal/console
	go test -run "^$$" -bench Scroll -benchtime 1x ./internal/im/imweb
	go test -run "^$$" -bench "LargeChat|Search" -benchtime 20x -timeout 60m ./internal/im
	go test -run "^$$" -bench "Assign|Message" ./internal/openline
	go test -run "^$$" -bench Report -benchtime 5x ./internal/openline/stat

# Files that the program writes about itself.
docs:
	go test ./internal/portal -run 'Golden' -update
