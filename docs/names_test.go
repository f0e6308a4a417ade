package docs_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/inflighttest"
	"github.com/inflight-go/inflight/session"
)

// The tables of asyncio.md name what there is: here, and in Go.
func TestNamesOfAsyncio(t *testing.T) {
	onlyReads(t)
	rows := tables(t, "asyncio.md")
	if len(rows) < 150 {
		t.Fatalf("found %d rows in asyncio.md, there are many more", len(rows))
	}
	for _, r := range rows {
		for _, name := range codes(r.cells[1]) {
			if !names.known(name) {
				t.Errorf("asyncio.md:%d: `%s` is no name of inflight, and none of Go", r.line, name)
			}
		}
		for _, name := range codes(r.cells[2]) { // which may speak of Python, too
			if pkg, _, ok := strings.Cut(name, "."); ok && folders[pkg] != "" && !names.known(name) {
				t.Errorf("asyncio.md:%d: there is no `%s`", r.line, name)
			}
		}
	}
}

// Every name of testdata/names.txt stands in asyncio.md.
func TestEveryNameIsThere(t *testing.T) {
	page, err := os.ReadFile("asyncio.md")
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(string(page), -1) {
		there[word] = true
	}
	list, err := os.ReadFile("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for name := range strings.FieldsSeq(line) {
			if !there[name] {
				t.Errorf("asyncio.md does not have %s", name)
			}
		}
	}
}

// The test can fail: names that there are not are not known.
func TestNamesThatThereAreNot(t *testing.T) {
	onlyReads(t)
	for _, name := range []string{
		"Gather5", "Task.Detach", "queue.Queue.Peek", "queue.NewDeque", "session.Options.Magic", "gather", "context.WithTimeoutReason",
		"net.Conn.Peek", "inflight pstree", "INFLIGHT_LOOP", "numpy.Array",
	} {
		if names.known(name) {
			t.Errorf("%q counts as a name", name)
		}
	}
	for _, name := range []string{
		"Gather4", "Task.Cancel", "Task.OnDone", "queue.Queue.All", "queue.Unbounded", "session.Options.Trace", "retry.ClassDNS", "*session.StatusError",
		"context.Context.Deadline", "net.TCPConn.CloseWrite", "net.Conn.SetDeadline", "tls.Conn.ConnectionState", "inflight ps", "INFLIGHT_DEBUG", "Info.Line",
	} {
		if !names.known(name) {
			t.Errorf("%q counts as no name", name)
		}
	}
}

// A row is one of a table of counterparts: theirs, "here", and a remark.
type row struct {
	line  int
	cells []string
}

func tables(t *testing.T, file string) (rows []row) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	inside := false // of such a table
	for i, line := range strings.Split(string(text), "\n") {
		inner, ok := strings.CutPrefix(line, "|")
		if !ok {
			inside = false
			continue
		}
		cells := strings.Split(strings.TrimSuffix(inner, "|"), "|")
		switch {
		case strings.HasPrefix(inner, "--"):
		case len(cells) != 3:
			t.Errorf("%s:%d: a row with %d columns, want 3: %s", file, i+1, len(cells), line)
		case strings.TrimSpace(cells[1]) == "here":
			inside = true
		case inside:
			rows = append(rows, row{i + 1, cells})
		}
	}
	return rows
}

var code = regexp.MustCompile("`([^`]+)`")

func codes(cell string) (names []string) {
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// folders are where the packages are that a name may begin with: below the root
// of this module, or as Go's own are imported.
var folders = map[string]string{
	"locks": "./locks", "queue": "./queue", "limit": "./limit", "retry": "./retry", "breaker": "./retry/breaker",
	"session": "./session", "files": "./files", "hub": "./hub", "serve": "./serve", "debug": "./debug", "inflighttest": "./inflighttest",
	"bufio": "bufio", "context": "context", "cookiejar": "net/http/cookiejar", "errors": "errors", "exec": "os/exec", "filepath": "path/filepath",
	"fs": "io/fs", "http": "net/http",
	"httptrace": "net/http/httptrace", "io": "io", "iter": "iter", "json": "encoding/json", "mime": "mime", "multipart": "mime/multipart",
	"net": "net", "os": "os", "signal": "os/signal", "sync": "sync", "synctest": "testing/synctest", "syscall": "syscall",
	"testing": "testing", "time": "time", "tls": "crypto/tls", "url": "net/url",
}

// words are code, and no names of a package.
var words = map[string]bool{
	"defer": true, "sh -c": true,
	"inflight ps": true, "inflight tree": true, "inflight top": true, "inflight dump": true, "inflight chat join": true,
	"INFLIGHT_DEBUG": true, "INFLIGHT_ATTACH=1": true,
}

func onlyReads(t *testing.T) {
	if race {
		t.Skip("reads sources, which takes long with -race, and does nothing at the same time")
	}
}

var names = lexicon{packages: make(map[string]map[string]bool)}

// A lexicon knows what packages export: "Run", "Task.Await", "Options.Rate".
type lexicon struct {
	packages map[string]map[string]bool // by folder; read when first asked for
}

func (l *lexicon) known(name string) bool {
	if words[name] {
		return true
	}
	name = strings.TrimPrefix(name, "*")
	if pkg, member, ok := strings.Cut(name, "."); ok && folders[pkg] != "" {
		return ast.IsExported(member) && l.exports(folders[pkg])[member]
	}
	return ast.IsExported(name) && l.exports(".")[name]
}

func (l *lexicon) exports(folder string) map[string]bool {
	if names, ok := l.packages[folder]; ok {
		return names
	}
	names, err := exports(folder)
	if err != nil {
		panic(err)
	}
	l.packages[folder] = names
	return names
}

func exports(folder string) (map[string]bool, error) {
	dir := filepath.Join("..", folder)
	if !strings.HasPrefix(folder, ".") {
		p, err := build.Import(folder, "", build.FindOnly)
		if err != nil {
			return nil, err
		}
		dir = p.Dir
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	p := exported{names: make(map[string]bool), embeds: make(map[string][]string), members: make(map[string][]string)}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		p.file(f)
	}
	for typ := range p.members {
		p.promote(typ, typ, 0)
	}
	return p.names, nil
}

// exported gathers the names of one package.
type exported struct {
	names   map[string]bool
	members map[string][]string // methods and fields of each type, exported or not
	embeds  map[string][]string // the types of the same package that a type embeds
}

func (p *exported) file(f *ast.File) {
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				p.names[d.Name.Name] = true
			} else if typ := typeName(d.Recv.List[0].Type); typ != "" {
				p.members[typ] = append(p.members[typ], d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				p.spec(spec)
			}
		}
	}
}

func (p *exported) spec(spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			p.names[name.Name] = true
		}
	case *ast.TypeSpec:
		typ := s.Name.Name
		p.names[typ] = true
		p.members[typ] = append(p.members[typ], "")
		var fields *ast.FieldList
		switch u := s.Type.(type) {
		case *ast.StructType:
			fields = u.Fields
		case *ast.InterfaceType:
			fields = u.Methods
		case *ast.Ident: // type A B, or A = B
			if s.Assign.IsValid() {
				p.embeds[typ] = append(p.embeds[typ], u.Name)
			}
		}
		if fields == nil {
			return
		}
		for _, field := range fields.List {
			for _, name := range field.Names {
				p.members[typ] = append(p.members[typ], name.Name)
			}
			if in := typeName(field.Type); len(field.Names) == 0 && in != "" {
				p.embeds[typ] = append(p.embeds[typ], in)
			}
		}
	}
}

// promote adds the members of typ, and of what it embeds, to those of top.
func (p *exported) promote(top, typ string, depth int) {
	if depth > 5 {
		return
	}
	for _, m := range p.members[typ] {
		if ast.IsExported(m) {
			p.names[top+"."+m] = true
		}
	}
	for _, in := range p.embeds[typ] {
		p.promote(top, in, depth+1)
	}
}

// typeName is the name of a type of the same package: T of T, *T, T[K] and T[K, V].
func typeName(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.IndexListExpr:
		return typeName(x.X)
	case *ast.ParenExpr:
		return typeName(x.X)
	}
	return ""
}

// Two remarks of asyncio.md: how a header is left out, and who makes requests that are
// traced.
func TestRemarksOnSessions(t *testing.T) {
	inflighttest.Run(t, func(t *testing.T, ctx context.Context, g *inflight.TaskGroup) {
		agents := make(chan []string, 2)
		origin := inflighttest.NewOrigin(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { agents <- r.Header["User-Agent"] }))
		s, err := session.New(session.Options{Dial: origin.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.Do(ctx, &session.Request{URL: origin.URL(), Header: http.Header{"User-Agent": {}}}); err != nil {
			t.Fatal(err)
		}
		if got := <-agents; got != nil {
			t.Errorf("User-Agent %q was sent", got)
		}

		n, err := session.New(session.Options{Dial: origin.Dial, NetHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		connections := 0
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connections++ }})
		if _, err := n.Get(traced, origin.URL()); err != nil || connections != 1 {
			t.Errorf("%v, the trace was told of %d connections", err, connections)
		}
	})
}
