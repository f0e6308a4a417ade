package session

import (
	"io"
	"net/http"
)

// A Request is what Do sends. It is not changed, and must not be changed before Do
// has returned.
type Request struct {
	// Method is in upper case; empty means GET.
	Method string
	// URL is absolute, http or https, or of a scheme that the session's Options
	// name. A user and password in it are sent as Basic authentication.
	URL string
	// Header goes before that of the session, name by name. Host is the header of
	// that name.
	Header http.Header
	// Body is sent with each attempt; nil means none. It must not be changed, not
	// even after an error: the connection may still be reading it for a moment.
	Body []byte
	// IdempotencyKey is sent as the header Idempotency-Key, the same with each
	// attempt, and makes any method fit to be retried.
	IdempotencyKey string
	// Auth goes before that of the session.
	Auth Auth
	// Foreign says that the host is one that nobody has named, such as that of a link. It
	// is told as little as the host that a redirect leads to: nothing of Auth, and of
	// headers, those of the session included, only those that hold no secret.
	Foreign bool
	// NoRedirects makes a redirect the answer, whatever MaxRedirects of the session is.
	NoRedirects bool
	// Save, if it is not nil, is called with an answer that is not tried again
	// because of its status, and returns where its body goes instead of Body; nil
	// means Body all the same. It must not use the body itself. When an attempt
	// fails later, the next one calls Save again.
	//
	// Close is called at the end. If the body is not whole, and the writer has a
	// method CloseWithError(error) error, as an *io.PipeWriter has, that is called
	// instead. If it has a method MaxBody() int64, the larger of that and MaxBody is the
	// most that it gets.
	Save func(r *http.Response) (io.WriteCloser, error)
	// Retry is asked before that of the session, in the same way.
	Retry func(r *Response, err error) (again bool)
	// MaxBody is instead of that of the session; zero means that one.
	MaxBody int64

	token bool // this asks for one: without any other, may be repeated, not redirected
	// Starting, if it is not nil, is called before each exchange, redirects included,
	// when all limits have let it through and it is about to be sent. An error of it
	// fails the request, with retry.ClassSave, and nothing is sent. The exchange counts
	// as begun from the moment before it.
	Starting func() error
	// OnRetry, if it is not nil, is called with each attempt that another one follows,
	// when its backoff is over.
	OnRetry func(failed Attempt)
}
