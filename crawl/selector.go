package crawl

import (
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// A Selector is a CSS selector. Make one with ParseSelector.
type Selector struct {
	text string
	sel  cascadia.SelectorGroup
}

// String is the selector as it was written.
func (s *Selector) String() string { return s.text }

// all are the elements below n that it finds.
func (s *Selector) all(n *html.Node) []*html.Node { return cascadia.QueryAll(n, s.sel) }
