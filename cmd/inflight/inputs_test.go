package main_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/internal/origin"
)

// rows runs fetch over one input and returns its lines by index.
func rows(t *testing.T, name, text string, args ...string) []result {
	t.Helper()
	cmd := process(t, append([]string{"fetch", "-i", name, "-o", "out.jsonl", "--progress", "off"}, args...)...)
	write(t, cmd, name, text)
	code, _, errOut := run(t, cmd)
	if code > 1 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	all := results(t, output(cmd, "out.jsonl"))
	return wantLines(t, all, len(all))
}

// outcome is what became of a row, in few words.
func outcome(r result) string {
	if r.Error == nil {
		return r.Method + " " + r.URL
	}
	return fmt.Sprintf("%s %d %s", r.Error.Class, r.Error.Line, r.Error.Message)
}

func wantOutcomes(t *testing.T, all []result, want ...string) {
	t.Helper()
	if len(all) != len(want) {
		t.Errorf("%d rows, want %d", len(all), len(want))
	}
	for i, r := range all {
		if i < len(want) && (!strings.HasPrefix(outcome(r), want[i]) && !(r.Error != nil && containsAll(outcome(r), want[i]))) {
			t.Errorf("row %d: %s, want %s", i, outcome(r), want[i])
		}
	}
}

// containsAll tells whether a text begins with the first word of another, and has the rest.
func containsAll(text, words string) bool {
	first, rest, _ := strings.Cut(words, " ")
	line, rest, _ := strings.Cut(rest, " ")
	return strings.HasPrefix(text, first+" "+line+" ") && strings.Contains(text, rest)
}

// Commands of curl are sent as curl would send them; what is wrong with one is its own
// result, with its line, and the others go on.
func TestFetchCurl(t *testing.T) {
	s := serve(t, origin.Options{})
	u := s.URL()
	all := rows(t, "reqs.curl", strings.ReplaceAll("\ufeff# two good ones\r\ncurl ORIGIN/echo -d 'a=1' -d b=2\r\ncurl 'ORIGIN/echo?x=1' \\\r\n  -X PUT -H 'X-It: it'\\''s' \\\r\n  --data-raw $'{\"a\":\"\\u00e9\"}' --compressed -sS -k\r\n"+
		"curl 'ORIGIN/unclosed\r\ncurl --datta x ORIGIN/echo\r\ncurl -d @/etc/passwd ORIGIN/echo\r\ncurl -sS\r\ncurl ORIGIN/ec\x00ho\r\ncurl $(touch oops) ORIGIN/echo\r\ncurl ORIGIN/echo -d '"+strings.Repeat("x", 11<<20)+"'\r\ncurl -u me:pw ORIGIN/echo -G -d q=1\r\n", "ORIGIN", u))
	wantOutcomes(t, all, "POST "+u+"/echo", "PUT "+u+"/echo?x=1", "input 6 ", "input 7 the option --datta of curl is not known; is it --data?", "input 8 would open a file",
		"input 9 no URL", "input 10 NUL", "input 11 nothing is looked up or executed", "input 12 longer than", "GET "+u+"/echo?q=1")
	for i, want := range map[int]string{0: "a=1&b=2", 1: `{"a":"é"}`} {
		echo := all[i].JSON.(map[string]any)
		if echo["body"] != want {
			t.Errorf("row %d: %v", i, echo)
		}
	}
	headers := fmt.Sprint(all[1].JSON.(map[string]any)["headers"], all[9].JSON.(map[string]any)["headers"])
	if !strings.Contains(headers, "X-It:[it's]") || !strings.Contains(headers, "Authorization:[Basic bWU6cHc=]") {
		t.Error(headers)
	}
}

// So are the requests of a .http file.
func TestFetchHTTPFile(t *testing.T) {
	all := rows(t, "reqs.http", "@base = demo://\r\n### one\r\nGET {{base}}/users/3 HTTP/1.1\r\nAccept: a/b\r\n\r\n### two\r\nPOST {{base}}/echo\r\n\r\n{\"id\": 5}\r\n"+
		"### \r\nGET {{nope}}/x\r\n### \r\nGET demo:///echo\r\nGET demo:///echo\r\n###\r\nPOST demo:///echo\r\n\r\n< /etc/passwd\r\n###\r\nGET demo:///\x00\r\n###\r\nPOST demo:///echo\r\n\r\n"+
		strings.Repeat("x", 11<<20)+"\r\n### last\r\nDELETE {{base}}/echo\r\n", "--key", ".name // \"\"", "--cost", "(.body.id // 1)", "--budget", "ids=100/1s")
	wantOutcomes(t, all, "GET demo:///users/3", "POST demo:///echo", `input 11 there is no variable "nope"`, "input 14 not a header", "input 18 would open a file", "input 20 NUL", "input 21 longer than", "DELETE demo:///echo")
	if all[0].Key != "one" || string(all[1].Input) != `{"name":"two"}` || all[1].Cost["ids"] != 5.0 {
		t.Errorf("%+v", all[:2])
	}
}

// An array of JSON has its items for rows, however it is written.
func TestFetchArray(t *testing.T) {
	all := rows(t, "users.json", "\ufeff[\r\n  {\"id\": 1,\r\n   \"tags\": [\"]\"]},\r\n  {\"id\": oops},\r\n  {\"id\": \"\x00\"},\r\n  \""+strings.Repeat("x", 11<<20)+"\",\r\n  {\"id\": 2}\r\n]\r\n", "demo:///users/{{.id}}")
	wantOutcomes(t, all, "GET demo:///users/1", "input 4 not a JSON value", "input 5 NUL", "input 6 longer than", "GET demo:///users/2")
	if string(all[0].Input) != `{"id":1,"tags":["]"]}` {
		t.Errorf("%s", all[0].Input)
	}
	cmd := process(t, "fetch", "-i", "cut.json", "-o", "out.jsonl")
	write(t, cmd, "cut.json", "[\n\"demo:///users/1\",\n{\"url\":")
	if code, _, errOut := run(t, cmd); code != 5 || !strings.Contains(errOut, "cut.json:3: a value that is never closed") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// A request in a file is the template for all rows.
func TestFetchRequestFile(t *testing.T) {
	s := serve(t, origin.Options{})
	for name, text := range map[string]string{
		"r.yaml": "method: POST\nurl: ORIGIN/echo\nquery: {id: '{{.id}}'}\nheaders: {X-Name: '{{.name}}'}\nauth: {user: me, password: pw}\njson: {name: '{{.name}}', n: '{{json .id}}'}\n",
		"r.http": "@base = ORIGIN\n\nPOST {{base}}/echo?id={{id}}\nX-Name: {{name}}\nAuthorization: Basic me:pw\nContent-Type: application/json\n\n{\"name\":{{json .name}},\"n\":{{json .id}}}\n",
	} {
		cmd := process(t, "fetch", "-i", "users.csv", "--request", name, "-o", "out.jsonl")
		write(t, cmd, "users.csv", "id,name\n1,ann\n2,bob\n3\n")
		write(t, cmd, name, strings.ReplaceAll(text, "ORIGIN", s.URL()))
		code, _, errOut := run(t, cmd)
		if code != 1 {
			t.Fatalf("%s: exit code %d: %s", name, code, errOut)
		}
		all := wantLines(t, results(t, output(cmd, "out.jsonl")), 3)
		wantOutcomes(t, all, "POST "+s.URL()+"/echo?id=1", "POST "+s.URL()+"/echo?id=2", "input 4 want 2 fields")
		echo := all[1].JSON.(map[string]any)
		headers := fmt.Sprint(echo["headers"])
		if echo["body"] != `{"name":"bob","n":"2"}` || !strings.Contains(headers, "X-Name:[bob]") || !strings.Contains(headers, "Authorization:[Basic bWU6cHc=]") || !strings.Contains(headers, "application/json") {
			t.Errorf("%s: %v", name, echo)
		}
	}
}

// A request alone is sent once; arguments are the rows of one without a URL.
func TestFetchRequestWithoutInput(t *testing.T) {
	for _, row := range []struct {
		args []string
		text string
		want []string
	}{
		{[]string{"--request", "r.yaml"}, "url: demo:///echo\ndata: x", []string{"POST demo:///echo"}},
		{[]string{"--request", "r.yaml", "demo:///echo?{1..2}"}, "url: demo:///\nmethod: PUT", []string{"PUT demo:///echo?1", "PUT demo:///echo?2"}},
		{[]string{"--post", "demo:///echo", "--json", "{}"}, "", []string{"POST demo:///echo"}},
	} {
		cmd := process(t, append([]string{"fetch", "-o", "out.jsonl"}, row.args...)...)
		write(t, cmd, "r.yaml", row.text)
		if code, _, errOut := run(t, cmd); code != 0 {
			t.Fatalf("%q: exit code %d: %s", row.args, code, errOut)
		}
		all := results(t, output(cmd, "out.jsonl"))
		wantOutcomes(t, wantLines(t, all, len(row.want)), row.want...)
	}
}

// What is wrong with a request is said before anything is sent or written.
func TestFetchBadRequests(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"--request", "bad.yaml"}, "bad.yaml:2:17: header \"X\": there is no function \"pth\"; is it \"path\"?\n  headers: {X: '{{pth .id}}'}\n                  ^"},
		{[]string{"--request", "template.yaml"}, "no rows to fill it from"},
		{[]string{"--request", "empty.yaml"}, "there is no URL in it"},
		{[]string{"--request", "cmd.yaml"}, "cmd: runs a command"},
		{[]string{"--request", "."}, "is a directory"},
		{[]string{"--request", "missing.yaml"}, "missing.yaml"},
		{[]string{"--request", "template.yaml", "-i", "template.yaml", "-o", "template.yaml", "--force"}, "give the output a name of its own"},
		{[]string{"-i", "a.curl", "--errors", "failed.jsonl"}, "--retry-failed"},
		{[]string{"--post", "demo:///", "demo:///x"}, "-X POST"},
		{[]string{"--post", "demo:///{{.x}}"}, "no rows to fill it from"},
		{[]string{"-X", "POST", "demo:///echo", "-d", "@body.json"}, "--data-file body.json"},
		{[]string{"demo:///", "-d", "x", "--data-file", "bad.yaml"}, "--data and --data-file"},
		{[]string{"demo:///", "--in", "har"}, `--in "har": want lines`},
		{[]string{"-i", "-", "-i", "-"}, "can be read once"},
		{[]string{"-i", "."}, "is a directory"},
		{[]string{"demo:///{1..1000000000000}{1..1000000}"}, "which is the most"},
		{[]string{"demo:///", "--dedupe", "key"}, "--key"},
		{[]string{"demo:///", "--sample", "1.5"}, "--sample"},
		{[]string{"demo:///", "--limit", "-1"}, "--limit"},
		{[]string{"demo:///", "--offset", "-1"}, "--offset"},
	} {
		cmd := process(t, append([]string{"fetch", "-o", "out.jsonl"}, row.args...)...)
		write(t, cmd, "bad.yaml", "url: demo:///echo\nheaders: {X: '{{pth .id}}'}\n")
		write(t, cmd, "template.yaml", "url: demo:///{{.id}}\n")
		write(t, cmd, "empty.yaml", "method: POST\n")
		write(t, cmd, "a.curl", "")
		write(t, cmd, "cmd.yaml", "url: demo:///echo\nbearer: cmd:touch oops\n")
		code, out, errOut := run(t, cmd)
		if code != 2 || out != "" || !strings.Contains(errOut, row.want) || strings.Contains(errOut, "inflight/source") {
			t.Errorf("%q: exit code %d, stdout %q: %s\nwant %s", row.args, code, out, errOut, row.want)
		}
		if entries, _ := os.ReadDir(cmd.Dir); len(entries) != 5 {
			t.Errorf("%q: there are %v", row.args, entries)
		}
	}
}

// A resumed run notices that what is sent has changed.
func TestFetchChangedRequest(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	fetch := func(args ...string) (code int, errOut string) {
		cmd := process(t, append([]string{"fetch"}, args...)...)
		cmd.Dir = dir
		code, _, errOut = run(t, cmd)
		return code, errOut
	}
	for _, args := range [][]string{
		{"--request", "sent", "-o", "a.jsonl"}, {"-X", "POST", "demo:///echo", "--data-file", "sent", "-o", "b.jsonl"},
	} {
		file("sent", "url: demo:///echo\n")
		if code, errOut := fetch(args...); code != 0 {
			t.Fatalf("exit code %d: %s", code, errOut)
		}
		if code, errOut := fetch(append(args, "--resume")...); code != 0 {
			t.Errorf("the same: exit code %d: %s", code, errOut)
		}
		file("sent", "url: demo:///users/1\n")
		if code, errOut := fetch(append(args, "--resume")...); code != 6 || !strings.Contains(errOut, args[len(args)-4][2:]) && !strings.Contains(errOut, args[0][2:]) {
			t.Errorf("changed: exit code %d: %s", code, errOut)
		}
	}
}

// A dry run prints commands that are an input again.
func TestFetchDryRunAgain(t *testing.T) {
	cmd := process(t, "fetch", "-i", "reqs.http", "--dry-run")
	write(t, cmd, "reqs.http", "POST demo:///echo?q=it's\nX-A: \"b\"\n\n{\"a\":\n 1}\n###\nPUT demo:///echo\nContent-Type: multipart/form-data; boundary=x\n\n--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n--x--\n")
	code, first, errOut := run(t, cmd)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	cmd = process(t, "fetch", "-i", "-", "--dry-run", "--in", "curl")
	cmd.Stdin = strings.NewReader(first)
	if code, second, errOut := run(t, cmd); code != 0 || second != first || strings.Count(second, "curl -X") != 2 {
		t.Errorf("exit code %d: %s%s, want\n%s", code, second, errOut, first)
	}
}

// Inputs that nobody should have: each ends, with something to say about it.
func TestFetchHostileInputs(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	for name, c := range map[string]struct {
		text string
		args []string
		code int
		want string
	}{
		"bomb.gz":     {bomb.String(), nil, 1, "longer than"},
		"cut.gz":      {bomb.String()[:1000], nil, 5, "cut.gz"},
		"bomb.zst":    {"\x28\xb5\x2f\xfd\x00\xff\xff\xff", nil, 5, "bomb.zst"},
		"cut.jsonl":   {bomb.String()[:1000], nil, 5, "is cut"},
		"mac.csv":     {"url\rdemo:///\r", nil, 5, `a \r alone`},
		"quoted.csv":  {"url,\"a\r\nb\"\r\ndemo:///users/1,2\r\n", nil, 0, ""},
		"null.jsonl":  {"null\n", []string{"demo:///{{.id}}"}, 1, `null has no field`},
		"bad.txt":     {"demo:///%zz\n", nil, 1, `invalid URL escape`},
		"empty.curl":  {"", nil, 0, ""},
		"utf16.http":  {"\xff\xfeG\x00", nil, 5, "UTF-16"},
		"deep.json":   {"[" + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + ",\"demo:///users/1\"]", nil, 1, "exceeded max depth"},
		"huge.jsonl":  {`{"n":3}` + "\n" + `{"n":1}`, []string{`demo:///echo?{{range $i, $x := .n}}{{end}}`}, 1, "template"},
		"printf.json": {`[1]`, []string{`demo:///echo?{{printf "%999999999d" 1}}`}, 1, "template"},
		"vars.http":   {"@a=" + strings.Repeat("x", 1<<19) + "\nPOST demo:///echo\n\n" + strings.Repeat("{{a}}", 2000), nil, 1, "64 MiB"},
	} {
		cmd := process(t, append([]string{"fetch", "-i", name, "-o", "out.jsonl"}, c.args...)...)
		write(t, cmd, name, c.text)
		began := time.Now()
		code, _, errOut := run(t, cmd)
		lines, _ := os.ReadFile(output(cmd, "out.jsonl"))
		if code != c.code || !strings.Contains(errOut+string(lines), c.want) || time.Since(began) > 30*time.Second {
			t.Errorf("%s: exit code %d after %v: %s%.300s", name, code, time.Since(began), errOut, lines)
		}
	}
}

// An input may be there twice, and the standard input may be closed.
func TestFetchOddInputs(t *testing.T) {
	all := rows(t, "a.txt", "demo:///users/1\n", "-i", "a.txt")
	wantOutcomes(t, all, "GET demo:///users/1", "GET demo:///users/1")
	cmd := process(t, "fetch", "-i", "-") // whose input is the null device
	if code, out, errOut := run(t, cmd); code != 0 || out != "" {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}
}
