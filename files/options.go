package files

import "fmt"

// A LineOption changes how lines are read.
type LineOption func(*lineOptions)

type lineOptions struct {
	max    int
	binary bool
	// rangeSize is set by tests; zero means that it depends on the file.
	rangeSize int64
}

// defaultMaxLine is MaxLine unless it is given.
const defaultMaxLine = 10 << 20

// MaxLine is the most bytes that a line may have; the default is 10 MiB. As much memory is
// needed as the longest line takes that is allowed. It panics for an n below 1.
func MaxLine(n int) LineOption {
	if n < 1 {
		panic(fmt.Sprintf("inflight/files: MaxLine(%d): a line must have room", n))
	}
	return func(o *lineOptions) { o.max = n }
}

// Binary takes content for lines even if it does not look like text.
func Binary() LineOption { return func(o *lineOptions) { o.binary = true } }

func lineOptionsOf(opts []LineOption) lineOptions {
	o := lineOptions{max: defaultMaxLine}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// A WriteOption changes how files are replaced.
type WriteOption func(*writeOptions)

type writeOptions struct{ durable bool }

// NoSync leaves it to the system when to write to the disk. It is many times as fast for
// small files. A process that dies still leaves the old content or the new; after a loss of
// power it may be either, or, on some file systems, an empty file.
func NoSync() WriteOption { return func(o *writeOptions) { o.durable = false } }

func writeOptionsOf(opts []WriteOption) writeOptions {
	o := writeOptions{durable: true}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}
