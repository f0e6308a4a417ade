package inflight_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inflight-go/inflight"
)

// The tests of Main run whole programs, with real signals: the test binary again,
// told by this environment variable which of mainPrograms to be.
const mainProgram = "INFLIGHT_TEST_PROGRAM"

func init() {
	if program, ok := mainPrograms[os.Getenv(mainProgram)]; ok {
		program()
		os.Exit(99) // Main does not return
	}
}

// exitError is an error with an exit code.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit with %d", int(e)) }
func (e exitError) ExitCode() int { return int(e) }

var errMain = errors.New("main has failed")

// programPatience is how long a program goes on that has to be ended: more than it takes
// to end it, so that it is seen when nobody does.
const programPatience = 10 * time.Second

// say writes a line for the test to read.
func say(args ...any) { fmt.Println(args...) }

// untilCancelled says that it is ready and waits for the end of ctx.
func untilCancelled(ctx context.Context) error {
	say("ready")
	<-ctx.Done()
	say("cancelled:", context.Cause(ctx))
	return ctx.Err()
}

// hang says that it was cancelled and does not return.
func hang(ctx context.Context) error {
	untilCancelled(ctx)
	time.Sleep(programPatience)
	return nil
}

// returning is the program whose main function returns this.
func returning(err error) func() {
	return func() { inflight.Main(func(context.Context) error { return err }) }
}

// withLeftovers returns errMain, wrapped, while a task is running that then
// returns err.
func withLeftovers(err error) func() {
	return func() {
		inflight.Main(func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				running := make(chan bool)
				g.Go(func(ctx context.Context) error {
					close(running)
					<-ctx.Done()
					say("task cancelled")
					return err
				})
				<-running
				return fmt.Errorf("%w: %w", errMain, exitError(7))
			})
		})
	}
}

var mainPrograms = map[string]func(){
	"nil":             returning(nil),
	"error":           returning(errMain),
	"coded":           returning(fmt.Errorf("wrapped: %w", exitError(7))),
	"canceled":        returning(context.Canceled),
	"panic":           func() { inflight.Main(func(context.Context) error { panic("oh no") }) },
	"leftover":        withLeftovers(nil),
	"failed leftover": withLeftovers(errors.New("cleanup has failed")),
	"cancelled":       func() { inflight.Main(untilCancelled) },
	"hang":            func() { inflight.Main(hang) },
	"cleans up": func() {
		inflight.Main(func(ctx context.Context) error {
			defer say("cleaned up")
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(untilCancelled)
				return nil
			})
		})
	},
	"ignores": func() {
		inflight.Main(func(ctx context.Context) error { untilCancelled(ctx); return nil })
	},
	"fails later": func() {
		inflight.Main(func(ctx context.Context) error { untilCancelled(ctx); return errMain })
	},
	"coded later": func() {
		inflight.Main(func(ctx context.Context) error { untilCancelled(ctx); return exitError(7) })
	},
	"cancels itself": func() {
		inflight.Main(func(ctx context.Context) error {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(errMain)
			return ctx.Err()
		})
	},
	"foreign handler": func() {
		foreign := make(chan os.Signal, 1)
		signal.Notify(foreign, os.Interrupt)
		inflight.Main(func(ctx context.Context) error {
			defer func() { say("foreign:", <-foreign) }()
			return untilCancelled(ctx)
		})
	},
	"over": func() {
		func() {
			defer func() { recover() }()
			inflight.Main(func(context.Context) error { panic("oh no") })
		}()
		say("ready")
		time.Sleep(programPatience)
	},
	"left behind": func() {
		inflight.Main(func(ctx context.Context) error {
			return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
				g.Go(hang, inflight.Name("stubborn"))
				return nil
			}, inflight.Label("work"))
		}, inflight.Grace(20*time.Millisecond))
	},
	"no grace": func() { inflight.Main(hang, inflight.Grace(0)) },
	"abandons": abandonAndPanic,
	"debug":    func() { inflight.Main(sayDebug) },
	"debug 0":  func() { inflight.Main(sayDebug, inflight.Debug(0)) },
	"debug 1":  func() { inflight.Main(sayDebug, inflight.Debug(1)) },
	"drains": func() {
		inflight.Main(func(ctx context.Context) error {
			say("ready")
			<-inflight.Stopping(ctx)
			say("draining:", ctx.Err())
			return nil
		}, inflight.Drain(time.Hour))
	},
	"drains too long": func() {
		inflight.Main(func(ctx context.Context) error {
			say("ready")
			<-inflight.Stopping(ctx)
			say("draining:", ctx.Err())
			<-ctx.Done()
			say("cancelled:", context.Cause(ctx))
			return ctx.Err()
		}, inflight.Drain(100*time.Millisecond))
	},
	"looks when it stops": func() {
		inflight.Main(func(ctx context.Context) error {
			say("ready")
			for stop := inflight.Stopping(ctx); ; {
				select {
				case <-stop:
					say("cancelled:", context.Cause(ctx))
					return nil
				default:
				}
			}
		})
	},
	"does not drain": func() {
		inflight.Main(func(ctx context.Context) error {
			err := untilCancelled(ctx)
			<-inflight.Stopping(ctx)
			say("stopping")
			return err
		})
	},
}

// sayDebug says whether tasks record when they were started.
func sayDebug(ctx context.Context) error {
	return inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Go(func(ctx context.Context) error {
			info, _ := inflight.Current(ctx)
			say("debug:", !info.Started.IsZero())
			return nil
		})
		return nil
	})
}

// A mainProcess is a running program.
type mainProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *bufio.Reader
	stderr bytes.Buffer
}

// startMain starts one of mainPrograms.
func startMain(t *testing.T, program string, env ...string) *mainProcess {
	t.Helper()
	if mainPrograms[program] == nil {
		t.Fatalf("there is no program %q", program)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	p := &mainProcess{t: t, cmd: exec.CommandContext(ctx, os.Args[0])}
	p.cmd.Env = append(append(os.Environ(), "INFLIGHT_DEBUG=", mainProgram+"="+program), env...)
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(stdout)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// says reads a line of the program's output.
func (p *mainProcess) says(want string) {
	p.t.Helper()
	got, err := p.stdout.ReadString('\n')
	if got != want+"\n" {
		p.t.Errorf("the program says %q (%v), want %q", got, err, want)
	}
}

// signal sends a signal.
func (p *mainProcess) signal(s os.Signal) {
	p.t.Helper()
	if runtime.GOOS == "windows" {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		p.t.Skip("a process can't be sent signals here")
	}
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Error(err)
	}
}

// exits waits for the program's end: it must have this exit code, say no more, and
// have all of these in its stderr, or nothing at all.
func (p *mainProcess) exits(code int, stderr ...string) {
	p.t.Helper()
	rest, _ := io.ReadAll(p.stdout)
	p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code || len(rest) > 0 {
		p.t.Errorf("exit code %d (%v), want %d; it still said %q, and to stderr %q", got, p.cmd.ProcessState, code, rest, &p.stderr)
	}
	for _, want := range stderr {
		if !strings.Contains(p.stderr.String(), want) {
			p.t.Errorf("stderr is %q, want %q in it", &p.stderr, want)
		}
	}
	if len(stderr) == 0 && p.stderr.Len() > 0 {
		p.t.Errorf("stderr is %q, want nothing", &p.stderr)
	}
}

// The exit code is 0 for nil; 1, or the error's own code, for an error, which is
// written to stderr after the program's name; and a panic is a panic.
func TestRN1_exit_code(t *testing.T) {
	for _, c := range []struct {
		program string
		code    int
		stderr  []string
	}{
		{"nil", 0, nil},
		{"error", 1, []string{": main has failed\n"}},
		{"coded", 7, []string{": wrapped: exit with 7\n"}},
		{"canceled", 1, []string{": context canceled\n"}},
		{"panic", 2, []string{"panic: ", "oh no", "goroutine "}},
	} {
		startMain(t, c.program).exits(c.code, c.stderr...)
	}
}

// A nil function is refused.
func TestRN1_nil(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "inflight: Main") {
			t.Errorf("panicked with %q", got)
		}
	}()
	inflight.Main(nil)
}

// A task that still runs when main ends in an error is cancelled and waited for
// before the process ends.
func TestRN2_leftovers_are_cancelled_and_awaited(t *testing.T) {
	p := startMain(t, "leftover")
	p.says("task cancelled")
	p.exits(7, "main has failed: exit with 7\n")
}

// The error of a task that was left is written too, behind main's, whose exit
// code it is that counts.
func TestRN3_errors_of_leftovers(t *testing.T) {
	p := startMain(t, "failed leftover")
	p.says("task cancelled")
	p.exits(7, ": main has failed: exit with 7\ncleanup has failed\n")
}

// The first interrupt cancels the context of main and of what it has started,
// with the signal as the cause; they clean up, and the exit code is 130.
func TestRN4_interrupt(t *testing.T) {
	p := startMain(t, "cleans up")
	p.says("ready")
	p.signal(os.Interrupt)
	p.says("cancelled: signal: interrupt")
	p.says("cleaned up")
	p.exits(130)
}

// A main that finishes its work though it was interrupted has succeeded, and one
// that fails with an error of its own has failed with that.
func TestRN4_interrupted_main_decides(t *testing.T) {
	p := startMain(t, "ignores")
	p.says("ready")
	p.signal(os.Interrupt)
	p.says("cancelled: signal: interrupt")
	p.exits(0)

	for program, code := range map[string]int{"fails later": 1, "coded later": 7} {
		p = startMain(t, program)
		p.says("ready")
		p.signal(os.Interrupt)
		p.says("cancelled: signal: interrupt")
		p.exits(code, map[int]string{1: ": main has failed\n", 7: ": exit with 7\n"}[code])
	}
}

// The second signal ends the process at once, be it another one, and however much
// of the grace is left.
func TestRN5_second_signal(t *testing.T) {
	for _, second := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		p := startMain(t, "hang")
		p.says("ready")
		p.signal(os.Interrupt)
		p.says("cancelled: signal: interrupt")
		p.signal(second)
		p.exits(130)
	}
}

// The second signal ends a program that drains too.
func TestRN5_second_signal_while_draining(t *testing.T) {
	p := startMain(t, "drains too long")
	p.says("ready")
	p.signal(syscall.SIGTERM)
	p.says("draining: <nil>")
	p.signal(syscall.SIGTERM)
	rest, _ := io.ReadAll(p.stdout) // it may have come to the end of its time
	p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != 143 {
		t.Errorf("exit code %d, want 143; it said %q", got, rest)
	}
}

// A main whose context was cancelled by something else than a signal has failed,
// with the exit code 1.
func TestRN6_cancelled_for_another_reason(t *testing.T) {
	startMain(t, "cancels itself").exits(1, ": context canceled\n")
}

// Others who asked for the signal get it too.
func TestRN7_foreign_handlers(t *testing.T) {
	p := startMain(t, "foreign handler")
	p.says("ready")
	p.signal(os.Interrupt)
	p.says("cancelled: signal: interrupt")
	p.says("foreign: interrupt")
	p.exits(130)
}

// When Main is over, here by a panic that was recovered, a signal does what it did
// before: it kills.
func TestRN7_handling_is_restored(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if signal.Ignored(s) { // as for what a shell runs in the background
			continue
		}
		p := startMain(t, "over")
		p.says("ready")
		p.signal(s)
		p.cmd.Wait()
		if want := "signal: " + s.String(); p.cmd.ProcessState.String() != want {
			t.Errorf("the program ended with %q, want %q", p.cmd.ProcessState, want)
		}
	}
}

// SIGTERM does what an interrupt does, and the exit code is 143.
func TestRN8_terminate(t *testing.T) {
	p := startMain(t, "cancelled")
	p.says("ready")
	p.signal(syscall.SIGTERM)
	p.says("cancelled: signal: terminated")
	p.exits(143)
}

// What does not end in its grace is left behind: the tree of what is running is
// written to stderr, and the process ends.
func TestRN9_grace(t *testing.T) {
	p := startMain(t, "left behind")
	p.says("ready")
	p.signal(os.Interrupt)
	p.says("cancelled: signal: interrupt")
	p.exits(130, "still running, left behind after 20ms:\n", "main [", "work [", "stubborn [running, cancelled]", "main_test.go:")
}

// With no grace a signal ends the process, and says what was running.
func TestRN9_no_grace(t *testing.T) {
	p := startMain(t, "no grace")
	p.says("ready")
	p.signal(syscall.SIGTERM)
	rest, _ := io.ReadAll(p.stdout) // the program may have seen it or not
	p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != 143 || !strings.Contains(p.stderr.String(), "left behind after 0s:\n") {
		t.Errorf("exit code %d, want 143; it said %q, and to stderr %q", got, rest, &p.stderr)
	}
}

// [–] A run inside a run is refused by asyncio; here scopes nest, and Main, too, is
// a scope around others.
func TestRN10_scopes_nest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		depth := 0
		var nest func(ctx context.Context, g *inflight.TaskGroup) error
		nest = func(ctx context.Context, g *inflight.TaskGroup) error {
			if depth++; depth == 5 {
				return errMain
			}
			return inflight.Run(ctx, nest)
		}
		if err := inflight.Run(t.Context(), nest); err != errMain || depth != 5 {
			t.Errorf("at depth %d it returned %v", depth, err)
		}
	})
}

// The debug level is the option's, without one the environment's, without that 0.
func TestRN11_debug(t *testing.T) {
	for _, c := range []struct {
		program, env string
		want         bool
	}{
		{"debug", "", false},
		{"debug", "nonsense", false},
		{"debug", "1", true},
		{"debug 0", "1", false},
		{"debug 1", "", true},
		{"debug 1", "0", true},
	} {
		p := startMain(t, c.program, "INFLIGHT_DEBUG="+c.env)
		p.says(fmt.Sprint("debug: ", c.want))
		p.exits(0)
	}
}

// What can be closed or stopped can be so again: a group, a shield, a deadline, a
// stack. (Main itself has nothing to close.)
func TestRN12_closing_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := inflight.Run(t.Context(), func(ctx context.Context, g *inflight.TaskGroup) error {
			_, cancel := inflight.Shield(ctx, time.Minute)
			_, d := inflight.WithDeadline(ctx, time.Minute)
			var s inflight.Stack
			closed := 0
			s.Defer(func(context.Context) error { closed++; return nil })
			var err error
			for range 3 {
				cancel()
				if !d.Stop() {
					t.Error("Stop reports a deadline that has not passed")
				}
				s.Close(ctx, &err)
				g.Cancel()
			}
			if closed != 1 || err != nil {
				t.Errorf("the stack was closed %d times, %v", closed, err)
			}
			g.Cancel(errMain) // too late
			return nil
		})
		if err != nil {
			t.Errorf("the group returned %v", err)
		}
	})
}

// With a time to drain the signal only says so; the context lives on, and a main
// that finishes in that time has succeeded.
func TestRN13_drain(t *testing.T) {
	p := startMain(t, "drains")
	p.says("ready")
	p.signal(syscall.SIGTERM)
	p.says("draining: <nil>")
	p.exits(0)
}

// When the time to drain is over, the context is cancelled.
func TestRN13_drain_and_cancel(t *testing.T) {
	p := startMain(t, "drains too long")
	p.says("ready")
	p.signal(syscall.SIGTERM)
	p.says("draining: <nil>")
	p.says("cancelled: signal: terminated")
	p.exits(143)
}

// Without a time to drain both happen at once.
func TestRN13_no_drain(t *testing.T) {
	p := startMain(t, "does not drain")
	p.says("ready")
	p.signal(os.Interrupt)
	p.says("cancelled: signal: interrupt")
	p.says("stopping")
	p.exits(130)
}

// Who sees that it has to stop sees then that the context has ended, too: a server takes an
// end while it drains for an order to hurry.
func TestNoDrainEndsFirst(t *testing.T) {
	for range 10 {
		p := startMain(t, "looks when it stops")
		p.says("ready")
		p.signal(os.Interrupt)
		p.says("cancelled: signal: interrupt")
		p.exits(0)
	}
}

// Outside of Main nothing is ever stopping.
func TestRN13_outside_of_main(t *testing.T) {
	if inflight.Stopping(t.Context()) != nil {
		t.Error("there is a channel")
	}
}

// The cause of an interrupted main is a *SignalError, by errors.Is a cancellation.
func TestRN4_signal_error(t *testing.T) {
	for s, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, os.Kill: 137} {
		err := fmt.Errorf("wrapped: %w", &inflight.SignalError{Signal: s})
		var se *inflight.SignalError
		if !errors.As(err, &se) || se.Signal != s || se.ExitCode() != code || !errors.Is(err, context.Canceled) {
			t.Errorf("%v: code %d, %v", s, se.ExitCode(), err)
		}
	}
	if none := new(inflight.SignalError); none.ExitCode() != 1 || none.Error() != "signal" {
		t.Errorf("without a signal: code %d, %v", none.ExitCode(), none)
	}
}
