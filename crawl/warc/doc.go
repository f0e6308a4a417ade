// Package warc writes what was fetched into files that web archives keep: WARC 1.1,
// ISO 28500.
//
// The words:
//
//   - A record is one thing that is kept, with a header that says what it is.
//   - An exchange is a request and its answer. It makes up to three records: the
//     request, the response, and metadata.
//   - A file begins with a record of the kind warcinfo. In one whose name ends with
//     .gz each record is a member of gzip of its own, so that a reader can begin at
//     any of them.
//
// # What survives what
//
// A record is handed to the system whole before Write returns, and survives a power
// cut after Sync. Beside the file site.warc.gz stands site.warc.gz.good, which says up
// to where that is. Open goes on behind the last record that is whole; it reads only
// what was written since the last Sync, and cuts off what is torn. Without that file it
// reads all of the archive to find out, which takes longer.
//
// Who does something again after a crash writes it again, too: then it is in the
// archive twice, which readers of archives are used to.
//
// # What is not as it was on the wire
//
// An http.Header does not know in which order its fields came, nor in which case their
// names were; they are written in order of their names. The body is what it is given,
// which is mostly not compressed any more, nor in chunks: so the response has a
// Content-Length that fits, and no Content-Encoding or Transfer-Encoding unless
// Exchange.Raw says that the body is as it came.
package warc
