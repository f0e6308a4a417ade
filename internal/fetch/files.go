package fetch

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/option"
)

// bodyFiles writes bodies to files, one for each key, whole or not at all.
type bodyFiles struct {
	root    string // the folder in front of the first template action
	name    *template.Template
	durable bool
	parts   string            // what files are called before they have their names
	taken   map[string]string // paths of other files of the run, and what they are
}

// newBodyFiles reads file:DIR/{{.index}}. Without an action the text is a folder.
func newBodyFiles(text string, durable bool) (*bodyFiles, error) {
	if text == "" {
		return nil, option.Wrong("body", "file:", "a folder, such as file:bodies or file:bodies/{{.key}}.json")
	}
	if !strings.Contains(text, "{{") {
		text = filepath.Join(text, "{{.index}}")
	}
	name, err := template.New("file").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, option.Errorf("--body file:%s: %w", text, err)
	}
	err = name.Execute(io.Discard, map[string]any{"index": 0, "key": "key"})
	if err != nil && strings.Contains(err.Error(), "no entry for key") {
		return nil, option.Errorf("--body file:%s: there are {{.index}} and {{.key}} for it, the key as --key says", text)
	}
	root, _, _ := strings.Cut(text, "{{")
	return &bodyFiles{root: filepath.Dir(root + "x"), name: name, durable: durable}, nil
}

// of says whose files they are: those of the run with a journal, whose own files, which it
// reads and writes itself, no body replaces, whatever keys say.
func (f *bodyFiles) of(journal string, files []ownFile) (err error) {
	if f.parts, err = atomicfile.Parts(journal); err != nil {
		return err
	}
	root, err := filepath.Abs(f.root)
	if err != nil {
		return err
	}
	f.taken = make(map[string]string)
	for _, file := range files {
		path, err := filepath.Abs(file.path)
		if err != nil {
			return err
		}
		if below, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(below) {
			f.taken[filepath.Join(f.root, below)] = file.what
		}
	}
	return nil
}

// path is the file of a row. It is below the root, whatever the key says.
func (f *bodyFiles) path(index int64, key string) (string, error) {
	if key == "" {
		key = fmt.Sprint(index)
	}
	var b strings.Builder
	err := f.name.Execute(&b, map[string]any{"index": index, "key": safeName(key)})
	if err != nil {
		return "", err
	}
	path := filepath.Clean(b.String())
	if below, err := filepath.Rel(f.root, path); err != nil || !filepath.IsLocal(below) {
		return "", fmt.Errorf("%s is not below %s", path, f.root)
	}
	if what := f.taken[path]; what != "" {
		return "", fmt.Errorf("%s is %s: give bodies a folder of their own", path, what)
	}
	return path, nil
}

// safeName makes of a key a name that is one part of a path. One that is not the key
// itself ends in a digest of it: two keys have two names.
func safeName(key string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, key)
	if strings.Trim(name, ". ") == "" {
		name = "_" + name
	}
	if name == key && len(name) <= longestName {
		return name
	}
	digest := sha256.Sum256([]byte(key))
	return fmt.Sprintf("%s-%x", strings.ToValidUTF8(name[:min(len(name), longestName)], ""), digest[:6])
}

// longestName is how long a name may be, of the 255 that file systems have, without its
// digest and what the template adds.
const longestName = 200

// create returns a writer of the file at path, which is that of a row. It is there under
// its name only when all of it was written. What a process leaves behind that was killed
// is overwritten by the next, because its row is fetched again.
func (f *bodyFiles) create(path string, index int64) (*bodyFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	part := filepath.Join(filepath.Dir(path), fmt.Sprintf("%s-%d", f.parts, index))
	temp, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, err
	}
	return &bodyFile{File: temp, path: path, durable: f.durable}, nil
}

type bodyFile struct {
	*os.File
	path    string
	durable bool
}

var _ io.WriteCloser = (*bodyFile)(nil)

// Close makes the file whole.
func (f *bodyFile) Close() error {
	if f.durable {
		if err := f.Sync(); err != nil {
			f.CloseWithError(err)
			return err
		}
	}
	if err := f.File.Close(); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), f.path)
}

// CloseWithError takes the file away: it is not whole.
func (f *bodyFile) CloseWithError(error) error {
	_ = f.File.Close()
	return os.Remove(f.Name())
}
