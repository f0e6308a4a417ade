// Command generate writes go.mod and go.sum of the templates: what go mod tidy makes of a
// project of each kind, with the versions that inflight itself has. It is to be run when
// the dependencies of inflight have changed, or what the templates import.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/inflight-go/inflight/internal/conformance"
	"github.com/inflight-go/inflight/internal/scaffold"
)

func main() {
	log.SetFlags(0)
	root, err := conformance.Root(".")
	if err != nil {
		log.Fatal(err)
	}
	for _, kind := range scaffold.Kinds {
		if err := generate(root, kind); err != nil {
			log.Fatal(kind, ": ", err)
		}
	}
}

// generate writes both files of a kind.
func generate(root, kind string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "inflight-"+kind+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	version := goLine.FindString(string(mod))
	if err := tidy(root, dir, kind, version); err != nil {
		return err
	}
	tidyMod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	tidySum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return err
	}
	to := filepath.Join(root, "internal", "scaffold", "template", kind)
	if err := os.WriteFile(filepath.Join(to, "go.mod.tmpl"), []byte(modTemplate(version, string(tidyMod))), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "go.sum.tmpl"), []byte(sumTemplate(string(tidySum), mod)), 0o666)
}

var (
	goLine   = regexp.MustCompile(`(?m)^go .*$`)
	indirect = regexp.MustCompile(`(?m)^(?:require |\t)(\S+ v\S+ // indirect)$`)
)

// tidy makes a project in a folder, and has the go command find out what it requires.
// It begins with the sums of inflight: nothing has to be asked for that is known.
func tidy(root, dir, kind, version string) error {
	source, err := scaffold.Checkout(root)
	if err != nil {
		return err
	}
	p, err := scaffold.New(scaffold.Options{Dir: dir, Kind: kind, Module: "example.com/project", Source: source})
	if err != nil {
		return err
	}
	if _, err := p.Write(context.Background()); err != nil {
		return err
	}
	text := fmt.Sprintf("module example.com/project\n\n%s\n\nrequire %s v0.0.0\n\nreplace %[2]s => %q\n", version, scaffold.Path, root)
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o666); err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o666); err != nil {
		return err
	}
	cmd := exec.Command("go", "mod", "tidy")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	return cmd.Run()
}

// modTemplate makes the template of go.mod.
func modTemplate(version, mod string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module {{.Module}}\n\n%s\n\nrequire %s {{.Version}}\n\nrequire (\n", version, scaffold.Path)
	for _, m := range indirect.FindAllStringSubmatch(mod, -1) {
		fmt.Fprintf(&b, "\t%s\n", m[1])
	}
	fmt.Fprintf(&b, ")\n{{- if .Replace}}\n\nreplace %s => {{.Folder}}\n{{- end}}\n", scaffold.Path)
	return b.String()
}

// sumTemplate makes the template of go.sum. The lines of inflight itself are for a
// project that has no replace; they stand where the go command puts them.
func sumTemplate(sums string, mod []byte) string {
	own := fmt.Sprintf("{{- if .Sum}}\n%s {{.Version}} {{.Sum}}\n%[1]s {{.Version}}/go.mod %s\n{{- end}}\n", scaffold.Path, modSum(mod))
	var b strings.Builder
	for line := range strings.Lines(sums) {
		if own != "" && line > scaffold.Path {
			b.WriteString(own)
			own = ""
		}
		b.WriteString(line)
	}
	b.WriteString(own)
	return b.String()
}

// modSum is the sum that go.sum has of a go.mod.
func modSum(mod []byte) string {
	list := sha256.Sum256(fmt.Appendf(nil, "%x  go.mod\n", sha256.Sum256(mod)))
	return "h1:" + base64.StdEncoding.EncodeToString(list[:])
}
