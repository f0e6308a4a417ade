package debug

import (
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/inflight-go/inflight/internal/attach"
)

// An Attachment is the open socket of this process.
type Attachment struct {
	l      *attach.Listener
	server *http.Server
	served sync.WaitGroup
}

// Attach opens a unix socket for the command inflight to attach to: $XDG_RUNTIME_DIR/inflight
// or, without that variable, inflight-UID in the folder for temporary files, and in
// it the number of the process with ".sock". The folder is made with mode 0700, and
// refused if it belongs to another user or others may enter it; the socket has mode
// 0600, and connections of other users, root's included, are closed.
//
// Who is attached may look at everything that Handler shows, and set the level.
//
// A program that listens is never "asleep" to Go's runtime, which then does not notice
// when nothing can run any more. A [Monitor] does.
func Attach(opts ...Option) (*Attachment, error) {
	l, err := attach.Listen()
	if err != nil {
		return nil, err
	}
	a := &Attachment{l: l}
	a.server = &http.Server{
		Handler: newHandler(append(opts, onSocket)...), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	a.served.Go(func() { _ = a.server.Serve(l) })
	return a, nil
}

// Path is where the socket is.
func (a *Attachment) Path() string { return a.l.Path() }

// Close closes the socket and what is attached. It may be called more than once.
func (a *Attachment) Close() error {
	err := a.server.Close()
	a.served.Wait()
	return err
}
