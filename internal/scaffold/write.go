package scaffold

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// The templates are in folders: common, and one for each kind. A name ends in .tmpl,
// and a _ that it begins with stands for a dot. What shared.tmpl defines all can use.
//
//go:embed all:template
var templates embed.FS

// data is what differs from one project to the next.
type data struct {
	Name   string // of the program
	Module string
	Source
}

// Folder is the folder in which inflight is, as go.mod spells it.
func (d data) Folder() string { return quoted(d.Replace) }

// A file is one of a project.
type file struct {
	name string // below its folder, with slashes
	text []byte
}

// render makes the files of the project, in the order of their names.
func (p *Project) render() ([]file, error) {
	shared, err := template.ParseFS(templates, "template/shared.tmpl")
	if err != nil {
		return nil, err
	}
	var files []file
	for _, folder := range []string{"common", p.Kind} {
		root := path.Join("template", folder)
		err := fs.WalkDir(templates, root, func(at string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := expand(shared, at, p.data)
			files = append(files, file{outputName(strings.TrimPrefix(at, root+"/")), text})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

func expand(shared *template.Template, at string, d data) ([]byte, error) {
	text, err := templates.ReadFile(at)
	if err != nil {
		return nil, err
	}
	t, err := shared.Clone()
	if err == nil {
		t, err = t.New(at).Parse(string(text))
	}
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, d)
	return b.Bytes(), err
}

// outputName is the name of the file that a template makes.
func outputName(name string) string {
	elements := strings.Split(strings.TrimSuffix(name, ".tmpl"), "/")
	for i, e := range elements {
		if rest, ok := strings.CutPrefix(e, "_"); ok {
			elements[i] = "." + rest
		}
	}
	return path.Join(elements...)
}

// Write writes the project, and returns the names of its files, with slashes, below its
// folder. Folders above that are made, too. Nothing is written over; if something fails,
// or ctx ends, what was written is removed again.
func (p *Project) Write(ctx context.Context) (names []string, err error) {
	files, err := p.render()
	if err != nil {
		return nil, err
	}
	var made trail
	defer func() {
		if err != nil {
			names, err = nil, errors.Join(err, made.remove())
		}
	}()
	for _, f := range files {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		at := filepath.Join(p.Dir, filepath.FromSlash(f.name))
		if err := made.folder(filepath.Dir(at)); err != nil {
			return nil, err
		}
		if err := made.file(at, f.text); err != nil {
			return nil, err
		}
		names = append(names, f.name)
	}
	return names, nil
}

// A trail is what was made, in its order.
type trail []string

// folder makes a folder that is not there, and those above it.
func (t *trail) folder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: errors.New("there is a file of that name")}
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := t.folder(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	*t = append(*t, dir)
	return nil
}

// file makes a file that is not there.
func (t *trail) file(at string, text []byte) error {
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	*t = append(*t, at)
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// remove removes what was made, the last first. A folder that has got something else
// stays.
func (t *trail) remove() (err error) {
	for _, at := range slices.Backward(*t) {
		err = errors.Join(err, os.Remove(at))
	}
	return err
}
