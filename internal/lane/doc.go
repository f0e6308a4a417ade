// Package lane makes exchanges over HTTP/1.1 in the goroutine that asks for them: it
// writes the request with one write and reads the answer from the connection.
// net/http has two goroutines for each connection, which hand each exchange to each
// other and to the one who waits; that is most of what a small exchange costs.
//
// The words:
//
//   - An exchange is one request and its answer.
//   - A request is plain if there is nothing to it but a method, a URL, headers and a
//     short body that is in memory. All others, and wrong ones, are left to another
//     http.RoundTripper, that of net/http.
//   - A connection is idle between exchanges. It is stale if its server has closed it
//     meanwhile, or has said something that nobody asked for.
//
// What is read of an answer is what http.ReadResponse makes of it: the answers that
// are parsed here are those for which that is certain.
package lane
