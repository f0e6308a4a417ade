// Package killtest kills processes of tests at random moments, one after the other,
// until there were enough, and lets the last one come to its end. What they leave is
// then what a process would have left that was never killed.
//
// The process is the test binary: TestMain finds by the environment what it is to do.
// It says a line on its standard output once it has begun, and has the exit code 0 when
// it has done all.
package killtest

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Kills is how often processes are to be killed: what the environment variable says,
// and else as often as it takes to see that it works, 3 times with -short.
func Kills(variable string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	if testing.Short() {
		return 3
	}
	return usual
}

// Self is this test binary as a process, with more in its environment.
func Self(t testing.TB, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	// The race detector's processes would sleep for a second at the end.
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=0"), env...)
	return cmd
}

// patience is how long a process has that is not killed.
const patience = time.Minute

// UntilDone runs one process after the other until one comes to its end. The first n are
// killed, unless they end before: three of four within life after they have begun, the
// others within life after they were started. It returns how many were killed. A process
// that fails by itself fails the test.
func UntilDone(t testing.TB, random *rand.Rand, n int, life time.Duration, env ...string) (killed int) {
	t.Helper()
	for {
		said := &output{begun: make(chan struct{})}
		cmd := Self(t, env...)
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		left := patience
		if killed < n {
			left = time.Duration(random.Int64N(int64(life)))
			if random.IntN(4) > 0 {
				select {
				case <-said.begun:
				case <-time.After(patience):
				}
			}
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("a process that was not killed: %v, and it said\n%s", err, said)
			}
			return killed
		case <-time.After(left):
			_ = cmd.Process.Kill()
			<-ended
			if killed++; killed > n {
				t.Fatalf("a process does not end, and said\n%s", said)
			}
		}
	}
}

// output keeps what a process says.
type output struct {
	begun chan struct{} // closed when it has said something
	once  sync.Once
	mu    sync.Mutex
	text  strings.Builder
}

func (o *output) Write(b []byte) (int, error) {
	o.once.Do(func() { close(o.begun) })
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String is what it has said so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
