.PHONY: test race check generate mutants bench examples soak explore
test: ; go test ./...
race: ; go test -race -shuffle=on -count=3 -cpu=1,2 ./...
check: ; bash .ci/run
generate: ; go generate ./...
mutants: ; go run ./internal/mutants
soak: ; BATCH_KILLS=300 go test -count=1 -timeout=60m -run Killed ./batch && CRAWL_KILLS=100 go test -count=1 -timeout=60m -run Killed ./crawl && FRONTIER_URLS=1000000 go test -count=1 -run Size -v ./crawl/frontier && INFLIGHT_SOAK=1 go test -count=1 -timeout=60m -run Soak -v ./cmd/inflight
explore: ; INFLIGHT_RUNS=200000 go test -count=1 -timeout=120m -run Modes_ . ./locks ./queue ./limit
bench: ; go -C bench run .
examples: ; for d in examples/*/; do go run "./$$d" </dev/null || exit 1; done
