package files

// RangeSize makes ranges of that many bytes.
func RangeSize(n int64) LineOption { return func(o *lineOptions) { o.rangeSize = n } }

// Decide is decide.
var Decide = decide[int]

// Chunk is how much is read at once.
const Chunk = chunk
