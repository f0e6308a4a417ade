package flow_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The server of all tests: it is started by the first, and stopped by TestMain.
var (
	startPostgres sync.Once
	postgresAt    string // a URL; empty for none
	whyNot        string
	stopPostgres  = func() {}
	databases     atomic.Int64
)

// postgresURL is the URL of a new database, which is gone with the test. It is one of the
// server at INFLIGHT_POSTGRES, or of one that is started for the tests, if PostgreSQL is
// installed as Debian has it; without either the test is skipped.
func postgresURL(t testing.TB) string {
	t.Helper()
	startPostgres.Do(func() {
		if postgresAt = os.Getenv("INFLIGHT_POSTGRES"); postgresAt == "" {
			postgresAt, whyNot = runPostgres()
		}
	})
	if postgresAt == "" {
		t.Skip("no PostgreSQL: ", whyNot, "; apt-get install postgresql, or INFLIGHT_POSTGRES=URL")
	}
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, postgresAt)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("flow_%d_%d", os.Getpid(), databases.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		conn.Close(ctx)
	})
	config := conn.Config()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Path: "/" + name}
	u.RawQuery = url.Values{"host": {config.Host}, "port": {fmt.Sprint(config.Port)}}.Encode()
	return u.String()
}

// runPostgres starts a server that listens on a socket in a new folder, and nowhere else.
func runPostgres() (at, why string) {
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(programs) == 0 {
		return "", "there is no /usr/lib/postgresql"
	}
	bin := filepath.Dir(programs[len(programs)-1])
	dir, err := os.MkdirTemp("", "flow-pg-")
	if err != nil {
		return "", err.Error()
	}
	if why := handOver(dir); why != "" {
		os.RemoveAll(dir)
		return "", why
	}
	data := filepath.Join(dir, "data")
	stopPostgres = func() {
		_ = asPostgres(bin+"/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop").Run()
		os.RemoveAll(dir)
	}
	if out, err := asPostgres(bin+"/initdb", "-D", data, "-U", "flow", "-A", "trust", "-N", "--locale=C.UTF-8", "-E", "UTF8").CombinedOutput(); err != nil {
		return "", fmt.Sprintf("initdb: %v: %s", err, out)
	}
	options := "-k " + dir + " -c listen_addresses='' -c max_connections=200 -c shared_buffers=16MB -c fsync=off"
	if out, err := asPostgres(bin+"/pg_ctl", "-D", data, "-o", options, "-l", filepath.Join(dir, "log"), "-w", "start").CombinedOutput(); err != nil {
		return "", fmt.Sprintf("pg_ctl: %v: %s", err, out)
	}
	return "host=" + dir + " port=5432 user=flow dbname=postgres", ""
}

// handOver gives a folder to the user who runs the server, who can't be root.
func handOver(dir string) (why string) {
	if os.Getuid() != 0 {
		return ""
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err.Error()
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		return err.Error()
	}
	return ""
}

// asPostgres is a program of the server's.
func asPostgres(name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	words := append([]string{name}, args...)
	if os.Getuid() == 0 {
		words = append([]string{"runuser", "-u", "postgres", "--"}, words...)
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Cancel = func() error { cancel(); return cmd.Process.Kill() }
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if strings.HasSuffix(name, "pg_ctl") {
		cmd.WaitDelay = time.Second // the server keeps what pg_ctl writes to
	}
	return cmd
}
