// Package frontier is the queue of a crawl: the pages that were found and are not
// done yet, each of them once, on disk from the start.
//
// The words:
//
//   - A page is one URL. It is known by that, as it is written: whoever adds pages
//     brings URLs into one spelling before.
//   - Pages have indices, from 0, in the order in which they were found.
//   - The log is the file that has them all. It is text, a line for each page, and
//     only grows.
//
// A Frontier is a batch.Queue. What is done it doesn't know by itself: it asks the
// sink. A page that is to survive adds the pages that it links to before its line
// is committed. Then either the line is there, and with it the links; or it is not,
// the page is fetched once more, and the links that are known already do nothing.
// So the log and the output can't disagree, whatever is killed and when. For a loss
// of power to change nothing either, Sync goes before each commit.
//
// Hosts take turns, and each has its pages in the order in which they were found.
// In memory is an eight-byte fingerprint of each page, and eight bytes for each that
// is not done: the URLs are in the log. Two different URLs have the same fingerprint,
// and one of them is taken for known, once in 37 million crawls of a million pages.
package frontier
