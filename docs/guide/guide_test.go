// Package guide_test checks that what the guide shows is so: each piece of Go code is
// in one of the programs, and each output is what the program prints.
//
//	go test ./docs/guide -update
//
// writes the outputs into the pages.
package guide_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"
)

var update = flag.Bool("update", false, "write what the programs print into the pages")

// Sockets are the programs that use some, which no bubble can hold: they run in real
// time. Those that need a visitor are run by a test of their own.
var (
	sockets = []string{"broadcast", "sessions"}
	visited = []string{"service"}
)

// checkedElsewhere reports whether another test sees to a session.
func checkedElsewhere(t *testing.T, b *block) bool {
	t.Helper()
	command, _ := b.command()
	switch {
	case strings.HasPrefix(command, "$ inflight "): // cmd/inflight
	case strings.HasPrefix(command, "$ go test ./docs/guide/programs/shop"): // the tests there
	case command == "$ go run ./docs/guide/programs/service": // TestService
	case strings.HasPrefix(command, "$ INFLIGHT_ATTACH=1 "): // examples/stuck, by what docs/debugging.md shows
		page, err := os.ReadFile("../debugging.md")
		if err != nil || !strings.Contains(string(page), b.text) {
			t.Errorf("%v: docs/debugging.md does not show this, %v", b, err)
		}
	default:
		return false
	}
	return true
}

// Each chapter is in the index, and has an exercise whose answer is folded.
func TestChapters(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	chapters, _ := filepath.Glob("[0-9]*.md")
	for _, chapter := range chapters {
		text, err := os.ReadFile(chapter)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"\n## Exercise\n", "\n<details>\n<summary>Answer</summary>\n", "\n</details>\n"} {
			if strings.Count(string(text), part) != 1 {
				t.Errorf("%s does not have one %q", chapter, part)
			}
		}
		if !strings.Contains(string(index), "("+chapter+")") {
			t.Errorf("%s is not in the index", chapter)
		}
	}
}

// A block is what stands between two fences of a page.
type block struct {
	page    string
	line    int    // of the first fence, from 1
	lang    string // "" for a session: a command and what it prints
	text    string
	program string // the file that the page has linked to last
}

func (b *block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// command is the first line of a session, and output the rest.
func (b *block) command() (command, output string) {
	command, output, _ = strings.Cut(b.text, "\n")
	return command, output
}

var link = regexp.MustCompile(`\]\(((?:programs|\.\./\.\./examples)/[a-z/_]+\.go)\)`)

// blocks reads the pages of the guide.
func blocks(t *testing.T) (all []*block) {
	t.Helper()
	pages, err := filepath.Glob("*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parse(page, string(text))...)
	}
	return all
}

func parse(page, text string) (all []*block) {
	var open *block
	program, n := "", 0
	for line := range strings.Lines(text) {
		n++
		lang, fence := strings.CutPrefix(strings.TrimRight(line, "\n"), "```")
		switch {
		case fence && open == nil:
			open = &block{page: page, line: n, lang: lang, program: program}
		case fence:
			all = append(all, open)
			open = nil
		case open != nil:
			open.text += line
		default:
			if m := link.FindAllStringSubmatch(line, -1); m != nil {
				program = m[len(m)-1][1]
			}
		}
	}
	return all
}

// Each piece of Go code stands in the program that the page has named before.
func TestCodeIsInThePrograms(t *testing.T) {
	used := make(map[string]bool)
	for _, b := range blocks(t) {
		switch b.lang {
		case "":
			continue
		case "go":
		default:
			t.Errorf("%v: a block of %q, which nothing checks", b, b.lang)
			continue
		}
		used[b.program] = true
		source, err := os.ReadFile(filepath.FromSlash(b.program))
		if err != nil {
			t.Errorf("%v: no program is linked to before this code: %v", b, err)
			continue
		}
		if !contains(string(source), b.text) {
			t.Errorf("%v: %s does not have this:\n%s", b, b.program, b.text)
		}
	}
	for _, name := range programs() {
		if file := "programs/" + name + "/main.go"; !used[file] {
			t.Errorf("no page shows %s", file)
		}
	}
}

// contains reports whether the lines of part stand in source one after the other, all
// indented by as much more.
func contains(source, part string) bool {
	lines, want := strings.Split(source, "\n"), strings.Split(strings.TrimSuffix(part, "\n"), "\n")
	for at := range len(lines) - len(want) + 1 {
		indent, ok := strings.CutSuffix(lines[at], want[0])
		if ok && strings.Trim(indent, "\t") == "" && slices.EqualFunc(lines[at:at+len(want)], want, func(line, part string) bool {
			return line == part && part == "" || line == indent+part
		}) {
			return true
		}
	}
	return false
}

// programs returns the names of the programs of the guide.
func programs() (names []string) {
	mains, _ := filepath.Glob("programs/*/main.go") // the pattern is good
	for _, file := range mains {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names
}

// Each session shows what its program prints, but for numbers that are others each time.
func TestOutputsAreSo(t *testing.T) {
	outputs := run(t)
	pages := make(map[string]string)
	for _, b := range blocks(t) {
		command, output := b.command()
		if b.lang != "" || checkedElsewhere(t, b) {
			continue
		}
		name, ok := strings.CutPrefix(command, "$ go run ./docs/guide/programs/")
		printed, there := outputs[name]
		if !ok || !there {
			t.Errorf("%v: %q is no command that is checked", b, command)
			continue
		}
		if plain(output) != plain(printed) && !*update {
			t.Errorf("%v: %s prints\n%s", b, name, printed)
		}
		if *update {
			page := pages[b.page]
			if page == "" {
				text, _ := os.ReadFile(b.page)
				page = string(text)
			}
			pages[b.page] = strings.Replace(page, "```\n"+b.text+"```", "```\n"+command+"\n"+printed+"```", 1)
		}
	}
	for page, text := range pages {
		if err := os.WriteFile(page, []byte(text), 0o666); err != nil {
			t.Error(err)
		}
	}
}

var changing = regexp.MustCompile(`pid \d+|#\d+|\d+ goroutines`)

// plain is a text without the numbers that are others each time.
func plain(s string) string { return changing.ReplaceAllString(s, "N") }

// run builds all programs and returns what they print.
func run(t *testing.T) map[string]string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs programs")
	}
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a program of its own heeds no -test.timeout
	defer cancel()
	var all sync.WaitGroup
	start := func(env string) {
		all.Go(func() {
			cmd := exec.CommandContext(ctx, binary, "-test.timeout=1m")
			cmd.Env = append(os.Environ(), "GUIDE_DIR="+dir, env)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", env, err, out)
			}
		})
	}
	start("GUIDE_PROGRAM=")
	for _, name := range sockets {
		start("GUIDE_PROGRAM=" + name)
	}
	all.Wait()
	outputs := make(map[string]string)
	for _, name := range programs() {
		if !slices.Contains(visited, name) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
			}
			outputs[name] = string(text)
		}
	}
	return outputs
}

// The service takes nothing more when it is told to end, and answers what is under way.
func TestService(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("builds and runs a program, and interrupts it")
	}
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	address := free(t)
	cmd := exec.CommandContext(t.Context(), binary, "-listen", address, "-admin", free(t))
	cmd.Env = append(os.Environ(), "GUIDE_PROGRAM=service")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	said, _ := lines.ReadString('\n')
	answer := make(chan string, 1)
	go func() {
		resp, err := http.Get("http://" + address + "/300ms")
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		answer <- string(body)
	}()
	line, _ := lines.ReadString('\n')
	_ = cmd.Process.Signal(os.Interrupt)
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if got := <-answer; got != "done\n" {
		t.Errorf("the request got %q", got)
	}
	said = strings.ReplaceAll(said+line+string(rest), "300ms", "5s")
	for _, b := range blocks(t) {
		command, output := b.command()
		if command == "$ go run ./docs/guide/programs/service" && strings.ReplaceAll(output, "^C", "") != said {
			t.Errorf("%v: the service says\n%s", b, said)
		}
	}
}

// free returns an address at which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// build makes one binary of all programs: to link each by itself takes much longer. For
// that each main function becomes one that can be called, in files that only the build
// sees.
var build = sync.OnceValues(func() (binary string, err error) {
	names, dir := programs(), scratch
	overlay := map[string]string{}
	write := func(file string, text []byte) {
		written := filepath.Join(dir, fmt.Sprint(len(overlay)), filepath.Base(file))
		path, _ := filepath.Abs(file)
		overlay[path] = written
		err = firstError(err, os.MkdirAll(filepath.Dir(written), 0o777), os.WriteFile(written, text, 0o666))
	}
	for _, name := range names {
		file := filepath.Join("programs", name, "main.go")
		source, readErr := os.ReadFile(file)
		err = firstError(err, readErr)
		source = bytes.Replace(source, []byte("\npackage main\n"), []byte("\npackage "+name+"\n"), 1)
		source = bytes.Replace(source, []byte("\nfunc main() {"), []byte("\nfunc Main() {"), 1)
		write(file, source)
	}
	var all bytes.Buffer
	err = firstError(err, together.Execute(&all, map[string]any{"Names": names, "Sockets": slices.Concat(sockets, visited)}))
	source, formatErr := format.Source(all.Bytes())
	err = firstError(err, formatErr)
	write(filepath.Join("programs", "all_test.go"), source)
	list, _ := json.Marshal(map[string]any{"Replace": overlay})
	err = firstError(err, os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o666))
	if err != nil {
		return "", err
	}
	binary = filepath.Join(dir, "guide")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./programs").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
})

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// together is the binary: without GUIDE_PROGRAM it runs the programs in bubbles, where an
// hour takes no time and "after 300ms" is exact, and writes what each prints to a file.
var together = template.Must(template.New("").Parse(`package programs_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
{{range .Names}}
	"github.com/inflight-go/inflight/docs/guide/programs/{{.}}"{{end}}
)

var mains = map[string]func(){ {{range .Names}}
	"{{.}}": {{.}}.Main,{{end}}
}

func TestMain(m *testing.M) {
	if name := os.Getenv("GUIDE_PROGRAM"); name != "" {
		begin(name)
		mains[name]()
		return
	}
	os.Exit(m.Run())
}

func TestPrograms(t *testing.T) { {{range .Sockets}}
	delete(mains, "{{.}}"){{end}}
	for name, main := range mains {
		end := begin(name)
		synctest.Test(t, func(*testing.T) {
			main()
			time.Sleep(time.Hour) // until what it has left behind is over
		})
		end()
	}
}

// begin lets a program be known by its name, and write to its file.
func begin(name string) (end func()) {
	os.Args[0] = name
	if os.Getenv("GUIDE_DIR") == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(os.Getenv("GUIDE_DIR"), name))
	if err != nil {
		panic(err)
	}
	stdout := os.Stdout
	os.Stdout = f
	return func() {
		os.Stdout = stdout
		f.Close()
	}
}
`))

// scratch is a folder that is there while the tests run.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "guide-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}
