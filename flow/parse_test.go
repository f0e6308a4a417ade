package flow_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/flow"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs: -update writes it anew. Got\n%s", path, got)
	}
}

// A file with many mistakes has a message for each, with its place and what was meant.
func TestAllMistakesAtOnce(t *testing.T) {
	text, err := os.ReadFile("testdata/mistakes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = flow.Parse("mistakes.yaml", text)
	all, ok := errors.AsType[flow.Errors](err)
	if !ok || len(all) != 16 {
		t.Errorf("%d errors", len(all))
	}
	golden(t, "testdata/mistakes.txt", err.Error()+"\n")
}

// head is a flow to which a mistake is added.
const head = `version: 1
vars: {base: "demo://origin"}
limits: {api: {rate: 5/s}}
`

const tail = `
output: {file: x.jsonl}
`

func TestMistakes(t *testing.T) {
	step := func(s string) string { return head + "steps:\n  a: {get: \"{{.base}}/a\", limit: api}\n" + s + tail }
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "1:1: the file is empty"},
		{"yaml", "version: [1", "this is no YAML"},
		{"brace", "version: 1\nsteps:\n  a:\n    get: {{.base}}/x\n", "between quotes"},
		{"colon", "version: 1\nselect: . + {id: .a}\n", `2:9: this is no YAML: mapping value is not allowed in this context; a text with ": " in it has to stand between quotes`},
		{"indented", "version: 1\nsteps:\n  a:\n    get: http://x/\n   each: .[]\n", "5:4: this is no YAML: value is not allowed in this context; is the line indented"},
		{"brackets", "version: 1\nsteps:\n  a: {get: 'http://x/', each: .[]}\n", "a text with brackets or commas has to stand between quotes"},
		{"quotes", "version: 1\nselect: '{a: \"it's\"}'\n", "quotes within a text between quotes"},
		{"no blank", "version: 1\nsteps:\n  a:\n    get: http://x/\n    each:.[]\n", "want a blank behind the colon"},
		{"equals", "version: 1\nsteps:\n  a:\n    get = http://x/\n    each: .a\n", "want a name, a colon"},
		{"escape", "version: 1\nselect: \"test(\\d)\"\n", `a \ has to be written twice`},
		{"sign", "version: 1\nselect: @base64\n", "a text that begins with it has to stand between quotes"},
		{"documents", "version: 1\n---\nversion: 1\n", "a second document"},
		{"deep", strings.Repeat("[", 2000), "levels"},
		{"deep in a line", strings.Repeat("[", 2000) + strings.Repeat("]", 2000), "levels"},
		{"tab", "version: 1\nsteps:\n\ta: {get: 'http://x/'}\n", "test.yaml:3:1: this is no YAML: a line that begins with a tab: want blanks"},
		{"latin1", step("  b: {for: a, get: 'http://x/\xFC'}"), "test.yaml:6:30: this is no text in UTF-8"},
		{"NUL", "version: 1\x00", "1:11: this is no text in UTF-8"},
		{"mark", "\uFEFFversion: 1\n" + tail, "there are no steps"},
		{"version", "version: 2\n", `version "2": this program knows version 1`},
		{"no steps", "version: 1\n" + tail, "1:1: there are no steps"},
		{"no output", head + "steps: {a: {get: 'http://x/', limit: api}}", "there is no output"},
		{"twice", step("output: {file: y.jsonl}"), `a flow has "output" twice`},
		{"merge", step("  b: {<<: {a: 1}}"), "<< is not for flows"},
		{"join", step("join: {}"), "is joined to its items"},
		{"variable name", "vars: {a-b: 1}\n" + step(""), `"a-b" can't be the name of a variable`},
		{"reserved", "version: 1\nvars: {item: 1}\nsteps: {a: {get: 'http://x/'}}" + tail, `"item" can't be the name`},
		{"both", step("  base: {for: a, get: 'http://x/'}"), "is a variable too"},
		{"sources", step("  b: {for: a, get: 'http://x/', sql: select 1}"), "2 of get, post"},
		{"none", step("  b: {for: a}"), "gets nothing"},
		{"two lists", step("  b: {get: 'http://x/'}"), "want for: a"},
		{"circle", "version: 1\nsteps: {a: {for: b, get: 'http://x/'}, b: {for: a, get: 'http://x/'}}" + tail, "a for b for a"},
		{"self", "version: 1\nsteps: {a: {for: a, get: 'http://x/'}}" + tail, "a for a"},
		{"duration", "limits: {l: {timeout: 5}}\n" + step(""), `the duration "5": want one such as 500ms`},
		{"limit unused", "version: 1\nlimits: {l: {rate: 5/s}}\nsteps: {a: {get: 'http://x/'}}" + tail, `no step has the limit "l"`},
		{"number", "limits: {l: {concurrency: many}}\n" + step(""), "want a whole number from 1"},
		{"ways", step("  b: {for: a, get: 'http://x/', paginate: {page: p, next: link}}"), "want one of next, cursor, page and offset"},
		{"offset", step("  b: {for: a, get: 'http://x/', paginate: {offset: o}}"), "offset needs size"},
		{"param", step("  b: {for: a, get: 'http://x/', paginate: {next: link, param: x}}"), "param is for cursor"},
		{"in", step("  b: {for: a, post: 'http://x/', json: {}, paginate: {next: .url, in: body}}"), "in is for cursor, page and offset"},
		{"in body", step("  b: {for: a, post: 'http://x/', body: x, paginate: {page: p, in: body}}"), "want json, with fields, beside it"},
		{"in a list", step("  b: {for: a, post: 'http://x/', json: [1], paginate: {page: p, in: body}}"), "want json, with fields, beside it"},
		{"in what", step("  b: {for: a, post: 'http://x/', json: {}, paginate: {page: p, in: json}}"), `"json": want query or body`},
		{"total", step("  b: {for: a, get: 'http://x/', paginate: {next: link, total: .t}}"), "total and pages are for page and offset"},
		{"dropping", step("  b: {for: a, get: 'http://x/', each: '.d | .items[] | select(.on)', paginate: {page: p}}"), "test.yaml:6:39: each leaves items out"},
		{"dropping in map", step("  b: {for: a, get: 'http://x/', each: '.items | map(select(.on)) | .[]', paginate: {page: p}}"), "each leaves items out"},
		{"dropping in a list", step("  b: {for: a, get: 'http://x/', each: '[.items[] | (select(.on))][]', paginate: {page: p}}"), "each leaves items out"},
		{"dropping by if", step("  b: {for: a, get: 'http://x/', each: '.items[] | if .on then .x else empty end', paginate: {page: p}}"), "each leaves items out"},
		{"dropping by //", step("  b: {for: a, get: 'http://x/', each: '.items[] | .x // empty', paginate: {page: p}}"), "each leaves items out"},
		{"dropping doubles", step("  b: {for: a, get: 'http://x/', each: '.items | unique_by(.id)[]', paginate: {page: p}}"), "each leaves items out"},
		{"header name", step("  b: {for: a, get: 'http://x/', headers: {a b: c}}"), `6:43: "a b" can't be a name in headers`},
		{"query name", step("  b: {for: a, get: 'http://x/', query: {a=b: c}}"), `"a=b" can't be a name in query`},
		{"file template", head + "steps: {a: {file: '{{.base}}.csv', limit: api}}" + tail, "4:20: \"{{.base}}.csv\" is taken as it is"},
		{"database template", step("  b: {for: a, sql: select 1, sqlite: '{{.base}}.db'}"), "is taken as it is"},
		{"output template", strings.Replace(step(""), "x.jsonl", "'{{.base}}.jsonl'", 1), "is taken as it is"},
		{"variable template", strings.Replace(step(""), "demo://origin", "{{.x}}", 1), "is taken as it is"},
		{"start template", head + "steps: {a: {get: 'http://x/', limit: api, since: {max: .a, start: '{{.base}}'}}}" + tail, "is taken as it is"},
		{"on_error list", head + "steps: {a: {get: 'http://x/', on_error: skip, limit: api}}" + tail, "4:41: on_error is for steps"},
		{"no key", strings.Replace(step(""), "file: x.jsonl", "sqlite: x.db, table: t, key: []", 1), "a key needs a column"},
		{"json number", step("  b: {for: a, post: 'http://x/', json: {a: [0x10]}}"), "6:45: 0x10 is no number of JSON"},
		{"sql template", step("  b: {for: a, sqlite: x.db, sql: 'select {{.id}}'}"), "a query is no template"},
		{"sql where", step("  b: {for: a, sql: 'select 1'}"), "which database?"},
		{"sql for http", step("  b: {for: a, sqlite: x, get: 'http://x/'}"), "sqlite is for sql"},
		{"args", step("  b: {for: a, args: [.x], get: 'http://x/'}"), "args are for sql"},
		{"args of another database", step("  b: {for: a, postgres: x, sql: 'select * from u where id = ?', args: [.id]}"), "no $1 in the query for args"},
		{"file for", step("  b: {for: a, file: x.csv}"), "a file is a list"},
		{"body", step("  b: {for: a, get: 'http://x/', body: x}"), "a GET has no body"},
		{"two bodies", step("  b: {for: a, post: 'http://x/', body: x, json: {a: 1}}"), "body beside json"},
		{"json template", step("  b: {for: a, post: 'http://x/', json: {a: ['{{jsn .x}}']}}"), `there is no function "jsn"`},
		{"collect", step("  b: {for: a, get: 'http://x/', collect: lists}"), `did you mean "list"?`},
		{"collect list", head + "steps: {a: {get: 'http://x/', collect: list, limit: api}}" + tail, "collect says how a step is joined"},
		{"key", step("  b: {for: a, get: 'http://x/', key: .id}"), `key is for the list, and "b" is for "a"`},
		{"since", head + "steps: {a: {get: 'http://x/{{.since}}', limit: api}}" + tail, "needs since"},
		{"field of a list", head + "steps: {a: {post: 'http://x/', limit: api, json: {a: [1, '{{.base}}{{.bsae}}']}}}" + tail, `there is no variable "bsae", and a list has no item yet; did you mean "base"?`},
		{"since for nothing", head + "steps: {a: {get: 'http://x/?x={{.base}}', limit: api, since: {max: .at, start: '1'}}}" + tail, "since remembers what nothing asks by"},
		{"since max", head + "steps: {a: {get: 'http://x/', limit: api, since: {start: '1'}}}" + tail, "since needs max"},
		{"url", head + "steps: {a: {get: 'origin/users', limit: api}}" + tail, "template: "},
		{"block", head + "steps:\n  a:\n    limit: api\n    get: http://x/\n    each: |\n      .items[]\n      | {id: nme}\n" + tail, "test.yaml:10:14: jq: there is no function nme"},
		{"output kind", strings.Replace(step(""), "x.jsonl", "x.xml", 1), "a name that ends in .jsonl or .csv"},
		{"output two", strings.Replace(step(""), "x.jsonl", "x.jsonl, sqlite: y", 1), "want one output"},
		{"output none", strings.Replace(step(""), "file: x.jsonl", "", 1), "want file, sqlite or postgres"},
		{"output table", strings.Replace(step(""), "file: x.jsonl", "sqlite: x.db", 1), "want the table"},
		{"output key", strings.Replace(step(""), "file: x.jsonl", "sqlite: x.db, table: t", 1), "needs a key"},
		{"output key jq", strings.Replace(step(""), "file: x.jsonl", "sqlite: x.db, table: t, key: .id", 1), `want the name of a column, "id"`},
		{"output key twice", strings.Replace(step(""), "file: x.jsonl", "sqlite: x.db, table: t, key: [id, id]", 1), `key has "id" twice`},
		{"output column", strings.Replace(step(""), "file: x.jsonl", `sqlite: x.db, table: t, key: id, columns: ['a"b']`, 1), `a column can't be called "a\"b"`},
		{"output column with type", strings.Replace(step(""), "file: x.jsonl", `sqlite: x.db, tables: {t: {key: id, columns: {'': text}}}`, 1), `a column can't be called ""`},
		{"output notes", strings.Replace(step(""), "file: x.jsonl", `sqlite: x.db, table: inflight_Done, key: id`, 1), `the table "inflight_Done" is the one in which`},
		{"output no name", strings.Replace(step(""), "file: x.jsonl", `sqlite: x.db, tables: {'': {key: id}}`, 1), "a table needs a name"},
		{"output table of file", strings.Replace(step(""), "x.jsonl", "x.jsonl, table: t", 1), "a file has one row for each item"},
		{"columns", strings.Replace(step(""), "x.jsonl", "x.jsonl, columns: [a]", 1), "columns are for tables and CSV"},
		{"types", strings.Replace(step(""), "file: x.jsonl", "sqlite: x.db, table: t, key: a, columns: {a: integer}", 1), "want text, int, float"},
		{"same file", "version: 1\nsteps: {a: {file: x.jsonl}}" + tail, "is read and written"},
	} {
		_, err := flow.Parse("test.yaml", []byte(row.text))
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: want %q, got\n%v", row.name, row.want, err)
		}
	}
}

// What was said once is not followed by what is wrong because of it; and what only looks
// like a mistake is none.
func TestNoMistakesMore(t *testing.T) {
	const steps = "steps: {a: {get: 'http://x/'}}"
	for _, row := range []struct {
		text string
		n    int
	}{
		{"version: 1\nsteps: [a]" + tail, 1},
		{"version: 1\n" + steps + "\noutput: x.jsonl", 1},
		{"version: 1\nvars: {v: }\nsteps: {a: {get: 'http://x/{{.v}}'}}" + tail, 1},
		{"version: 1\nvars: {item: x}\nsteps: {a: {get: 'http://x/{{.item}}'}}" + tail, 1},
		{"version: 1\nsteps: {a: 'http://x/'}" + tail, 1},
		{"version: 1\nlimit: {api: {rate: 5/s}}\nsteps: {a: {get: 'http://x/', limit: api}}" + tail, 1},
		{"version: 1\nsteps: {a: {get: 'http://x/'}, b: {for: [a], get: 'http://x/'}}" + tail, 1},
		{"version: 1\nsteps: {a: {get: 'http://x/'}, b: {fro: a, get: 'http://x/'}}" + tail, 1},
		{"version: 1\nsteps: {a: {get: 'http://x/', paginate: page}}" + tail, 1},
		{"version: 1\nsteps: {a: {get: 'http://x/', paginate: {pgae: p}}}" + tail, 1},
		{"version: 1\nsteps: {a: {get: 'http://x/', since: {maxx: .a}}}" + tail, 1},
		{"version: 1\nsteps: {a: {file: x.csv, since: {max: .a, start: '1'}}}" + tail, 1},
		{"version: 1\n" + steps + "\noutput: {file: [x.jsonl]}", 1},
		{"version: 1\n" + steps + "\noutput: {flie: x.jsonl}", 1},
		{"version: 1\n" + steps + "\noutput: {sqlite: x.db, tabel: t, key: id}", 1},
		{"version: 1\n" + steps + "\noutput: {sqlite: x.db, table: t, kye: id}", 1},
		{"version: 1\n" + steps + "\noutput: {sqlite: x.db, tables: {t: {kye: id}}}", 1},
		{"version: 1\n" + steps + "\noutput: {sqlite: x.db, tables: {t: id}}", 1},
		{"version: 1\nlimits: 5\nsteps: {a: {get: 'http://x/', limit: api}}" + tail, 1},
		{"version: 1\nsteps: {a: {get: 'http://x/', each: '.items[] | {x: (.y | select(.z))}', paginate: {page: p}}}" + tail, 0},
		{"version: 1\nsteps: {a: {get: 'http://x/', each: '.a | select(.b) | .items[]', paginate: {page: p}}}" + tail, 0},
		{"version: 1\nsteps: {a: {get: 'http://x/', each: '.items[] | select(.b)', paginate: {page: p, pages: .n}}}" + tail, 0},
		{"version: 1\nsteps: {a: {get: 'http://x/', each: 'def map: .items[]; map', paginate: {page: p}}}" + tail, 0},
		{"version: 1\nsteps: {l: {get: 'http://x/'}, a: {for: b, get: 'http://x/'}, b: {for: a, get: 'http://x/'}, c: {for: a, get: 'http://x/'}}" + tail, 1},
	} {
		_, err := flow.Parse("test.yaml", []byte(row.text))
		all, _ := errors.AsType[flow.Errors](err)
		if len(all) != row.n {
			t.Errorf("%s\n%v", row.text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/mistakes.yaml", "../examples/flow/users.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(users + tail)
	f.Add("version: 1\nsteps: {a: {post: 'http://x/', json: {a: ['{{json .x}}', 1, null, 1e3, .inf]}, since: {max: .a}}}" + tail)
	f.Add("version: &a 1\nsteps: *a\nvars: !!str x\noutput: [1]\n? a\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		flow, err := flow.Parse("f.yaml", []byte(text))
		if (flow == nil) == (err == nil) {
			t.Fatalf("%v, %v", flow, err)
		}
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		flow.Outline()
		flow.Mermaid()
		flow.SVG()
	})
}
