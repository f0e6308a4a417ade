package inflight

// Watchers returns how many are to be told when a task or promise has a result,
// and how many wait for it.
func Watchers(a Awaitable) (told, waiting int) {
	f, _ := a.awaitable()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more != nil && f.more.subs != nil {
		told = 1
		for s := f.more.subs.next; s != f.more.subs; s = s.next {
			told++
		}
	}
	return told, f.waiters.Len()
}
