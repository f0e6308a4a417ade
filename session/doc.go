// Package session is an HTTP client for many requests to many hosts, over net/http:
// what ClientSession is to asyncio. It pools connections, keeps limits, tries
// again, leaves a host alone that asks for it, and caps what servers can do to it.
//
// The words:
//
//   - A request may take several attempts. Those after the first are retries.
//   - An attempt is one exchange, request and answer, or several where a redirect
//     is followed.
//   - A host is a name or address with its port, as it stands in a URL. Limits for
//     each host are kept by that.
//   - To hold a host is to send it nothing until a moment, whoever asks: that is
//     what an answer 429 does. When the hold is over the host is begun with slowly.
//
// An exchange that needs a token of [OAuth2] waits for that first. Then each passes
// these, in this order, and a retry comes back to the first: the hold of the host,
// its circuit breaker, the rate of the session, the rate of the host, the limit of
// the host.
//
// An answer is an answer whatever its status: it is returned without an error, and
// whether it is a success is for the caller to say. An *Error says that there is
// none, or none that can be used.
package session
