package flow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/internal/killtest"
	"github.com/inflight-go/inflight/internal/origin"
	"github.com/inflight-go/inflight/session"
)

// The test binary is also the process that is killed.
func TestMain(m *testing.M) {
	if address := os.Getenv("FLOW_ORIGIN"); address != "" {
		fmt.Println("ready")
		if err := flowInChild(address); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	stopPostgres()
	os.Exit(code)
}

// flowInChild is what the process does that is killed: it goes on with the run, or
// begins it.
func flowInChild(address string) error {
	text, err := os.ReadFile(os.Getenv("FLOW_FILE"))
	if err != nil {
		return err
	}
	f, err := flow.Parse("kill.yaml", text)
	if err != nil {
		return err
	}
	_, err = f.Run(context.Background(), flow.Options{
		Session: session.Options{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}},
		Drivers: drivers, State: os.Getenv("FLOW_STATE"), Concurrency: 8,
		Journal: batch.JournalOptions{Resume: true, SyncDelay: 5 * time.Millisecond, SyncLines: 20},
	})
	return err
}

// A run that is killed again and again has each row once, whatever it writes to.
func TestKilled(t *testing.T) {
	const n = 120
	o := origin.New(origin.Options{Users: n})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Millisecond)
		o.ServeHTTP(w, r)
	}))
	defer server.Close()
	list := strings.Replace(strings.Split(users, "select:")[0], "demo://origin", "http://origin.example", 1)
	list = strings.Replace(list, "{next: link}", "{page: page, size: 10, total: .total}", 1)
	t.Run("file", func(t *testing.T) {
		killUntilDone(t, server, func(dir string) string {
			return list + "select: '{id, name: .details.name, posts: [.posts[].id]}'\noutput: {file: '" + dir + "/out.jsonl'}"
		}, func(t *testing.T, dir string) []string {
			var got []string
			for _, row := range lines(t, filepath.Join(dir, "out.jsonl")) { // each index once
				got = append(got, show(row))
			}
			return got
		})
	})
	onEach(t, func(t *testing.T, p place) {
		killUntilDone(t, server, func(dir string) string {
			if p.driver == "sqlite" {
				p.name = filepath.Join(dir, "x.db")
			} else {
				p.name = postgresURL(t)
			}
			return list + strings.TrimPrefix(usersInto(p), strings.Split(users, "select:")[0])
		}, func(t *testing.T, dir string) []string {
			db := p.open(t)
			if got := rows(t, db, "SELECT count(*) AS n, sum(failed) AS f FROM inflight_done"); got[0] != fmt.Sprintf(`{"f":0,"n":%d}`, n) {
				t.Errorf("done: %v", got)
			}
			return append(rows(t, db, "SELECT * FROM users"), rows(t, db, "SELECT * FROM posts")...)
		})
	})
}

// killUntilDone runs a flow without being killed, and then others that are killed until
// there were enough kills; all have to have the same rows.
func killUntilDone(t *testing.T, server *httptest.Server, text func(dir string) string, read func(t *testing.T, dir string) []string) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	run := func(n int) (rows []string, killed int) {
		dir := t.TempDir()
		file := filepath.Join(dir, "kill.yaml")
		if err := os.WriteFile(file, []byte(text(dir)), 0o666); err != nil {
			t.Fatal(err)
		}
		killed = killtest.UntilDone(t, random, n, 120*time.Millisecond,
			"FLOW_ORIGIN="+server.Listener.Addr().String(), "FLOW_FILE="+file, "FLOW_STATE="+filepath.Join(dir, "state"))
		rows = read(t, dir)
		slices.Sort(rows)
		return rows, killed
	}
	want, _ := run(0)
	if len(want) < 120 {
		t.Fatalf("only %d rows", len(want))
	}
	for left := killtest.Kills("FLOW_KILLS", 10); left > 0; {
		got, killed := run(min(left, 5))
		t.Log("killed", killed)
		if left -= max(killed, 1); !slices.Equal(got, want) {
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
	}
}
