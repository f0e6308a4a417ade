package hub_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/internal/memnet"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

// A bubble is a hub in a bubble, with connections in memory.
type bubble struct {
	*testing.T
	ctx        context.Context
	hub        *hub.Hub
	lines, web *memnet.Listener
	run        *inflight.Task[struct{}]
}

// inBubble runs the test beside a hub, and then ends the hub: nothing may be left.
func inBubble(t *testing.T, opts hub.Options, fn hub.Handler, test func(b *bubble)) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		b := &bubble{T: t, ctx: ctx, hub: hub.New(opts), lines: memnet.Listen("lines"), web: memnet.Listen("web")}
		if fn == nil {
			fn = echo(&b.hub)
		}
		b.run = g.Go(b.hub.Run)
		synctest.Wait()
		g.Go(func(ctx context.Context) error { return b.hub.Lines(ctx, b.lines, fn) })
		s := http.Server{Handler: b.hub.WebSocket(fn)}
		g.Go(func(context.Context) error {
			if err := s.Serve(b.web); err != http.ErrServerClosed {
				return err
			}
			return nil
		})
		test(b)
		b.run.Cancel(errors.New("the test is over"))
		if _, err := b.run.Await(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("Run returned %v", err)
		}
		s.Close()
		g.Cancel()
	})
}

// line returns a client that is not read from yet.
func (b *bubble) line() *wire {
	b.Helper()
	return b.dial(b.lines)
}

func (b *bubble) dial(l *memnet.Listener) *wire {
	b.Helper()
	c, err := l.Dial(b.ctx, "client", "hub", memnet.Link{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	synctest.Wait()
	return &wire{c, bufio.NewReader(c), b.T}
}

// socket returns one over WebSocket.
func (b *bubble) socket() *wire {
	b.Helper()
	c := b.dial(b.web)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if resp, err := http.ReadResponse(c.r, nil); err != nil || resp.StatusCode != 101 {
		b.Fatal(resp, err)
	}
	synctest.Wait()
	return c
}

func (b *bubble) send(m string) {
	b.Helper()
	if err := b.hub.Broadcast(b.ctx, hub.Text(m)); err != nil {
		b.Fatal(err)
	}
	synctest.Wait()
}

// numbers are the first words of the lines that come until there are no more for a
// while.
func (c *wire) numbers() (got []int) {
	c.SetReadDeadline(time.Now().Add(time.Second))
	for {
		s, err := c.r.ReadString('\n')
		if err != nil {
			return got
		}
		var n int
		fmt.Sscan(s, &n)
		got = append(got, n)
	}
}

// What becomes of the messages for one that does not read, by policy. The pipe and what
// is being written hold some of them; the queue four.
func TestSlow(t *testing.T) {
	const n = 60
	pad := strings.Repeat(" ", 4<<10)
	for slow, name := range []string{"Kick", "DropOldest", "DropNewest", "Latest"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, hub.Options{Slow: hub.Slow(slow), Queue: 4, CloseTimeout: 5 * time.Second}, nil, func(b *bubble) {
				c := b.line()
				for i := range n {
					b.send(fmt.Sprint(i, pad))
				}
				s := b.hub.Stats()
				// One that was kicked is not sent to any more.
				if sum := s.Delivered + s.Dropped + s.Discarded + uint64(s.Queued); sum != n && (hub.Slow(slow) != hub.Kick || sum > n || s.Dropped != 5) {
					t.Errorf("%d of %d are accounted for: %+v", sum, n, s)
				}
				got := c.numbers()
				end := b.hub.Stats()
				if len(got) != int(end.Delivered) || end.Delivered+end.Dropped+end.Discarded != s.Delivered+s.Dropped+s.Discarded+uint64(s.Queued) || end.Queued != 0 || end.Dropped == 0 {
					t.Errorf("%d came: %+v", len(got), end)
				}
				if !slices.IsSorted(got) {
					t.Errorf("out of order: %d", got)
				}
				last, whole := got[len(got)-1], len(got)-1 == got[len(got)-1]
				switch hub.Slow(slow) {
				case hub.Kick:
					if !whole || end.Kicked != 1 {
						t.Errorf("%d came, the last was %d: %+v", len(got), last, end)
					}
				case hub.DropOldest:
					if !slices.Equal(got[len(got)-4:], []int{n - 4, n - 3, n - 2, n - 1}) {
						t.Errorf("the last were %d", got)
					}
				case hub.DropNewest:
					if !whole {
						t.Errorf("%d came, the last was %d", len(got), last)
					}
				case hub.Latest:
					if last != n-1 || got[len(got)-2] == n-2 {
						t.Errorf("the last were %d", got)
					}
				}
			})
		})
	}
}

// Block loses nothing, and makes everybody wait.
func TestSlowBlock(t *testing.T) {
	inBubble(t, hub.Options{Slow: hub.Block, Queue: 4, Shards: 1, WriteTimeout: time.Hour}, nil, func(b *bubble) {
		c, other := b.line(), b.line()
		go io.Copy(io.Discard, other)
		const n = 3000
		pad := strings.Repeat(" ", 1<<10)
		sent := 0
		all := make(chan struct{})
		go func() {
			defer close(all)
			for ; sent < n; sent++ {
				if err := b.hub.Broadcast(b.ctx, hub.Text(fmt.Sprint(sent, pad))); err != nil {
					t.Error(err)
				}
			}
		}()
		synctest.Wait()
		if sent == n {
			t.Error("nobody has waited")
		}
		got := c.numbers()
		<-all
		if len(got) != n || got[n-1] != n-1 {
			t.Errorf("%d came", len(got))
		}
		if s := b.hub.Stats(); s.Dropped+s.Discarded > 0 {
			t.Errorf("%+v", s)
		}
	})
}

// With Block, too, one that never reads goes, after WriteTimeout.
func TestSlowBlockHasAnEnd(t *testing.T) {
	inBubble(t, hub.Options{Slow: hub.Block, Queue: 4, Shards: 1}, nil, func(b *bubble) {
		b.line()
		pad := strings.Repeat(" ", 8<<10)
		began := time.Now()
		for i := range 3000 {
			if err := b.hub.Broadcast(b.ctx, hub.Text(fmt.Sprint(i, pad))); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %v, want WriteTimeout", took)
		}
		if s := b.hub.Stats(); s.Kicked != 1 || s.Closed[hub.Policy] != 1 || s.Clients != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Who comes before the hub runs is served when it does.
func TestLinesBeforeRun(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		b := &bubble{T: t, ctx: ctx, hub: hub.New(hub.Options{}), lines: memnet.Listen("lines")}
		take := func(ctx context.Context) error { return b.hub.Lines(ctx, b.lines, echo(&b.hub)) }
		g.Go(take)
		came := make(chan *wire)
		go func() { came <- b.line() }()
		time.Sleep(time.Second)
		run := g.Go(b.hub.Run)
		c := <-came
		io.WriteString(c, "early\n")
		c.wantLine("early")
		run.Cancel(nil)
		if _, err := run.Await(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("Run returned %v", err)
		}

		b.hub, b.lines = hub.New(hub.Options{}), memnet.Listen("never")
		never, cancel := context.WithCancelCause(ctx)
		why := errors.New("enough")
		cancel(why)
		if err := take(never); err != why {
			t.Errorf("%v, want %v", err, why)
		}
		never, cancel = context.WithCancelCause(ctx)
		time.AfterFunc(time.Second, func() { cancel(why) })
		if err := take(never); err != why {
			t.Errorf("%v, want %v", err, why)
		}
	})
}

// One who waits in Broadcast is woken by the end of its context, and has sent nothing.
func TestBroadcastIsCancelled(t *testing.T) {
	inBubble(t, hub.Options{Slow: hub.Block, Queue: 1, Shards: 1, WriteTimeout: time.Hour}, nil, func(b *bubble) {
		c := b.line()
		pad := strings.Repeat(" ", 1<<20)
		ctx, cancel := context.WithTimeoutCause(b.ctx, time.Minute, errors.New("enough"))
		defer cancel()
		sent := 0
		for {
			err := b.hub.Broadcast(ctx, hub.Text(fmt.Sprint(sent, pad)))
			if err != nil {
				if err.Error() != "enough" {
					t.Error(err)
				}
				break
			}
			sent++
		}
		if err := b.hub.Broadcast(ctx, hub.Text("x")); err == nil || err.Error() != "enough" {
			t.Errorf("under a context that has ended: %v", err)
		}
		if got := c.numbers(); len(got) != sent {
			t.Errorf("%d came of %d", len(got), sent)
		}
	})
}

func TestPing(t *testing.T) {
	inBubble(t, hub.Options{}, nil, func(b *bubble) {
		good, deaf, began := b.socket(), b.socket(), time.Now()
		talker := b.socket()
		go func() {
			for time.Sleep(9 * time.Second); ; time.Sleep(9 * time.Second) {
				if _, err := talker.Write(wstest.Frame(0x8a, "")); err != nil {
					return
				}
			}
		}()
		for i := range 5 {
			good.SetReadDeadline(time.Now().Add(time.Minute))
			if op, _, err := good.frame(); op != 9 || err != nil {
				t.Fatal(i, op, err)
			}
			if d := time.Since(began); d < 20*time.Second || d > 31*time.Second {
				t.Errorf("a ping after %v", d)
			}
			began = time.Now()
			good.Write(wstest.Frame(0x8a, ""))
		}
		deaf.SetReadDeadline(time.Now().Add(time.Minute))
		deaf.wantClose(hub.Failed)
		if s := b.hub.Stats(); s.Clients != 2 || s.Closed[hub.Failed] != 1 {
			t.Errorf("%+v", s)
		}
		talker.SetReadDeadline(time.Now().Add(time.Second))
		if op, _, err := talker.frame(); err == nil {
			t.Errorf("the one that is not silent gets %v", op)
		}
		talker.Close()
	})
}

// A client that does not answer a close is cut off.
func TestCloseThatIsNotAnswered(t *testing.T) {
	inBubble(t, hub.Options{Ping: -1}, func(ctx context.Context, c *hub.Client) error { return nil }, func(b *bubble) {
		began := time.Now()
		c := b.socket()
		c.wantClose(hub.Normal)
		if took := time.Since(began); took != 0 {
			t.Errorf("the close came after %v", took)
		}
		c.SetReadDeadline(time.Now().Add(time.Minute))
		c.wantEnd()
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("the end came after %v", took)
		}
	})
}

// At the end of Run one that does not read is cut off, and the others are not.
func TestIO4_drain_cuts_off(t *testing.T) {
	inBubble(t, hub.Options{QueueBytes: 4 << 20}, nil, func(b *bubble) {
		deaf, good := b.line(), b.line()
		b.send(strings.Repeat("x", 1<<20))
		got := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, good)
			good.Close()
			got <- n
		}()
		synctest.Wait()
		began := time.Now()
		b.run.Cancel(errors.New("enough"))
		if n := <-got; n != 1<<20+1 {
			t.Errorf("the one that reads has got %d bytes", n)
		}
		b.run.Await(context.Background())
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
		deaf.Close()
	})
}

// A hijacked is a request over a connection that somebody else has.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

// The hub ends while the answer to a request is on its way: that client, too, is told to
// go by a code.
func TestDrainWaitsForWhoComes(t *testing.T) {
	called := false
	inBubble(t, hub.Options{}, func(context.Context, *hub.Client) error { called = true; return nil }, func(b *bubble) {
		near, far := net.Pipe() // holds nothing
		r, _ := http.NewRequest("GET", "http://hub/", nil)
		for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			r.Header.Set(name, value)
		}
		go b.hub.WebSocket(func(context.Context, *hub.Client) error { called = true; return nil }).ServeHTTP(hijacked{conn: far}, r)
		synctest.Wait()
		b.run.Cancel(errors.New("enough"))
		synctest.Wait()
		c := &wire{near, bufio.NewReader(near), t}
		if resp, err := http.ReadResponse(c.r, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatal(resp, err)
		}
		c.wantClose(hub.GoingAway)
		c.Close()
		synctest.Wait()
		if s := b.hub.Stats(); called || s.Closed[hub.GoingAway] != 1 || s.Clients != 0 {
			t.Errorf("called %v, %+v", called, s)
		}
	})
}

func TestMessagesEndsWithAnotherContext(t *testing.T) {
	turns := make(chan string, 10)
	inBubble(t, hub.Options{Ping: -1}, func(ctx context.Context, c *hub.Client) error {
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		for m := range c.Messages(short) {
			turns <- m.String()
		}
		turns <- fmt.Sprint("over ", c.Err())
		for m := range c.Messages(ctx) {
			turns <- m.String()
			break
		}
		for m := range c.Messages(ctx) {
			turns <- m.String()
		}
		return nil
	}, func(b *bubble) {
		c := b.line()
		for i := range 4 {
			fmt.Fprintln(c, "at", i)
			time.Sleep(700 * time.Millisecond)
		}
		c.Close()
		synctest.Wait()
		close(turns)
		var got []string
		for s := range turns {
			got = append(got, s)
		}
		if want := []string{"at 0", "at 1", "over <nil>", "at 2", "at 3"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestOverAPlainPipe(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		h := hub.New(hub.Options{})
		run := g.Go(h.Run)
		near, far := net.Pipe()
		l := &onePipe{conn: far, closed: make(chan struct{})}
		synctest.Wait()
		g.Go(func(ctx context.Context) error { return h.Lines(ctx, l, echo(&h)) })
		c := &wire{near, bufio.NewReader(near), t}
		fmt.Fprintln(c, "hello")
		c.wantLine("hello")
		c.Close()
		run.Cancel(errors.New("over"))
		run.Await(context.Background())
		l.Close()
		g.Cancel()
	})
}

// onePipe is a listener with one connection.
type onePipe struct {
	conn   net.Conn
	closed chan struct{}
}

func (l *onePipe) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *onePipe) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *onePipe) Addr() net.Addr { return memnet.Addr("pipe") }
