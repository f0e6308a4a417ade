package hub

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"
)

// Options are the settings of a hub. The zero value has the defaults.
type Options struct {
	// Queue is how many messages may wait for one client, and QueueBytes how many
	// bytes; zero means 256, and 1 MiB. A message longer than that may wait alone.
	Queue, QueueBytes int
	// Slow says what is done when the queue of a client is full; zero means Kick.
	Slow Slow

	// MaxMessage is the most bytes of a message from a client, after decompression;
	// zero means 1 MiB. A client that sends more is closed, with TooBig.
	MaxMessage int
	// Rate is how many messages a client may send, fragments and pings counted; zero
	// means any number. A client that sends more is closed, with Policy.
	Rate Rate
	// MaxClients is how many clients there may be at once, and PerIP how many from
	// one address, where an IPv6 network of 64 bits counts as one; zero means any
	// number. Behind a proxy all clients have the proxy's address.
	MaxClients, PerIP int

	// Ping is for how long a WebSocket may be silent before it is sent a ping, and
	// PingTimeout how long it has to answer by anything; zero means 20 s each, and a
	// Ping of less than zero none. They are kept to a quarter of the shorter.
	Ping, PingTimeout time.Duration
	// WriteTimeout is for how long a connection may take nothing of what is sent to
	// it; zero means 10 s.
	WriteTimeout time.Duration
	// CloseTimeout is how long a client has, from when it is to go, to take what
	// waits for it and to close; zero means 10 s.
	CloseTimeout time.Duration

	// Origins are the hosts whose pages may open a WebSocket here, beside the one
	// that is asked itself: "app.example.com", "*.example.com", "localhost:3000", or
	// "*" for all. Clients that are not browsers send no origin, and are let in.
	Origins []string
	// Authorize, if it is not nil, is asked before a request becomes a WebSocket.
	// What it returns is Client.User; an error refuses with status 403, and is not
	// told to the client.
	Authorize func(r *http.Request) (user any, err error)
	// Protocols are the subprotocols that are spoken, the best first; a client is
	// given the first that it offers.
	Protocols []string
	// Compress makes the hub agree to compression (permessage-deflate, without
	// context takeover) where a client offers it. A message is compressed once.
	Compress bool
	// Farewell, if it is not "", begins the last line for a client over TCP that the hub
	// closes; behind it are the code and the reason, as in "* closed: 1008 too slow".
	// Without it such a client is told nothing: lines have no codes.
	Farewell string
	// Shards is how many goroutines deliver; zero means GOMAXPROCS.
	Shards int
	// Log is told of handlers that have panicked or returned an error of their own, and
	// of connections that can't be accepted for now. Nil means nobody is, and that Run
	// panics in the end if a handler has.
	Log *slog.Logger
}

// A Rate is N messages in any window of the length Per, in any spacing.
type Rate struct {
	N   int
	Per time.Duration
}

// Slow says what is done with a message for a client whose queue is full.
type Slow int

const (
	// Kick closes the client, with Policy.
	Kick Slow = iota
	// DropOldest lets go of what has waited longest.
	DropOldest
	// DropNewest lets go of the message.
	DropNewest
	// Latest keeps one message, the newest, from the moment that the connection does
	// not take everything at once: for states, of which the last is worth having.
	Latest
	// Block waits until there is room: nothing is lost, and everybody is as slow as
	// the slowest, until WriteTimeout.
	Block
)

// withDefaults fills in what is zero. It panics for what can't be meant.
func (o Options) withDefaults() Options {
	orElse(&o.Queue, 256)
	orElse(&o.QueueBytes, 1<<20)
	orElse(&o.MaxMessage, 1<<20)
	orElse(&o.Ping, 20*time.Second)
	orElse(&o.PingTimeout, 20*time.Second)
	orElse(&o.WriteTimeout, 10*time.Second)
	orElse(&o.CloseTimeout, 10*time.Second)
	orElse(&o.Shards, runtime.GOMAXPROCS(0))
	for name, n := range map[string]int64{
		"Queue": int64(o.Queue), "QueueBytes": int64(o.QueueBytes), "MaxMessage": int64(o.MaxMessage),
		"MaxClients": int64(o.MaxClients), "PerIP": int64(o.PerIP), "Shards": int64(o.Shards),
		"PingTimeout": int64(o.PingTimeout), "WriteTimeout": int64(o.WriteTimeout), "CloseTimeout": int64(o.CloseTimeout),
	} {
		if n < 0 {
			panic(fmt.Sprintf("inflight/hub: Options.%s is negative", name))
		}
	}
	if o.Rate != (Rate{}) && (o.Rate.N < 1 || o.Rate.Per <= 0) {
		panic(fmt.Sprintf("inflight/hub: Options.Rate of %d in %v: want 1 or more in more than no time", o.Rate.N, o.Rate.Per))
	}
	if o.Slow < Kick || o.Slow > Block {
		panic(fmt.Sprintf("inflight/hub: Options.Slow is %d, which is no policy", o.Slow))
	}
	return o
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
