package scaffold

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/internal/option"
)

// A Source is where a project takes inflight from: a version, or a folder.
type Source struct {
	Version string // as go.mod has it
	Sum     string // of that version, as go.sum has it; empty with Replace
	Replace string // the folder of a checkout; empty for none
}

// Running returns the source that the running program was made of. That is its version
// if the go command has fetched it, and else the folder that it was built in. The error
// is an *option.Error.
func Running() (Source, error) {
	if info, ok := debug.ReadBuildInfo(); ok {
		if s, ok := released(info); ok {
			return s, nil
		}
	}
	_, file, _, _ := runtime.Caller(0)
	if dir := filepath.Join(filepath.Dir(file), "..", ".."); filepath.IsAbs(file) && isCheckout(dir) {
		return Checkout(dir)
	}
	return Source{}, option.Errorf("this inflight is no released version, and the folder that it was built in is not there: name a checkout of it by --replace DIR")
}

// released returns the version of inflight in a program: its own, or that of a module
// that it was built with, as it is with go tool.
func released(info *debug.BuildInfo) (Source, bool) {
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == Path && m.Sum != "" && m.Replace == nil {
			return Source{Version: m.Version, Sum: m.Sum}, true
		}
	}
	return Source{}, false
}

// Checkout returns the source that is a checkout of inflight. The error is an
// *option.Error.
func Checkout(dir string) (Source, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Source{}, option.Wrap(err)
	}
	if !isCheckout(abs) {
		return Source{}, option.Errorf("--replace %s: that is no checkout of inflight, whose go.mod begins with module %s", dir, Path)
	}
	return Source{Version: "v0.0.0", Replace: abs}, nil
}

func isCheckout(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	first, _, _ := strings.Cut(string(text), "\n")
	return err == nil && strings.TrimSpace(first) == "module "+Path
}

// quoted is how go.mod spells the path of a folder.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t\"'`()[]{},") || strings.Contains(path, "//") || strings.Contains(path, "/*") || strconv.Quote(path) != `"`+path+`"` {
		return strconv.Quote(path)
	}
	return path
}
