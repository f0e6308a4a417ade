package robots_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/inflight-go/inflight/crawl/robots"
)

const text = `
User-agent: *
Disallow: /cart/
Crawl-delay: 2
Sitemap: https://shop.example/sitemap.xml

User-agent: GopherBot
Disallow: /*.pdf$
Allow: /manual.pdf
`

func ExampleParse() {
	file := robots.Parse(text)
	rules := file.For("GopherBot")
	for _, path := range []string{"/cart/", "/prices.pdf", "/manual.pdf"} {
		fmt.Println(path, rules.Allowed(&url.URL{Path: path}))
	}
	fmt.Println(file.Sitemaps())
	// Output:
	// /cart/ true
	// /prices.pdf false
	// /manual.pdf true
	// [https://shop.example/sitemap.xml]
}

func ExampleRead() {
	file, err := robots.Read(strings.NewReader(text))
	fmt.Println(len(file.Sitemaps()), err)
	// Output: 1 <nil>
}

func ExampleFile_For() {
	rules := robots.Parse(text).For("SomeBot") // has no group of its own
	fmt.Println(rules.Allowed(&url.URL{Path: "/cart/"}), rules.Delay())
	// Output: false 2s
}

func ExampleFile_Sitemaps() {
	fmt.Println(robots.Parse("Sitemap: https://shop.example/a.xml").Sitemaps())
	// Output: [https://shop.example/a.xml]
}

func ExampleValidToken() {
	fmt.Println(robots.ValidToken("GopherBot"), robots.ValidToken("GopherBot/2.1"))
	// Output: true false
}

func ExampleRules_Allowed() {
	var none robots.Rules
	fmt.Println(none.Allowed(&url.URL{Path: "/anything"}))
	// Output: true
}

func ExampleRules_Delay() {
	fmt.Println(robots.Parse("User-agent: *\nCrawl-delay: 0.5").For("GopherBot").Delay())
	// Output: 500ms
}

func ExampleCache_Rules() {
	fetch := func(ctx context.Context, url string) (int, string, error) {
		fmt.Println("GET", url)
		return 200, text, nil
	}
	cache := robots.NewCache(fetch, robots.Options{Token: "GopherBot"})
	for _, path := range []string{"/prices.pdf", "/"} {
		page := &url.URL{Scheme: "https", Host: "shop.example", Path: path}
		rules, err := cache.Rules(context.Background(), page)
		fmt.Println(path, rules.Allowed(page), err)
	}
	// Output:
	// GET https://shop.example/robots.txt
	// /prices.pdf false <nil>
	// / true <nil>
}

func ExampleCache_File() {
	fetch := func(context.Context, string) (int, string, error) { return 200, text, nil }
	cache := robots.NewCache(fetch, robots.Options{Token: "GopherBot"})
	file, err := cache.File(context.Background(), &url.URL{Scheme: "https", Host: "shop.example"})
	fmt.Println(file.Sitemaps(), err)
	// Output: [https://shop.example/sitemap.xml] <nil>
}

func ExampleNewCache() {
	down := func(context.Context, string) (int, string, error) { return 503, "", nil }
	cache := robots.NewCache(down, robots.Options{Token: "GopherBot"})
	page := &url.URL{Scheme: "https", Host: "shop.example", Path: "/"}
	rules, _ := cache.Rules(context.Background(), page)
	fmt.Println(rules.Allowed(page), rules.Err())
	// Output: false https://shop.example/robots.txt can't be had: the answer is 503
}

func ExampleRules_Err() {
	fmt.Println(robots.Rules{}.Err())
	// Output: <nil>
}
