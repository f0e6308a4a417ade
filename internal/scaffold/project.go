// Package scaffold writes new projects: programs that stand on inflight, and build, test
// and run as they are.
//
// A project is made of the templates of its kind and of those in common. They are
// complete programs, without Go's names so that nothing compiles them here; what
// differs from one project to the next is its name, its module, and where it takes
// inflight from. The tests build, test and run what is made of them.
package scaffold

//go:generate go run ./generate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/inflight-go/inflight/internal/option"
)

// Kinds are the kinds of projects that there are, the default first.
var Kinds = []string{"service", "worker", "scraper"}

// Options say what is to be made.
type Options struct {
	Dir    string // the folder; it may not be there, or be empty
	Kind   string // one of Kinds
	Module string // the path of the module; empty means one that is like the name of Dir
	Source Source
}

// A Project is one that can be written.
type Project struct {
	Dir  string // absolute
	Kind string
	data data
}

// New checks the options; nothing is written. The error is an *option.Error.
func New(o Options) (*Project, error) {
	if err := option.OneOf("kind", o.Kind, Kinds...); err != nil {
		return nil, err
	}
	if o.Dir == "" {
		return nil, option.Errorf("the name of the folder is empty")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, option.Wrap(err)
	}
	if err := vacant(dir, o.Dir); err != nil {
		return nil, option.Wrap(err)
	}
	if o.Module == "" {
		if o.Module, err = modulePath(filepath.Base(dir)); err != nil {
			return nil, option.Wrap(err)
		}
	}
	if err := checkModule(o.Module); err != nil {
		return nil, option.Errorf("--module %q: %w", o.Module, err)
	}
	return &Project{Dir: dir, Kind: o.Kind, data: data{Name: programName(o.Module), Module: o.Module, Source: o.Source}}, nil
}

// Module is the path of the project's module.
func (p *Project) Module() string { return p.data.Module }

// vacant checks that a folder, called name, is not there, or that nothing is in it.
func vacant(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(dir); err == nil {
			return fmt.Errorf("%s is a link to what is not there: name another folder", name)
		}
		return nil
	}
	if info, e := os.Stat(dir); e == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file: name a folder that is empty, or not there yet", name)
	}
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	const most = 3
	var names []string
	for _, e := range entries[:min(len(entries), most)] {
		names = append(names, e.Name())
	}
	text := strings.Join(names, ", ")
	if more := len(entries) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Errorf("%s is not empty, and nothing is written over: %s; name a folder that is empty, or not there yet", name, text)
}
