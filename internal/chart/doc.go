// Package chart writes a few kinds of chart as SVG, for a page or for a file.
//
// The words:
//
//   - A figure is one picture: its title and description for those who can't see
//     it, its width, and whether it stands inside of a page.
//   - An axis maps values to a length, evenly or by their logarithm, and knows at
//     which of them a tick stands.
//   - An ink is one of a few colours that can be told from paper and from each
//     other in the light and in the dark.
//   - A key is one line of a legend.
//
// The same values give the same bytes. Every text is escaped where it is written,
// so that it may come from anywhere. A figure that is inline has no style of its
// own: the page that it stands in has Style once.
package chart
