// Package batchtest has the tests that a batch.Queue and a batch.Sink have to pass,
// whatever stands behind them.
package batchtest
