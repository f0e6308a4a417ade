package table_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/table"
)

// An answer, and a row of which nothing is known but that it is bad.
var results = []string{
	`{"index":0,"key":"a,b","input":{"id":"7"},"url":"http://x/","status":200,"ok":true,"attempts":1,"bytes":12,"duration_ms":1.5,` +
		`"headers":{"Etag":["\"1\""],"Set-Cookie":["a=1","b=2"]},"json":{"id":123456789012345678,"name":"Zoë\n\"Q\"","tags":["x","y"],"none":null}}`,
	`{"index":1,"ok":false,"attempts":0,"bytes":0,"duration_ms":0,"error":{"class":"input","message":"no URL"}}`,
}

// written is what a form makes of results.
func written(t *testing.T, form, columns string, lines ...string) string {
	t.Helper()
	f, err := table.Parse(form, columns, table.Fields)
	if err != nil {
		t.Fatal(err)
	}
	text := string(f.Head())
	for i, line := range lines {
		row, err := f.Row(int64(i), []byte(line))
		if err != nil {
			text += "error: " + err.Error() + "\n"
			continue
		}
		text += string(row)
	}
	return text
}

func TestForms(t *testing.T) {
	for _, row := range []struct{ form, columns, want string }{
		{"csv", "index,status,error", "index,status,error\n0,200,\n1,,input: no URL\n"},
		{"csv", "key, json.name", "key,json.name\n\"a,b\",\"Zoë\n\"\"Q\"\"\"\n,\n"},
		{"csv", "json.id,json.tags,json.none,json.name.x", "json.id,json.tags,json.none,json.name.x\n123456789012345678,\"[\"\"x\"\",\"\"y\"\"]\",,\n,,,\n"},
		{"csv", "headers.etag,headers.Set-Cookie,error.class", "headers.etag,headers.Set-Cookie,error.class\n\"\"\"1\"\"\",\"a=1, b=2\",\n,,input\n"},
		{"csv", "json.none", "json.none\n\"\"\n\"\"\n"},
		{"tsv", "index,input.id,key", "index\tinput.id\tkey\n0\t7\ta,b\n1\t\t\n"},
		{"template:{{.index}} {{.status}} {{if .error}}{{.error.class}}{{else}}{{json .json.tags}}{{end}}", "", "0 200 [\"x\",\"y\"]\n1  input\n"},
		{"template:{{.json.id}}", "", "123456789012345678\nerror: index 1: --format template, column 8: a string has no field \"id\"; {{.}} is all of it\n"},
		{"jsonl", "", results[0] + "\n" + results[1] + "\n"},
	} {
		if got := written(t, row.form, row.columns, results...); got != row.want {
			t.Errorf("%s %s:\n%q, want\n%q", row.form, row.columns, got, row.want)
		}
	}
}

// The body is one column, whatever it is.
func TestBodyColumn(t *testing.T) {
	for body, want := range map[string]string{
		`"json":{"a": [1, 2]}`: `"{""a"":[1,2]}"`, `"body":"text"`: "text", `"body_base64":"AA=="`: "AA==", `"body_file":"b/1"`: "b/1", `"json":"x"`: "x",
	} {
		if got := written(t, "csv", "body", `{"index":0,`+body+`}`); got != "body\n"+want+"\n" {
			t.Errorf("%s: %q", body, got)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, row := range []struct{ form, columns, want string }{
		{"xml", "", `"xml": want jsonl, csv`},
		{"template:", "", "want jsonl"},
		{"csv", "index,stats", "is it status?"},
		{"csv", "index,", "empty name"},
		{"csv", "json..id", "empty name"},
		{"template:{{.url", "", "--format template"},
		{"template:{{env \"HOME\"}}x{{nope .url}}", "", `no function "nope"`},
	} {
		if _, err := table.Parse(row.form, row.columns, table.Fields); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s %s: %v, want %q in it", row.form, row.columns, err, row.want)
		}
	}
}

func TestUses(t *testing.T) {
	for _, row := range []struct {
		form, columns string
		want          bool
	}{{"csv", "index,headers.Etag", true}, {"csv", "", false}, {"template:{{.url}}", "", true}, {"jsonl", "", false}} {
		f, err := table.Parse(row.form, row.columns, table.Fields)
		if err != nil || f.Uses("headers") != row.want {
			t.Errorf("%s %s: %v, %v", row.form, row.columns, f.Uses("headers"), err)
		}
	}
}

func ExampleParse() {
	f, _ := table.Parse("csv", "index,json.name", table.Fields)
	fmt.Print(string(f.Head()))
	row, _ := f.Row(3, []byte(`{"index":3,"ok":true,"json":{"name":"Ann, Bo"}}`))
	fmt.Print(string(row))
	// Output:
	// index,json.name
	// 3,"Ann, Bo"
}

// Whatever a server has sent, a record is read again as what was written, and nothing
// of it becomes another record.
func FuzzTable(f *testing.F) {
	f.Add("plain", `{"id":"x"}`)
	f.Add("a\"b,c\td\r\ne\n", `[1,"\n"]`)
	f.Add("\\.", `"\u0000"`)
	f.Fuzz(func(t *testing.T, text, value string) {
		if !json.Valid([]byte(value)) {
			value = "null"
		}
		body, _ := json.Marshal(text)
		line := fmt.Appendf(nil, `{"index":0,"key":%s,"ok":true,"json":%s}`, body, value)
		var want struct{ Key string }
		if err := json.Unmarshal(line, &want); err != nil {
			t.Skip()
		}
		for form, comma := range map[string]rune{"csv": ',', "tsv": '\t'} {
			table, err := table.Parse(form, "index,key,body", table.Fields)
			if err != nil {
				t.Fatal(err)
			}
			all := string(table.Head())
			for range 2 {
				row, err := table.Row(0, line)
				if err != nil {
					t.Fatal(err)
				}
				all += string(row)
			}
			r := csv.NewReader(strings.NewReader(all))
			r.Comma = comma
			records, err := r.ReadAll()
			if err != nil || len(records) != 3 {
				t.Fatalf("%q: %d records, %v", all, len(records), err)
			}
			// The reader makes one newline of \r\n, which is no loss of a table's.
			if key := strings.ReplaceAll(want.Key, "\r\n", "\n"); records[1][1] != key || !slices.Equal(records[1], records[2]) {
				t.Fatalf("%q was %q", records[1], want.Key)
			}
		}
	})
}
