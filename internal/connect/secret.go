package connect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/option"
)

// commandTime is how long a command may take that prints a secret: somebody may have to
// type a password.
const commandTime = 2 * time.Minute

// Secret reads what must not stand on a command line: env:VAR, file:PATH, cmd:COMMAND,
// or the thing itself. where is the option or member that it is of, for the error, which
// is an *option.Error.
func Secret(where, s string) (string, error) {
	kind, rest, _ := strings.Cut(s, ":")
	var text []byte
	var err error
	switch kind {
	case "env":
		if text = []byte(os.Getenv(rest)); len(text) == 0 {
			err = fmt.Errorf("env:%s: the variable is not set", rest)
		}
	case "file":
		text, err = os.ReadFile(rest)
	case "cmd":
		text, err = printed(rest)
	default:
		return s, nil
	}
	if err == nil && kind != "env" {
		if text = bytes.TrimSpace(text); len(text) == 0 {
			err = fmt.Errorf("%s:%s: it is empty", kind, rest)
		}
	}
	if err != nil {
		return "", option.Errorf("%s: %w", where, err)
	}
	return string(text), nil
}

// printed runs a command and returns what it prints. What it says to people goes to the
// terminal.
func printed(command string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/c"
	}
	cmd := exec.CommandContext(ctx, shell, flag, command)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	cmd.WaitDelay = time.Second
	text, err := cmd.Output()
	if ctx.Err() != nil {
		err = errors.New("it took too long")
	}
	if err != nil {
		return nil, fmt.Errorf("cmd:%s: %w", command, err)
	}
	return text, nil
}
