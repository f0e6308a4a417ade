package warc_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/inflight-go/inflight/crawl/warc"
)

func Example() {
	dir, err := os.MkdirTemp("", "warc")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "site.warc")
	w, err := warc.Open(path, warc.Options{Info: []warc.Field{{Name: "operator", Value: "the library"}}})
	if err != nil {
		log.Fatal(err)
	}
	err = w.WriteExchange(context.Background(), &warc.Exchange{
		URL: "http://site.example/", Began: time.Now(),
		RequestHeader: http.Header{"User-Agent": {"inflight/1"}},
		Status:        200, Proto: "HTTP/1.1", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("hello"),
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "WARC-T") || strings.HasPrefix(line, "GET") || strings.HasPrefix(line, "HTTP") {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	// Output:
	// WARC-Type: warcinfo
	// WARC-Type: request
	// WARC-Target-URI: http://site.example/
	// GET / HTTP/1.1
	// WARC-Type: response
	// WARC-Target-URI: http://site.example/
	// HTTP/1.1 200 OK
}

func ExampleFields() {
	fmt.Printf("%q\n", warc.Fields(warc.Field{Name: "depth", Value: "2"}, warc.Field{Name: "via", Value: "http://site.example/"}))
	// Output: "depth: 2\r\nvia: http://site.example/\r\n"
}

func ExampleWriter_Write() {
	dir, err := os.MkdirTemp("", "warc")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := warc.Open(filepath.Join(dir, "notes.warc.gz"), warc.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	fmt.Println(w.Write(context.Background(), warc.Record{
		Type: "resource", URL: "http://site.example/notes.txt", ContentType: "text/plain", Block: []byte("remember the milk"),
	}))
	fmt.Println(w.Write(context.Background(), warc.Record{Type: "Resource"}))
	// Output:
	// <nil>
	// "Resource" is no type of a record: use one such as resource or metadata
}
