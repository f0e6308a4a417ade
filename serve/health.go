package serve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
)

// A Probe is a question that is asked of a program from outside.
type Probe string

// The probes, and what an answer of no leads to where programs are run for somebody.
const (
	// Liveness asks whether the program can go on at all; if not, it is started again.
	// A check belongs here only if that would help.
	Liveness Probe = "livez"
	// Readiness asks whether it can do its work now; if not, nothing is sent to it.
	Readiness Probe = "readyz"
	// Startup asks whether it has started; until then the others are not asked.
	Startup Probe = "startupz"
)

const (
	// DefaultCheckTimeout is how long a check has to answer, unless Health says.
	DefaultCheckTimeout = 2 * time.Second

	// DefaultFresh is how long an answer of a check stands, unless Health says.
	DefaultFresh = time.Second
)

var (
	errNotListening = errors.New("the server does not listen yet")
	errDraining     = errors.New("the server drains")
)

// Health answers probes by checks. The zero value is ready to use, and says yes. Add
// checks before it is asked.
//
// Whoever asks, however often: a check runs once at a time, what it says stands for
// Fresh, and who asks meanwhile gets the same answer. One that has not answered
// within Timeout has failed for those who ask, and is not called again before it
// returns. A check that has panicked has failed.
type Health struct {
	// Timeout is how long a check has to answer; then its context ends. Zero means
	// DefaultCheckTimeout.
	Timeout time.Duration

	// Fresh is how long an answer stands. Zero means DefaultFresh, less than zero that
	// each question is a call, unless one is under way.
	Fresh time.Duration

	mu     sync.Mutex
	checks map[Probe][]*check
	closed error // why it is not ready, whatever its checks say
}

// Add adds a check to a probe. The check returns nil for yes, and observes its
// context, which ends with the Timeout. One of Startup is not called again once it has
// said yes. It panics for a nil function and for a probe that there is not.
func (h *Health) Add(p Probe, name string, f func(context.Context) error) {
	if f == nil {
		panic("inflight/serve: Add called with a nil function")
	}
	if p != Liveness && p != Readiness && p != Startup {
		panic(fmt.Sprintf("inflight/serve: there is no probe %q", p))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks == nil {
		h.checks = map[Probe][]*check{}
	}
	h.checks[p] = append(h.checks[p], &check{h: h, name: name, call: f, once: p == Startup})
}

// gate says why it is not ready, nil if only the checks decide.
func (h *Health) gate(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = why
}

// A Finding is what a check has said.
type Finding struct {
	Name string
	Err  error         // nil for yes
	At   time.Time     // when it was called, or is called since
	Took time.Duration // zero if it has not returned
}

// ErrNoAnswer is the Err of a check that has not returned within its time.
var ErrNoAnswer = errors.New("inflight/serve: no answer in time")

// Ask asks the checks of a probe, at the same time, and returns what they say in the
// order in which they were added: yes if all do. Readiness asks those of Startup, too,
// and, where Health is that of a Server, whether that listens and does not drain: a
// finding "server". When ctx ends, what has not answered has failed by its cause.
func (h *Health) Ask(ctx context.Context, p Probe) (findings []Finding, yes bool) {
	h.mu.Lock()
	checks := slices.Clone(h.checks[p])
	if p == Readiness {
		checks = append(slices.Clone(h.checks[Startup]), checks...)
		if h.closed != nil {
			findings = append(findings, Finding{Name: "server", Err: h.closed, At: time.Now()})
		}
	}
	h.mu.Unlock()
	answers, _ := inflight.Map(context.WithoutCancel(ctx), checks, inflight.Unlimited, func(_ context.Context, c *check) (Finding, error) {
		return c.ask(ctx), nil
	})
	findings = append(findings, answers...)
	return findings, !slices.ContainsFunc(findings, func(f Finding) bool { return f.Err != nil })
}
