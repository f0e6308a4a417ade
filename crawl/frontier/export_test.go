package frontier

// Line is the queue of places.
type Line struct{ l line }

func (l *Line) Put(at int64)         { l.l.put(at) }
func (l *Line) Take(last bool) int64 { return l.l.take(last) }
func (l *Line) Len() int             { return l.l.n }
func (l *Line) Empty() bool          { return l.l.first == nil && l.l.last == nil }

var HostOf = hostOf
