package main

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
)

// A request is what is raced: a function that a context ends.
type request = func(context.Context) (string, error)

// A client runs the course at a scenario server.
type client struct {
	http   *http.Client
	url    string        // of the server, without a slash at the end
	second time.Duration // how long a second of the course is
	racers int           // of scenario 3
}

// A status is an answer that does not win.
type status int

func (s status) Error() string { return fmt.Sprintf("%d %s", int(s), http.StatusText(int(s))) }

// get requests a path. An answer that is not 200 is an error.
func (c *client) get(path string) request {
	return func(ctx context.Context) (string, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
		if err != nil {
			return "", err
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		if resp.StatusCode != http.StatusOK {
			return "", fmt.Errorf("%w: %s", status(resp.StatusCode), body)
		}
		return string(body), err
	}
}

// times requests a path n times.
func (c *client) times(n int, path string) []request {
	return slices.Repeat([]request{c.get(path)}, n)
}

// Two requests: the first answer wins, and the other request is cancelled.
func (c *client) scenario1(ctx context.Context) (string, error) {
	return inflight.Any(ctx, c.times(2, "/1")...)
}

// Two, and the server closes the connection of one: that is no answer.
func (c *client) scenario2(ctx context.Context) (string, error) {
	return inflight.Any(ctx, c.times(2, "/2")...)
}

// Ten thousand.
func (c *client) scenario3(ctx context.Context) (string, error) {
	return inflight.Any(ctx, c.times(c.racers, "/3")...)
}

// Two, and one of them gives up after a second.
func (c *client) scenario4(ctx context.Context) (string, error) {
	impatient := func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, c.second)
		defer cancel()
		return c.get("/4")(ctx)
	}
	return inflight.Any(ctx, c.get("/4"), impatient)
}

// Two, and an answer that is not 200 loses.
func (c *client) scenario5(ctx context.Context) (string, error) {
	return inflight.Any(ctx, c.times(2, "/5")...)
}

// Three, of which one fails, and one never answers.
func (c *client) scenario6(ctx context.Context) (string, error) {
	return inflight.Any(ctx, c.times(3, "/6")...)
}

// One, and another if that has not answered after three seconds.
func (c *client) scenario7(ctx context.Context) (string, error) {
	return inflight.Hedge(ctx, 3*c.second, c.times(2, "/7")...)
}

// Two that each open something, use it, and close it, also when they lose.
func (c *client) scenario8(ctx context.Context) (string, error) {
	open := func(ctx context.Context) (string, func(context.Context) error, error) {
		id, err := c.get("/8?open")(ctx)
		return id, func(ctx context.Context) error {
			_, err := c.get("/8?close=" + id)(ctx)
			return err
		}, err
	}
	use := func(ctx context.Context) (body string, err error) {
		var cleanup inflight.Stack
		defer cleanup.Close(ctx, &err)
		id, err := inflight.Enter(ctx, &cleanup, open)
		if err != nil {
			return "", err
		}
		return c.get("/8?use=" + id)(ctx)
	}
	return inflight.Any(ctx, use, use)
}

// Ten, of which five answer with a letter: in the order in which they come.
func (c *client) scenario9(ctx context.Context) (string, error) {
	var word strings.Builder
	ask := func(ctx context.Context, get request) (string, error) { return get(ctx) }
	for _, letter := range inflight.Each(ctx, slices.Values(c.times(10, "/9")), 10, ask) {
		word.WriteString(letter.Value)
	}
	return word.String(), context.Cause(ctx)
}

// One that keeps a processor busy for as long as it has no answer, and beside it
// a report each second of how busy this process is.
func (c *client) scenario10(ctx context.Context) (string, error) {
	id := fmt.Sprintf("%d", time.Now().UnixNano())
	compute := func(ctx context.Context) (string, error) {
		for data := make([]byte, 64<<10); ; {
			sum := sha512.Sum512(data)
			copy(data, sum[:])
			if err := inflight.Sleep(ctx, 0); err != nil { // lets others run, too
				return "", err
			}
		}
	}
	_, report, err := inflight.Gather2(ctx,
		func(ctx context.Context) (string, error) { return inflight.Race(ctx, c.get("/10?"+id), compute) },
		func(ctx context.Context) (string, error) { return c.reportLoad(ctx, id) })
	return report, err
}

func (c *client) reportLoad(ctx context.Context, id string) (string, error) {
	for {
		from, before := time.Now(), busy()
		if err := inflight.Sleep(ctx, c.second); err != nil {
			return "", err
		}
		load := min(1, (busy()-before)/time.Since(from).Seconds())
		answer, err := c.get(fmt.Sprintf("/10?%s=%.2f", id, load))(ctx)
		if !errors.Is(err, status(http.StatusFound)) {
			return answer, err
		}
	}
}

// busy returns for how many seconds processors have run this program. The
// runtime counts that when it collects garbage.
func busy() float64 {
	runtime.GC()
	cpu := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(cpu)
	return cpu[0].Value.Float64() - cpu[1].Value.Float64()
}

// One against a race of two.
func (c *client) scenario11(ctx context.Context) (string, error) {
	pair := func(ctx context.Context) (string, error) { return inflight.Any(ctx, c.times(2, "/11")...) }
	return inflight.Any(ctx, c.get("/11"), pair)
}

// Two that both answer at the same moment: there is one winner all the same.
func (c *client) bothWin(ctx context.Context) (string, error) {
	return inflight.Any(ctx, c.times(2, "/both")...)
}

// Two that both fail: nobody wins, and that must come out.
func (c *client) noneWins(ctx context.Context) (string, error) {
	_, err := inflight.Any(ctx, c.times(2, "/none")...)
	if errors.Is(err, status(http.StatusInternalServerError)) {
		return "no winner", nil
	}
	return "", err
}
