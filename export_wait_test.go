package inflight

// Watchers returns how many are to be told when a task or promise has a result,
// and how many wait for it.
func Watchers(a Awaitable) (told, waiting int) {
	f, _ := a.awaitable()
	c := f.lock()
	defer c.mu.Unlock()
	if c.subs != nil {
		told = 1
		for s := c.subs.next; s != c.subs; s = s.next {
			told++
		}
	}
	return told, c.list.Len()
}

// SettleHalf does the first half of what settles a task that one alone awaits: it
// is done, and that one has not been told. tell is the other half.
func SettleHalf(a Awaitable) (tell func()) {
	f, _ := a.awaitable()
	w := f.sole.Swap(&ended[Succeeded])
	return func() {
		w.Grant()
		w.Unpark()
	}
}
