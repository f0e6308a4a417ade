// Package crawl walks the pages of sites: it fetches a page, takes from it what was
// asked for, finds the links, and goes on with those, many pages at once, until there
// is nothing new. It is producer and consumers over a queue, for the real world: it
// obeys robots.txt, leaves hosts in peace, knows a page again however it is linked to,
// and is not led astray for ever.
//
// The words:
//
//   - A page is one URL, in one spelling. Each is fetched once.
//   - A seed is a page to begin with. The depth of a page is how many links it is
//     away from one.
//   - A line is what came of a page: a JSON object in the output. A page that may
//     not be fetched, because robots.txt says so, has one too, with "skipped".
//   - The frontier is the queue of pages, on disk: see package frontier.
//
// # Going on after a crash
//
// The output is the journal, as it is in package batch: a page is done when its line
// is there. The pages that it links to are in the frontier by then. So a crawl that is
// killed, however and when, goes on where it was with Resume: each page has exactly
// one line in the end, and none is missing. Beside the output out.jsonl stands
// out.jsonl.pages, the frontier.
package crawl
