package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

const words = "tea bread price shop lorem ipsum dolor sit amet elit sed do"

// pageURL is the path of a page.
func pageURL(page int) string { return fmt.Sprintf("/%d/%d.html", page/1000, page) }

// writeSite writes the pages of a shop: a list of parts, sixteen cards with a link, a
// price and some text each, about 4 KiB in all. It is the same each time.
func writeSite(dir string, pages int) error {
	random := rand.New(rand.NewPCG(1, 1))
	for i := range pages {
		path := filepath.Join(dir, pageURL(i))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, page(random, i, pages), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// page is the text of a page. The first links lead to all pages in few steps.
func page(random *rand.Rand, i, pages int) []byte {
	links := []int{(2*i + 1) % pages, (2*i + 2) % pages, (i + 1) % pages, (i + pages - 1) % pages}
	for range 12 {
		links = append(links, random.IntN(pages))
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>Page %d</title></head><body><nav><ul>", i)
	for k := range 4 {
		fmt.Fprintf(&b, `<li><a href="%s">Section %d</a></li>`, pageURL(k%pages), k)
	}
	fmt.Fprintf(&b, "</ul></nav><h1>Page %d</h1>\n", i)
	for _, k := range links {
		fmt.Fprintf(&b, `<div class="card"><a href="%s" title="Item %d">Item %d</a><span class="price">$ %d.50</span><p>`, pageURL(k), k, k, k%97)
		for range 20 {
			b.WriteString(pick(random) + " ")
		}
		b.WriteString("</p></div>\n")
	}
	fmt.Fprintf(&b, "<footer>Page %d of %d</footer></body></html>\n", i, pages)
	return b.Bytes()
}

var vocabulary = strings.Fields(words)

func pick(random *rand.Rand) string { return vocabulary[random.IntN(len(vocabulary))] }
