package debug_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/debug"
	"github.com/inflight-go/inflight/queue"
)

// example runs three workers and a printer, calls look while they wait, and ends them.
func example(look func()) {
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		jobs := queue.New[string](10)
		for i := range 3 {
			g.Go(func(ctx context.Context) error {
				_, err := jobs.Get(ctx)
				return err
			}, inflight.Name(fmt.Sprintf("worker-%d", i)))
		}
		for waiting := 0; waiting < 3; { // until all of them wait
			waiting = 0
			for _, t := range debug.Tasks() {
				if t.Waiting == "queue.get" && strings.HasPrefix(t.Name, "worker-") {
					waiting++
				}
			}
		}
		look()
		g.Cancel()
		return nil
	}, inflight.Label("office"))
	if err != nil {
		fmt.Println(err)
	}
}

// In a program's main function.
func ExampleStart() {
	defer debug.Start(os.Stderr)()
	fmt.Println("the program")
	// Output: the program
}

func ExampleTree() {
	example(func() {
		debug.Tree().Filter("worker").Lines(func(indent string, b *debug.Branch) bool {
			fmt.Printf("%s%s ×%d [%s]\n", indent, b.Label, b.Count, b.Waiting)
			return true
		})
	})
	// Output:
	// └─ office ×1 []
	//    └─ worker-* ×3 [queue.get]
}

func ExampleTasks() {
	example(func() {
		for _, t := range debug.Tasks() {
			if t.Waiting == "queue.get" {
				fmt.Println(t.Name, "waits for", t.Waiting)
			}
		}
	})
	// Output:
	// worker-0 waits for queue.get
	// worker-1 waits for queue.get
	// worker-2 waits for queue.get
}

func ExampleDump() {
	example(func() {
		var b strings.Builder
		if err := debug.Dump(&b); err != nil {
			log.Fatal(err)
		}
		fmt.Println(strings.Contains(b.String(), "worker-* ×3 [queue.get"))
	})
	// Output: true
}

// A snapshot goes to another machine and is looked at there.
func ExampleRead() {
	example(func() {
		var b bytes.Buffer
		if err := debug.Take().WriteJSON(&b); err != nil {
			log.Fatal(err)
		}
		s, err := debug.Read(&b)
		if err != nil {
			log.Fatal(err)
		}
		_, waiting := s.Running()
		fmt.Println(waiting, "wait;", len(s.Diagnose(debug.Limits{})), "findings")
	})
	// Output: 3 wait; 0 findings
}

// A program's own server shows it, to this machine.
func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/debug/inflight/", http.StripPrefix("/debug/inflight", debug.Handler(debug.Show(func() debug.Panel {
		return debug.Panel{Title: "office", Cards: []debug.Card{{Name: "letters", Value: "12"}}}
	}))))
	server := &http.Server{Addr: "127.0.0.1:6060", Handler: mux}
	fmt.Println(server.Addr)
	// Output: 127.0.0.1:6060
}

// A monitor as a service of a group.
func ExampleMonitor() {
	defer inflight.SetDebug(0)
	m := &debug.Monitor{
		Limits: debug.Limits{Wait: 10 * time.Minute},
		Warn:   func(f debug.Finding) { log.Print(f.Kind, ": ", f.Text) },
	}
	err := inflight.Run(context.Background(), func(ctx context.Context, g *inflight.TaskGroup) error {
		g.Service(m.Run, inflight.Name("monitor"))
		return nil // the program's work
	})
	fmt.Println(err)
	// Output: <nil>
}
