package locks

// Queued counts those who wait for a notification. It takes no mutex: the caller
// is the goroutine that holds c's.
func (c *Cond) Queued() int { return c.list.Len() }
