module github.com/inflight-go/inflight/bench

go 1.26.0

replace github.com/inflight-go/inflight => ../

require (
	github.com/alitto/pond/v2 v2.7.1
	github.com/creachadair/taskgroup v0.14.5
	github.com/inflight-go/inflight v0.0.0
	github.com/panjf2000/ants/v2 v2.12.1
	github.com/sourcegraph/conc v0.3.0
	golang.org/x/sync v0.24.0
)

require (
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.9.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
