package limit

// Credit is how far behind its line a rate may be and still catch up.
const Credit = credit

// Resolution is about how many entries a window is kept in.
const Resolution = resolution

// Entries returns how many entries the window of a rate has, and how many there
// is room for.
func (r *Rate) Entries() (n, room int) { return r.meter.window.len, len(r.meter.window.ring) }

// Entries returns how many entries the window of a budget has, and how many there
// is room for.
func (b *Budget) Entries() (n, room int) { return b.meter.window.len, len(b.meter.window.ring) }
