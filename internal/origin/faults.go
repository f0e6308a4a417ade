package origin

import (
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// wait waits, unless the client goes before that.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return r.Context().Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (o *Origin) delay(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	d := p.duration("d", 0, o.opts.MaxTime)
	if !p.bad(w) && wait(r, d) {
		reply(w, http.StatusOK, map[string]any{"delay_ms": d.Milliseconds()})
	}
}

func status(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	code := p.int("code", 200, 200, 599)
	if !p.bad(w) {
		reply(w, code, map[string]any{"status": code})
	}
}

// retryAfter refuses a key as often as it is told to, and counts who did not wait.
func (o *Origin) retryAfter(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	seconds := p.int("s", 1, 0, 86_400)
	times := p.int("times", 1, 0, 1_000_000)
	code := p.int("status", http.StatusTooManyRequests, 300, 599)
	if p.bad(w) {
		return
	}
	refused, count := false, 0
	o.log.with("/retry-after", keyOf(r), func(t *tries) {
		count = t.count
		if refused = t.count <= times; refused {
			t.notTill = time.Now().Add(time.Duration(seconds) * time.Second)
		}
	})
	if refused {
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		fail(w, code, "come back in %d s", seconds)
		return
	}
	reply(w, http.StatusOK, map[string]any{"attempt": count})
}

// flaky fails by what the seed, the key and the attempt say, and no more often in a
// row than max, so that a patient client gets through; a rate of 1 always fails.
func (o *Origin) flaky(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	rate := p.share("rate", 0.3)
	most := p.int("max", 3, 0, math.MaxInt32)
	if p.bad(w) {
		return
	}
	key, failed, count := keyOf(r), false, 0
	o.log.with("/flaky", key, func(t *tries) {
		count = t.count
		failed = rate == 1 || t.failed < most && unit(chance(o.opts.Seed, key, uint64(count))) < rate
		if failed {
			t.failed++
		} else {
			t.failed = 0
		}
	})
	if !failed {
		reply(w, http.StatusOK, map[string]any{"attempt": count})
		return
	}
	switch chance(o.opts.Seed+1, key, uint64(count)) % 3 {
	case 0:
		fail(w, http.StatusInternalServerError, "attempt %d fails", count)
	case 1:
		fail(w, http.StatusServiceUnavailable, "attempt %d fails", count)
	default:
		reset(w, r)
	}
}

// reset ends the connection without an answer, by a reset where there is such a thing.
func reset(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	closeByReset(conn)
}

func closeByReset(conn net.Conn) {
	if c, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = c.SetLinger(0)
	}
	_ = conn.Close()
}

// lyingLength says 1000 bytes and sends ten; the server then closes the connection.
func lyingLength(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte("ten bytes."))
}
