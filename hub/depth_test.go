package hub_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/telemetry"
)

// within counts a size where it belongs.
func within(h *telemetry.Histogram, size int) {
	i, _ := slices.BinarySearch(h.Upper, float64(size))
	h.Counts[i]++
	h.Sum += float64(size)
}

func empty(like telemetry.Histogram) *telemetry.Histogram {
	return &telemetry.Histogram{Upper: like.Upper, Counts: make([]uint64, len(like.Counts))}
}

func same(a, b *telemetry.Histogram) bool {
	return slices.Equal(a.Upper, b.Upper) && slices.Equal(a.Counts, b.Counts) && a.Sum == b.Sum
}

// One does not read: each message that waits for it is counted by how many wait, and
// how many bytes.
func TestDepth(t *testing.T) {
	inBubble(t, hub.Options{Queue: 5000, QueueBytes: 32 << 20}, nil, func(b *bubble) {
		before := b.hub.Stats()
		messages, bytes := empty(before.Depth), empty(before.DepthBytes)
		c := b.line()
		b.send(strings.Repeat("x", 1<<20)) // is with the writer, which waits
		within(messages, 1)
		within(bytes, 1<<20+1)
		waits := 0
		for i := range 1500 {
			m := strings.Repeat("y", i*i%20_000)
			waits += len(m) + 1
			b.send(m)
			within(messages, i+1)
			within(bytes, waits)
		}
		s := b.hub.Stats()
		if !same(&s.Depth, messages) || !same(&s.DepthBytes, bytes) {
			t.Errorf("%+v, want %+v, and %+v, want %+v", s.Depth, messages, s.DepthBytes, bytes)
		}
		if got := c.numbers(); len(got) != 1501 {
			t.Errorf("%d came", len(got))
		}
		synctest.Wait()
		if _, all := s.Depth.Cumulative(); all != b.hub.Stats().Delivered {
			t.Errorf("%d are counted, %+v", all, b.hub.Stats())
		}
	})
}

// Behind package serve, too, a socket takes at once what it can.
func TestBehindServeToo(t *testing.T) {
	r := roll(t)
	all, gone := r.load(t, 1, 0)
	for i := range 10 {
		if err := all[0].conn.Write(t.Context(), websocket.MessageText, fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	for r.hub.Stats().Delivered < 20 { // each, and that it was heard
		time.Sleep(time.Millisecond)
	}
	if s := r.hub.Stats(); runtime.GOOS == "linux" && s.Depth.Counts[0] != 20 {
		t.Errorf("%+v", s)
	}
	r.end()
	if err := <-r.over; err != nil {
		t.Error(err)
	}
	gone.Wait()
}

// What a socket takes at once has not waited.
func TestDepthOfWhatGoesAtOnce(t *testing.T) {
	w := newWorld(t, hub.Options{}, nil)
	c := w.line()
	for i := range 100 {
		fmt.Fprintln(c, i)
		c.wantLine(fmt.Sprint(i))
	}
	w.until("all is counted", func() bool { return w.hub.Stats().Delivered == 100 })
	s := w.hub.Stats()
	if _, all := s.Depth.Cumulative(); all != 100 || runtime.GOOS == "linux" && (s.Depth.Counts[0] != 100 || s.DepthBytes.Counts[0] != 100 || s.Depth.Sum+s.DepthBytes.Sum != 0) {
		t.Errorf("%+v", s)
	}
	var text strings.Builder
	if err := telemetry.Write(&text, w.hub.Metrics()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# TYPE inflight_hub_queue_messages histogram\n", "\ninflight_hub_queue_messages_count 100\n", `inflight_hub_queue_bytes_bucket{le="+Inf"} 100`} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}
