package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes, which all commands share.
const (
	exitOK       = 0
	exitFailed   = 1 // finished, and some failed
	exitUsage    = 2
	exitBadInput = 3
	exitStopped  = 4 // by a limit; it can be resumed
	exitIO       = 5 // output or state
	exitOtherJob = 6 // the state belongs to another job, or is locked
)

// An exitError ends the command with a code of its own.
type exitError struct {
	code int
	err  error // nil when all is said
}

// Error is without the names of packages, which say nothing to who runs a command.
func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return ofPackage.ReplaceAllString(e.err.Error(), "$1")
}

// ofPackage is what errors of packages begin with.
var ofPackage = regexp.MustCompile(`(?m)(^|: )inflight/(?:attach|batch|crawl/frontier|crawl/robots|crawl/warc|files|flow|hub|origin|request|serve|session|source): `)

func (e *exitError) Unwrap() error { return e.err }
func (e *exitError) ExitCode() int { return e.code }

// execute is main without the process.
func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) error {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if _, ok := errors.AsType[*exitError](err); err != nil && !ok && ctx.Err() == nil {
		return &exitError{exitUsage, err}
	}
	return err
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "inflight",
		Short: "Run many requests at once, and lose none of them",
		Long: `inflight works through many requests at once, under limits, and writes one line
for each. What is killed goes on where it was.

  inflight fetch 'demo:///delay/2s?id={1..100}' -o results.jsonl
  inflight fetch -i urls.txt -o results.jsonl
  inflight fetch --resume -i urls.txt -o results.jsonl`,
		Version:           version(),
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newFetch(), newCrawl(), newFlow(), newDemo(), newBench(), newReport(), newConvert(), newConfig(), newChat(), newNew())
	root.AddCommand(newPs(), newTree(), newTop(), newDump()) // these look at what runs
	return root
}

// version is what this command is and what it was built with, for reports of bugs.
func version() string {
	module := "(devel)" // as the go command says of what has no version
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		module = info.Main.Version
	}
	return fmt.Sprintf("%s %s %s/%s", module, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// takes refuses more or fewer arguments than a command has, and says what it has.
func takes(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s: want %s (see %s --help)", count(len(args), "argument"), cmd.UseLine(), cmd.CommandPath())
		}
		return nil
	}
}

// flagError says what was wrong, and what may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	text := valueFault(err)
	if name, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		if near := nearestFlag(cmd, name); near != "" {
			text += fmt.Sprintf("; did you mean --%s?", near)
		}
	}
	return &exitError{exitUsage, fmt.Errorf("%s (see %s --help)", text, cmd.CommandPath())}
}

// valueFault is what is wrong with the value of a flag, in words for people.
func valueFault(err error) string {
	text := noBool.ReplaceAllString(err.Error(), ": want true or false")
	text = noNumber.ReplaceAllString(text, ": want a number")
	return noTime.ReplaceAllString(text, ": want a time such as 500ms, 30s or 2m") + unitHint(err)
}

// noBool is what Go says of a text that is neither true nor false.
var noBool = regexp.MustCompile(`: strconv\.ParseBool: parsing "[^"]*": invalid syntax`)

// noNumber is what Go says of a text that is no number.
var noNumber = regexp.MustCompile(`: strconv\.Parse\w+: parsing "[^"]*": (invalid syntax|value out of range)`)

// noTime is what Go says of a text that is no time.
var noTime = regexp.MustCompile(`: time: (invalid duration|missing unit in duration|unknown unit .* in duration) .*$`)

var noUnit = regexp.MustCompile(`missing unit in duration "([0-9.]+)"`)

// unitHint is what was probably meant by a time that is only a number.
func unitHint(err error) string {
	if m := noUnit.FindStringSubmatch(strings.ReplaceAll(err.Error(), `\"`, `"`)); m != nil {
		return fmt.Sprintf("; did you mean %ss?", m[1])
	}
	return ""
}
