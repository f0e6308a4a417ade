package serve

import "github.com/inflight-go/inflight/internal/stopping"

// WithStopping is what Main does to its context.
var WithStopping = stopping.With
