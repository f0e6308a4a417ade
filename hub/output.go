package hub

import "context"

// An output is what a shard needs in order to write.
type output struct {
	vec    vector
	kicked []*Client // to be told, once their lock is free

	delivered, dropped, discarded, queued int

	depth, depthBytes localDepths
}

func (o *output) init() { o.vec.init() }

// lose takes messages out of the count of those that wait: the policy has dropped them.
func (o *output) lose(n int) {
	o.queued -= n
	o.dropped += n
}

// count adds up what has become of a batch. What is delivered comes last: who waits for it
// finds the depths of it there.
func (o *output) count(to *counters) {
	if o.delivered > 0 { // at once: what waits is counted as delivered by its writer
		to.depth.counts[0].Add(uint64(o.delivered))
		to.depthBytes.counts[0].Add(uint64(o.delivered))
	}
	o.depth.flush(&to.depth)
	o.depthBytes.flush(&to.depthBytes)
	to.queued.Add(int64(o.queued))
	to.dropped.Add(uint64(o.dropped))
	to.discarded.Add(uint64(o.discarded))
	to.delivered.Add(uint64(o.delivered))
	o.delivered, o.dropped, o.discarded, o.queued = 0, 0, 0, 0
}

// waits counts a delivery that waits, in a queue that is so long with it.
func (o *output) waits(messages, bytes int) {
	o.queued++
	o.depth.add(messagesBucket(messages), messages)
	o.depthBytes.add(bytesBucket(bytes), bytes)
}

// send writes to a client what it is due of a batch, as much as the connection takes at
// once, and puts the rest into its queue.
func (s *shard) send(ctx context.Context, c *Client, items []item, l *layout) {
	c.mu.Lock()
	o := &c.out
	taken := 0
	if !o.last && c.raw != nil && o.idle() {
		s.out.vec.reset()
		for _, d := range c.due {
			s.out.vec.add(l.flat[l.ends[d.from]:l.ends[d.to]])
		}
		var err error
		if taken, err = s.out.vec.write(c.raw, false); err != nil {
			c.mu.Unlock()
			s.out.discarded += c.howMany()
			c.fail(&CloseError{Code: Abnormal, Err: err})
			return
		}
	}
	for _, d := range c.due {
		for i := int(d.from); i < int(d.to); i++ {
			size := l.ends[i+1] - l.ends[i]
			switch {
			case taken >= size:
				s.out.delivered++
				taken -= size
			case taken > 0:
				o.rest, o.counts = items[i].frame.bytes(c.form)[taken:], true
				s.out.waits(1, len(o.rest))
				taken = 0
			case o.last:
				s.out.discarded++
			default:
				s.enqueue(ctx, c, items[i].frame.bytes(c.form))
			}
		}
	}
	if !o.idle() {
		c.startWriter()
	}
	c.mu.Unlock()
	for _, c := range s.out.kicked {
		c.cancel()
	}
	clear(s.out.kicked)
	s.out.kicked = s.out.kicked[:0]
}

// howMany returns how many messages of a batch the client is due.
func (c *Client) howMany() (n int) {
	for _, d := range c.due {
		n += int(d.to - d.from)
	}
	return n
}
