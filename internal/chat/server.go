package chat

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/hub"
	"github.com/inflight-go/inflight/limit"
	"github.com/inflight-go/inflight/locks"
	"github.com/inflight-go/inflight/serve"
)

// Lobby is the room in which people are first.
const Lobby = "lobby"

// DefaultRate is more than anybody types.
const DefaultRate = "50/10s"

// Options are what a server needs to know.
type Options struct {
	// Data is the folder of the history, which is made. "" keeps it in memory.
	Data string
	// History is how many messages of a room are kept. Zero means 100, less than zero
	// none.
	History int
	// Origins are as those of the hub.
	Origins []string
	// MaxClients and PerIP are as those of the hub.
	MaxClients, PerIP int
	// Rate is how many lines one client may send, as limit.ParseRate reads it; who sends
	// more is closed. "" means DefaultRate.
	Rate string
	// Grace is as that of a serve.Server.
	Grace time.Duration
	// Log is told what goes wrong. Nil means nobody is.
	Log *slog.Logger
}

// A Server is a chat. Make one with New.
type Server struct {
	opts Options
	hub  *hub.Hub

	order   locks.Mutex // of what is said: in the history and on its way to all alike
	history *history

	mu     sync.Mutex
	people map[string]*person   // by folded name
	rooms  map[string][]*person // in the order in which they came
}

// A person is a client that has a name.
type person struct {
	c    *hub.Client
	json bool
	key  string
	name string
	room string
}

// New returns a server, with the history that is in its folder.
func New(opts Options) (*Server, error) {
	if opts.History == 0 {
		opts.History = 100
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.Rate = cmp.Or(opts.Rate, DefaultRate)
	n, per, err := limit.ParseRate(opts.Rate)
	if err != nil {
		return nil, err
	}
	h, err := openHistory(opts.Data, max(opts.History, 0))
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, history: h, people: map[string]*person{}, rooms: map[string][]*person{}}
	s.hub = hub.New(hub.Options{
		MaxMessage: 4 * longestText,
		Rate:       hub.Rate{N: n, Per: per},
		Queue:      max(256, 2*opts.History), QueueBytes: max(1<<20, 4*longestText*opts.History), // who comes gets the history at once
		MaxClients: opts.MaxClients, PerIP: opts.PerIP,
		Origins: opts.Origins, Authorize: wishes,
		Protocols: []string{Protocol}, Compress: true,
		CloseTimeout: 5 * time.Second, Farewell: "* closed: ", Log: opts.Log,
	})
	return s, nil
}

// Stats are those of the hub.
func (s *Server) Stats() hub.Stats { return s.hub.Stats() }

// Run serves browsers and WebSockets by web, to which it adds what it has to, and
// plain lines on a listener, which may be nil. It ends, and drains, as web.Run does:
// who is there is told to go by code 1001 once all that was said has reached them.
func (s *Server) Run(ctx context.Context, web *serve.Server, lines net.Listener) error {
	defer s.history.close()
	return inflight.Run(context.WithoutCancel(ctx), func(inner context.Context, g *inflight.TaskGroup) error {
		over, end := context.WithCancel(inner)
		defer end()
		running := g.Go(func(context.Context) error { return s.hub.Run(over) }, inflight.Name("hub"))
		if err := s.hub.Started(inner); err != nil {
			return err
		}
		web.OnDrain("chat", func(ctx context.Context) error {
			end()
			_, err := running.Await(ctx)
			return err
		})
		if lines != nil {
			g.Go(func(context.Context) error {
				if err := s.hub.Lines(over, lines, s.serve); err != nil && over.Err() == nil {
					return err
				}
				return nil
			}, inflight.Name("lines "+lines.Addr().String()))
		}
		g.Service(s.syncing, inflight.Name("history"))
		return web.Run(ctx)
	}, inflight.Label("chat"))
}

// syncing has the history written down each second.
func (s *Server) syncing(ctx context.Context) error {
	for inflight.Sleep(ctx, time.Second) == nil {
		if err := s.order.Lock(ctx); err != nil {
			break
		}
		err := s.history.sync()
		s.order.Unlock()
		if err != nil {
			s.opts.Log.Error("history", "error", err)
		}
	}
	return nil
}

// A wish is what a WebSocket asked for in its URL.
type wish struct {
	name, room, key, since string
}

func wishes(r *http.Request) (any, error) {
	q := r.URL.Query()
	return wish{q.Get("name"), q.Get("room"), q.Get("key"), q.Get("since")}, nil
}

var (
	errTaken = errors.New("that name is taken: choose another one")
	errName  = errors.New("a name has 1 to 24 letters, digits, - and _")
	errRoom  = errors.New("the name of a room has 1 to 24 letters, digits, - and _")
)

// take gives a name to a person who has none, or another one to one that has. Who has
// the key of a name takes it over from a connection that is lost and does not know it
// yet.
func (s *Server) take(p *person, name, key string) error {
	if !isName(name, longestName) {
		return errName
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.people[fold(name)]; other != nil && other != p {
		if key == "" || other.key != key {
			return errTaken
		}
		other.c.Close(codeReplaced, "taken over by another connection")
	}
	if p.name != "" {
		delete(s.people, fold(p.name))
	}
	p.name = name
	s.people[fold(name)] = p
	return nil
}

// codeReplaced closes a client whose person has come again.
const codeReplaced = 4001

// newKey returns what only one client knows.
func newKey() string { return rand.Text() }
