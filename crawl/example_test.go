package crawl_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/inflight-go/inflight/crawl"
	"golang.org/x/net/html"
	"net/url"
	"strings"
)

// shopServer is a site to crawl.
func shopServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := map[string]string{
			"/":      `<h1>Shop</h1><a href="/tea">Tea</a> <a href="/bread">Bread</a>`,
			"/tea":   `<h1>Tea</h1><span class="price">$ 1.50</span><a href="/">Shop</a>`,
			"/bread": `<h1>Bread</h1><span class="price">$ 2</span><a href="/tea">Tea</a>`,
		}[r.URL.Path]
		if page == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	}))
}

func ExampleRun() {
	shop := shopServer()
	defer shop.Close()
	dir, err := os.MkdirTemp("", "crawl")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	price, err := crawl.ParseField("price=.price | number")
	if err != nil {
		log.Fatal(err)
	}
	summary, err := crawl.Run(context.Background(), filepath.Join(dir, "out.jsonl"), crawl.Options{
		Seeds:       []string{shop.URL},
		Concurrency: 1, // so that the example prints the same each time
		Handle: func(ctx context.Context, p *crawl.Page) (any, error) {
			fmt.Println(p.URL.Path, p.Depth, p.Find(price))
			return nil, nil
		},
	})
	fmt.Println(summary.Stats.Found, summary.Complete, err)
	// Output:
	// / 0 <nil>
	// /tea 1 1.5
	// /bread 1 2
	// 3 true <nil>
}

func ExampleParseField() {
	doc, _ := html.Parse(strings.NewReader(`<ul><li><a href="/tea">Tea</a><li><a href="/bread">Bread</a></ul>`))
	page, _ := url.Parse("http://shop.example/list")
	for _, text := range []string{"first=a", "links[]=a@href | url", "none=.price"} {
		f, err := crawl.ParseField(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(f.Name(), f.Find(doc, page))
	}
	_, err := crawl.ParseField("price=.price | shout")
	fmt.Println(err)
	// Output:
	// first Tea
	// links [http://shop.example/tea http://shop.example/bread]
	// none <nil>
	// field "price": there is no filter "shout": use number, int, lower, upper, url, json, trim, or html right behind the selector
}

func ExampleField_Find() {
	doc, _ := html.Parse(strings.NewReader(`<b>Tea</b> <i>1 299,00 €</i> <u>{"size":2}</u>`))
	for _, text := range []string{"name=b", "price=i | number", "price=i | int", "more=u | json", "none=b | number", "all[]=b"} {
		f, err := crawl.ParseField(text)
		if err != nil {
			log.Fatal(err)
		}
		v := f.Find(doc, nil)
		fmt.Printf("%T %v\n", v, v)
	}
	// Output:
	// string Tea
	// float64 1299
	// int64 1299
	// map[string]interface {} map[size:2]
	// <nil> <nil>
	// []interface {} [Tea]
}

func ExampleSpelling_Resolve() {
	page, _ := url.Parse("http://shop.example/list/")
	s := crawl.Spelling{Sort: true, Strip: []string{"utm_*"}}
	fmt.Println(s.Resolve(page, "../Tea?size=2&color=green&utm_source=x#reviews"))
	fmt.Println(s.Resolve(page, "mailto:tea@shop.example"))
	// Output:
	// http://shop.example/Tea?color=green&size=2 <nil>
	// <nil> "mailto:tea@shop.example" names no host
}

func ExampleParseSelector() {
	sel, err := crawl.ParseSelector("div.product")
	fmt.Println(sel, err)
	_, err = crawl.ParseSelector("div[")
	fmt.Println(err)
	// Output:
	// div.product <nil>
	// the selector "div[": expected identifier, found EOF instead
}

func ExampleParseRules() {
	rules, err := crawl.ParseRules("rules.yaml", []byte(`
rules:
  - name: product
    match: /product/
    fields:
      title: h1
      price: span.price | number
`))
	fmt.Println(len(rules), rules[0].Name, err)
	_, err = crawl.ParseRules("rules.yaml", []byte("rules:\n  - mach: /product/"))
	fmt.Println(err)
	// Output:
	// 1 product <nil>
	// rules.yaml:2:5: there is no key "mach"; is it "match"?
	//     - mach: /product/
	//       ^
}
