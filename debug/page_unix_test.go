//go:build unix

package debug_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/internal/browser"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/queue"
)

// shop is a program with something of everything, until its context ends.
func shop(ctx context.Context, n int) {
	jobs := queue.New[int](10)
	var tea, rent locks.Mutex
	hold := func(first, second *locks.Mutex) func(context.Context) error {
		return func(ctx context.Context) error {
			return first.Do(ctx, func(ctx context.Context) error {
				if err := inflight.Sleep(ctx, 20*time.Millisecond); err != nil {
					return err
				}
				return second.Do(ctx, func(context.Context) error { return nil })
			})
		}
	}
	_ = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for i := range n {
			g.Go(func(ctx context.Context) error { _, err := jobs.Get(ctx); return err }, inflight.Name(fmt.Sprintf("worker-%d", i)))
		}
		g.Go(func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				report := g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, inflight.Name("report"))
				g.Go(func(ctx context.Context) error { _, err := report.Await(ctx); return err }, inflight.Name("mail <b>bold</b>"))
				return nil
			}, inflight.Label("nightly"))
		}, inflight.Name("night"))
		g.Go(func(ctx context.Context) error {
			_, err := inflight.Map(ctx, make([]int, 12), 8, func(ctx context.Context, _ int) (int, error) { return 0, inflight.Sleep(ctx, time.Hour) })
			return err
		}, inflight.Name("crawl"))
		g.Go(hold(&tea, &rent), inflight.Name("tea pays rent"))
		g.Go(hold(&rent, &tea), inflight.Name("rent pays tea"))
		g.Go(func(context.Context) error { return errors.New("mail.example.com: no such host") }, inflight.Name("newsletter"))
		return inflight.Sleep(ctx, time.Hour)
	}, inflight.Label("shop"), inflight.Supervise())
}

// gauges is a panel with all that a panel may have.
func gauges() debug.Panel {
	wave := func(low, high float64) (points []float64) {
		for i := range 90 {
			points = append(points, low+(high-low)*(0.5+0.5*math.Sin(float64(i)/7)))
		}
		return points
	}
	return debug.Panel{
		Title: "shop",
		Cards: []debug.Card{{Name: "orders", Value: "4 211"}, {Name: "failed", Value: "3", Bad: true}, {Name: "p99", Value: "84ms"}},
		Charts: []debug.Chart{
			{Title: "orders a second", Every: 1, Series: []debug.Series{{Name: "ok", Points: wave(120, 180)}, {Name: "failed", Bad: true, Points: wave(0, 8)}}},
			{Title: "latency", Unit: "orders", Labels: []string{"≤ 1ms", "≤ 2ms", "≤ 4ms"}, Series: []debug.Series{{Name: "orders", Points: []float64{4, 9, 2}}}},
		},
		Tables: []debug.Table{
			{Title: "hosts", Columns: []string{"host", "orders"}, Rows: [][]string{{"a.example.com", "12"}, {"b.example.com", "7"}}},
			{Title: "gates", Columns: []string{"host"}, Empty: "all are open"},
		},
	}
}

// row is an expression for the row of the tree with a name.
func row(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('#tree .row')].find(r => r.querySelector('.name').textContent === %q)`, name)
}

// A browser shows the tree, folds it, filters it and shows details, by clicks and by
// keys, without a word on its console.
func TestPageInABrowser(t *testing.T) {
	inflight.SetDebug(1)
	defer inflight.SetDebug(0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); shop(ctx, 40) }()
	defer func() { cancel(); <-done }()
	server := httptest.NewServer(debug.Handler(debug.Show(gauges)))
	t.Cleanup(server.Close) // after the browser, which keeps a connection
	b := browser.Open(t, server.URL, 1400, 1300)
	const rows = `document.querySelectorAll('#tree .row').length`
	text := func(selector string) string { return fmt.Sprintf(`document.querySelector(%q)?.textContent`, selector) }

	b.Until(row("worker-*")+`?.querySelector('.count').textContent`, "×40")
	b.Until(row("worker-*")+`?.querySelector('.does').textContent.replace(/#\d+/, '#')`, "queue.get #")
	b.Until(text(".finding b"), "deadlock")
	b.Until(`document.querySelectorAll('.finding').length`, "1")
	b.Until(row("mail <b>bold</b>")+`?.querySelector('.does').textContent`, "task.await report")
	b.Until(row("tea pays rent")+`?.classList.contains('hot')`, "true")
	b.Until(`[...document.querySelectorAll('#ended td')].some(c => c.textContent === 'mail.example.com: no such host')`, "true")
	b.Until(`document.querySelectorAll('#panel svg').length`, "2")
	b.Until(`document.querySelectorAll('#panel .cards div').length`, "3")
	b.Picture("page-light")
	b.Prefer("dark")
	b.Picture("page-dark")

	// Fold and unfold, by clicks and keys.
	before := b.Eval(rows)
	b.Click(row("night") + `.querySelector('.caret')`)
	b.Until(row("nightly")+` === undefined`, "true")
	b.Click(row("night") + `.querySelector('.caret')`)
	b.Until(rows, before)
	b.Click(`document.querySelector('#fold')`)
	b.Until(row("shop")+`?.getAttribute('aria-expanded')`, "false")
	b.Click(`document.querySelector('#unfold')`)
	b.Until(rows, before)
	b.Eval(`document.querySelector('#tree').focus()`)
	b.Key("Home")
	b.Key("ArrowLeft")
	b.Until(`document.querySelector('#tree .on').getAttribute('aria-expanded')`, "false")
	b.Key("ArrowRight")
	b.Until(rows, before)

	// Details: of a branch of many, of one of them, of a single task.
	b.Click(row("worker-*") + `.querySelector('.name')`)
	b.Until(`document.querySelectorAll('#details li').length`, "40")
	b.Until(`document.querySelector('#details dd')?.textContent`, "worker-0")
	b.Click(`document.querySelectorAll('#details li button')[7]`)
	b.Until(`document.querySelector('#details dd')?.textContent`, "worker-7")
	b.Until(`document.querySelector('#details pre')?.textContent.includes('debug_test.shop.func2')`, "true")
	b.Picture("page-details")
	b.Key("Escape")
	b.Until(`document.querySelector('#details').hidden`, "true")
	b.Click(row("mail <b>bold</b>"))
	b.Until(text("#details h2"), "mail <b>bold</b>")
	b.Until(`[...document.querySelectorAll('#details dd')].some(d => d.textContent === 'task.await report')`, "true")
	b.Key("Escape")

	// Filter.
	b.Key("/")
	for _, c := range "report" {
		b.Key(string(c))
	}
	b.Until(`[...document.querySelectorAll('#tree .name')].map(n => n.textContent).join()`, "shop,night,nightly,report,mail <b>bold</b>")
	b.Key("Escape")
	b.Until(rows, before)

	// Pause: what comes meanwhile is not shown; then it is.
	b.Key("p")
	b.Until(text("#pause"), "Go on")
	cancel()
	<-done
	b.Until(rows, before)
	b.Key("p")
	b.Until(`document.querySelectorAll('#tree .row').length < `+before, "true")
	server.CloseClientConnections()
	b.Until(`document.querySelector('#light').className === 'light gone' || document.querySelector('#light').className === 'light live'`, "true")
	for i, line := range b.Console {
		if strings.Contains(line, "net::ERR_") { // the connection that was cut
			b.Console[i] = ""
		}
	}
	b.Console = strings.Fields(strings.Join(b.Console, ""))
	b.Quiet()
}

// The page stays usable with 10 000 tasks, alike or not: it answers to keys at once.
func TestPageWithTenThousandTasks(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
			for i := range 5000 {
				g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, inflight.Name(fmt.Sprintf("alike-%d", i)))
			}
			for i := range 5000 {
				name := strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprintf("%04d", i))
				g.Go(func(ctx context.Context) error { return inflight.Sleep(ctx, time.Hour) }, inflight.Name("differs-"+name))
			}
			return nil
		})
	}()
	defer func() { cancel(); <-done }()
	server := httptest.NewServer(debug.Handler())
	t.Cleanup(server.Close) // after the browser, which keeps a connection
	b := browser.Open(t, server.URL, 1200, 900)
	b.Until(row("alike-*")+`?.querySelector('.count').textContent`, "×5\u202f000")
	b.Until(`document.querySelector('#tree .more .name')?.textContent.includes('more: filter to see them')`, "true")
	b.Eval(`document.querySelector('#tree').focus()`)
	// The last row is a number of others, which is none to be on.
	on := `[...document.querySelectorAll('#tree .row')].findLastIndex(r => r.classList.contains('on'))`
	b.Until(on, "0")
	b.Key("End")
	b.Until(on, "200")
	b.Key("ArrowUp")
	b.Until(on, "199")
	b.Key("PageDown")
	b.Key("ArrowDown")
	b.Until(on, "200")
	b.Until(`document.querySelector('#tree .on .name').textContent.startsWith('differs-')`, "true")
	b.Key("/")
	for _, c := range "differs-edcb" {
		b.Key(string(c))
	}
	b.Until(`document.querySelectorAll('#tree .row').length`, "2")
	b.Picture("page-many")
	b.Quiet()
}
