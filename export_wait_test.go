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
