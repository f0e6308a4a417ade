//go:build !unix

package main

import "github.com/inflight-go/inflight/internal/fetch"

// warnOfFiles does nothing: there is no such limit here.
func warnOfFiles(*fetch.Options, *screen) {}
