package source_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/inflight-go/inflight/internal/source"
)

// rowsOf opens an input of a few lines.
func rowsOf(format source.Format, lines ...string) *source.Source {
	s, err := source.Open(source.Options{Files: []string{"-"}, Stdin: strings.NewReader(strings.Join(lines, "\n")), Format: format})
	if err != nil {
		panic(err)
	}
	return s
}

func ExampleOpen() {
	ctx := context.Background()
	s, err := source.Open(source.Options{Args: []string{"https://example.com/{1..3}/{a,b}"}, Offset: 1, Limit: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	for row, err := range s.All(ctx) {
		fmt.Println(row.Index, row.URL, err)
	}
	// Output:
	// 1 https://example.com/1/b <nil>
	// 2 https://example.com/2/a <nil>
}

// A bad row says what is wrong with it, and the others go on.
func ExampleSource_Next() {
	s := rowsOf(source.CSV, "id,url", "1,https://example.com/1", "2", "3,https://example.com/3")
	defer s.Close()
	for {
		row, err := s.Next(context.Background())
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		if row.Err != nil {
			fmt.Println(row.Err)
			continue
		}
		fmt.Printf("%s %s\n", row.URL, row.Raw)
	}
	// Output:
	// https://example.com/1 {"id":"1","url":"https://example.com/1"}
	// stdin:3: want 2 fields, as in the header, not 1: "2"
	// https://example.com/3 {"id":"3","url":"https://example.com/3"}
}

func ExampleSource_All() {
	s := rowsOf(source.Lines, "# two", "https://example.com/a", "", "https://example.com/b")
	defer s.Close()
	for row, err := range s.All(context.Background()) {
		fmt.Println(row.Index, row.Line, row.URL, err)
	}
	// Output:
	// 0 2 https://example.com/a <nil>
	// 1 4 https://example.com/b <nil>
}

func ExampleSource_Seek() {
	s := rowsOf(source.JSONL, `"https://example.com/a"`, `"https://example.com/b"`, `"https://example.com/c"`)
	defer s.Close()
	if err := s.Seek(context.Background(), 2); err != nil {
		fmt.Println(err)
		return
	}
	row, err := s.Next(context.Background())
	fmt.Println(row.Index, row.URL, err)
	// Output: 2 https://example.com/c <nil>
}

func ExampleSource_Count() {
	s, err := source.Open(source.Options{Args: []string{"https://example.com/{1..1000}/{1..1000}"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	fmt.Println(s.Count(context.Background()))
	// Output: 1000000 true <nil>
}

func ExampleSource_Fingerprint() {
	var prints []string
	for _, arg := range []string{"https://example.com/{1..3}", "https://example.com/{1..3}", "https://example.com/{1..4}"} {
		s, err := source.Open(source.Options{Args: []string{arg}})
		if err != nil {
			fmt.Println(err)
			return
		}
		print, err := s.Fingerprint()
		if err != nil {
			fmt.Println(err)
			return
		}
		prints = append(prints, print)
	}
	fmt.Println(prints[0] == prints[1], prints[0] == prints[2])
	// Output: true false
}

func ExampleSource_Position() {
	s := rowsOf(source.Lines, "https://example.com/a")
	defer s.Close()
	for range s.All(context.Background()) {
	}
	fmt.Println(s.Position())
	// Output: 21 -1
}

func ExampleParseGlob() {
	_, err := source.ParseGlob("https://example.com/{1..}")
	fmt.Println(err)
	// Output:
	// "" is neither a number nor a letter
	//   https://example.com/{1..}
	//                           ^
}

func ExampleGlob_At() {
	g, err := source.ParseGlob("{000..999}{000..999}{000..999}")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Len(), g.At(123_456_789))
	// Output: 1000000000 123456789
}

func ExampleGlob_AppendAt() {
	g, err := source.ParseGlob("{a,b}{1..2}")
	if err != nil {
		fmt.Println(err)
		return
	}
	var buf []byte
	for i := range g.Len() {
		buf = g.AppendAt(buf[:0], i)
		fmt.Printf("%s ", buf)
	}
	// Output: a1 a2 b1 b2
}

func ExampleFormatOf() {
	fmt.Println(source.FormatOf("users.csv.gz"), source.FormatOf("rows.ndjson"), source.FormatOf("what"))
	// Output: csv jsonl
}

func ExampleCheckURL() {
	_, reason := source.CheckURL("example.com/a")
	fmt.Println(reason)
	// Output: not a URL: it does not begin with http:// or https://
}
