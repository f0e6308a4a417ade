package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source/caret"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// A config file holds flags: those of defaults, and those of the profile that was
// asked for.
//
//	defaults: {concurrency: 50}
//	profiles:
//	  chat: {rate: 500/1m, bearer: "env:API_KEY", header: ["X-Team: a"]}
type config struct {
	Defaults map[string]any            `yaml:"defaults"`
	Profiles map[string]map[string]any `yaml:"profiles"`
}

// here is the file that is used without being named.
const here = "inflight.yaml"

// byDefault is who has set a flag that nobody has.
const byDefault = "default"

// configure sets the flags that the command line does not: from the environment
// (INFLIGHT_RATE for --rate), else the profile, else the file's defaults. It returns
// who has set each.
func configure(cmd *cobra.Command, path, profile string) (origins map[string]string, err error) {
	named := path != ""
	c, path, err := readConfig(path)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	if !named && path == here {
		if err := c.trusted(path); err != nil {
			return nil, &exitError{exitUsage, err}
		}
	}
	chosen, ok := c.Profiles[profile]
	if profile != "" && !ok {
		return nil, &exitError{exitUsage, fmt.Errorf("--profile %q: there is no such profile in %s", profile, path)}
	}
	flags := cmd.Flags()
	for _, set := range []map[string]any{chosen, c.Defaults} {
		for name := range set {
			if flags.Lookup(name) == nil {
				text := fmt.Sprintf("%s: there is no flag %q", path, name)
				if near := nearestFlag(cmd, name); near != "" {
					text += fmt.Sprintf("; did you mean %q?", near)
				}
				return nil, &exitError{exitUsage, errors.New(text)}
			}
		}
	}
	var failed error
	warnOfVariables(cmd)
	origins = make(map[string]string)
	flags.VisitAll(func(f *pflag.Flag) {
		if failed != nil {
			return
		}
		value, from := any(nil), byDefault
		variable := variableOf(f.Name)
		if f.Changed {
			from = "command line"
		} else if v, ok := os.LookupEnv(variable); ok {
			value, from = v, variable
		} else if v, ok := chosen[f.Name]; ok {
			value, from = v, fmt.Sprintf("%s, profile %s", path, profile)
		} else if v, ok := c.Defaults[f.Name]; ok {
			value, from = v, path+", defaults"
		}
		origins[f.Name] = from
		if value != nil {
			failed = set(flags, f, value, from)
		}
	})
	if failed != nil {
		return nil, &exitError{exitUsage, failed}
	}
	return origins, nil
}

// variableOf is the variable of the environment for a flag.
func variableOf(flag string) string {
	return "INFLIGHT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// others are variables that are no flags.
var others = []string{"INFLIGHT_DEBUG", "INFLIGHT_ATTACH", "INFLIGHT_SEED", "INFLIGHT_RUNS"}

// warnOfVariables names variables that are of no flag of any command: they have probably
// been misspelt. Some of others may well be there.
func warnOfVariables(cmd *cobra.Command) {
	known := slices.Clone(others)
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, variableOf(f.Name)) })
		for _, sub := range c.Commands() {
			add(sub)
		}
	}
	add(cmd.Root())
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "INFLIGHT_") || slices.Contains(known, name) || strings.HasPrefix(name, "INFLIGHT_IS_") || strings.HasPrefix(name, "INFLIGHT_TEST_") {
			continue
		}
		text := name + " in the environment is of no flag"
		if near := caret.Nearest(name, known); near != "" {
			text += "; did you mean " + near + "?"
		}
		fmt.Fprintln(cmd.ErrOrStderr(), text)
	}
}

// named are flags that only a file which was named may set: the folder may have come from
// somebody else. They send what is asked for another way, believe what others don't, or
// write over files.
var named = []string{
	"oauth2", "proxy", "resolve", "unix-socket", "insecure", "cacert", "ui", "force", "cut-damaged", "log", "cookie-jar",
}

// trusted refuses what a file that nobody has named may not do.
func (c *config) trusted(path string) error {
	sets := []map[string]any{c.Defaults}
	for _, p := range c.Profiles {
		sets = append(sets, p)
	}
	for _, set := range sets {
		for name, value := range set {
			switch {
			case strings.Contains(fmt.Sprint(value), "cmd:"):
				return fmt.Errorf("%s: %s runs a command, and the file may have come with the folder: name it by --config to allow that", path, name)
			case slices.Contains(named, name):
				return fmt.Errorf("%s sets %s, and may have come with the folder: name it by --config to allow that", path, name)
			}
		}
	}
	return nil
}

func set(flags *pflag.FlagSet, f *pflag.Flag, value any, where string) error {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, v := range list {
		if err := flags.Set(f.Name, fmt.Sprint(v)); err != nil {
			return fmt.Errorf("%s: %s: %s", where, f.Name, valueFault(err))
		}
	}
	return nil
}

// maxConfig is how large a config file may be. It may have come with the folder.
const maxConfig = 1 << 20

// readConfig reads the file at path or, where none is named, the one that is there.
func readConfig(path string) (c config, found string, err error) {
	candidates := []string{path}
	if path == "" {
		candidates = []string{here}
		if dir, err := os.UserConfigDir(); err == nil {
			candidates = append(candidates, filepath.Join(dir, "inflight", "inflight.yaml"))
		}
	}
	for _, found = range candidates {
		text, err := request.ReadText(found, maxConfig)
		if os.IsNotExist(err) && path == "" {
			continue
		}
		if err != nil {
			return c, found, err
		}
		if err := yaml.UnmarshalWithOptions([]byte(text), &c, yaml.Strict()); err != nil {
			return c, found, fmt.Errorf("%s: %s", found, yaml.FormatError(err, false, true))
		}
		return c, found, nil
	}
	return c, "the config file", nil
}
