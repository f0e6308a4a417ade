package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/batch/batchtest"
	"github.com/inflight-go/inflight/flow"
	"github.com/inflight-go/inflight/flow/postgres"
	"github.com/inflight-go/inflight/flow/sqlite"
	"github.com/inflight-go/inflight/internal/origin"
)

var drivers = map[string]flow.Driver{"sqlite": sqlite.Driver{}, "postgres": postgres.Driver{}}

// A place is a new, empty database of one kind.
type place struct{ driver, name string }

func (p place) String() string { return p.driver + ": '" + p.name + "'" }

func (p place) open(t testing.TB) flow.Database {
	t.Helper()
	db, err := drivers[p.driver].Open(t.Context(), p.name, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// rows are the rows of a query, as JSON.
func rows(t testing.TB, db flow.Database, query string) (all []string) {
	t.Helper()
	for row, err := range db.Query(context.WithoutCancel(t.Context()), query) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, show(row))
	}
	return all
}

// onEach runs a test with a new database of each kind.
func onEach(t *testing.T, test func(t *testing.T, p place)) {
	t.Run("sqlite", func(t *testing.T) { test(t, place{"sqlite", filepath.Join(t.TempDir(), "a b.db")}) })
	t.Run("postgres", func(t *testing.T) { test(t, place{"postgres", postgresURL(t)}) })
}

// asRow makes a line of the suite one with a row; what is no line stays as it is.
type asRow struct{ batch.Sink }

func (s asRow) Commit(ctx context.Context, lines []batch.Line) error {
	lines = slices.Clone(lines)
	for i, l := range lines {
		var fields map[string]any
		if json.Unmarshal(l.Data, &fields) != nil || strings.Contains(string(l.Data), "\n") || fields["index"] != float64(l.Index) {
			continue
		}
		row, _ := json.Marshal(map[string]any{"id": l.Index, "text": string(l.Data)})
		lines[i].Data = fmt.Appendf(nil, `{"index":%d,"rows":{"lines":[%s]}}`, l.Index, row)
	}
	return s.Sink.Commit(ctx, lines)
}

// A database is a sink as any other.
func TestTablesAreASink(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		batchtest.TestSink(t, func(t *testing.T) (batch.Sink, func() []string) {
			if p.driver == "sqlite" {
				p.name = filepath.Join(t.TempDir(), "x.db")
			}
			db := p.open(t)
			if err := db.Transact(t.Context(), func(tx flow.Tx) error { return tx.Exec(t.Context(), "DROP TABLE IF EXISTS lines") }); err != nil {
				t.Fatal(err)
			}
			f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: lines, key: id}")
			sink, err := flow.NewTables(t.Context(), db, f)
			if err != nil {
				t.Fatal(err)
			}
			return asRow{sink}, func() []string {
				all := textsOf(t, db)
				marks := rows(t, db, "SELECT count(*) AS n FROM inflight_done")
				if marks[0] != fmt.Sprintf(`{"n":%d}`, len(all)) {
					t.Errorf("%d rows, and %s are done", len(all), marks[0])
				}
				return all
			}
		})
	})
}

// textsOf are the lines that asRow has written.
func textsOf(t *testing.T, db flow.Database) (all []string) {
	for row, err := range db.Query(t.Context(), "SELECT text FROM lines") {
		if err != nil && (strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "does not exist")) {
			return nil // nothing was written yet
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row["text"].(string))
	}
	return all
}

// usersInto is the pipeline of users into two tables.
func usersInto(p place) string {
	return strings.Split(users, "select:")[0] + `
output:
  ` + p.driver + `: '` + p.name + `'
  tables:
    users: {key: id, rows: "{id, name: .details.name, posts: (.posts | length), raw: .details}"}
    posts: {key: [user_id, id], rows: ".posts[] | {id, user_id, title, long: (.title | length > 20)}"}
`
}

// Rows go into tables that are made for them, a second run updates them, and one that
// was stopped goes on.
func TestIntoTables(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		f := parse(t, usersInto(p))
		o := origin.New(origin.Options{Users: 60})
		run := func(ctx context.Context, h http.Handler, j batch.JournalOptions) (flow.Summary, error) {
			return f.Run(ctx, flow.Options{Session: served(h), Drivers: drivers, State: filepath.Join(t.TempDir(), "state"), Journal: j, Concurrency: 4})
		}
		sum, err := run(t.Context(), o, batch.JournalOptions{})
		if err != nil || sum.Done != 60 || sum.Failed != 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		db := p.open(t)
		whole := append(rows(t, db, "SELECT * FROM users ORDER BY id"), rows(t, db, "SELECT * FROM posts ORDER BY id")...)
		if len(whole) < 150 || !strings.Contains(whole[0], `"name":"`) {
			t.Errorf("%d rows: %s", len(whole), whole[0])
		}
		if sum, err := run(t.Context(), o, batch.JournalOptions{}); err != nil || sum.Done != 60 {
			t.Errorf("once more: %+v, %v", sum, err)
		}
		again := append(rows(t, db, "SELECT * FROM users ORDER BY id"), rows(t, db, "SELECT * FROM posts ORDER BY id")...)
		if !slices.Equal(whole, again) {
			t.Error("a second run has other rows")
		}
	})
}

func TestTablesGoOn(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		f := parse(t, usersInto(p))
		o := origin.New(origin.Options{Users: 60})
		state := filepath.Join(t.TempDir(), "state")
		run := func(ctx context.Context, f *flow.Flow, h http.Handler, j batch.JournalOptions) (flow.Summary, error) {
			return f.Run(ctx, flow.Options{Session: served(h), Drivers: drivers, State: state, Journal: j, Concurrency: 4})
		}
		enough := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		var asked atomic.Int64
		_, err := run(ctx, f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 50 {
				cancel(enough)
			}
			o.ServeHTTP(w, r)
		}), batch.JournalOptions{})
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}
		if _, err := run(t.Context(), f, o, batch.JournalOptions{}); !errors.Is(err, flow.ErrExists) {
			t.Errorf("begun anew without being asked to: %v", err)
		}
		other := parse(t, strings.Replace(usersInto(p), ".title |", ".body |", 1))
		if _, err := run(t.Context(), other, o, batch.JournalOptions{Resume: true}); !errors.Is(err, batch.ErrOtherJob) || !strings.Contains(err.Error(), "table posts") {
			t.Errorf("another flow: %v", err)
		}
		sum, err := run(t.Context(), f, o, batch.JournalOptions{Resume: true})
		if err != nil || !sum.Complete || sum.Skipped == 0 || sum.Skipped+sum.Done != 60 {
			t.Errorf("%+v, %v", sum, err)
		}
		if got := rows(t, p.open(t), "SELECT count(*) AS n FROM users"); got[0] != `{"n":60}` {
			t.Errorf("%v", got)
		}
	})
}

// interrupting is a driver whose second transaction, by which a run begins, is interrupted.
type interrupting struct {
	flow.Driver
	interrupt func()
}

type interrupted struct {
	flow.Database
	interrupt    func()
	transactions int
}

func (d interrupting) Open(ctx context.Context, name string, conns int) (flow.Database, error) {
	db, err := d.Driver.Open(ctx, name, conns)
	return &interrupted{Database: db, interrupt: d.interrupt}, err
}

func (d *interrupted) Transact(ctx context.Context, write func(flow.Tx) error) error {
	if d.transactions++; d.transactions == 2 {
		d.interrupt()
	}
	return d.Database.Transact(ctx, write)
}

// A run that is interrupted while it begins behind one that has come to its end goes on, too.
func TestInterruptedWhileItBegins(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	f := parse(t, usersInto(p))
	run := func(ctx context.Context, interrupt func(), resume bool) (flow.Summary, error) {
		return f.Run(ctx, flow.Options{
			Session: served(origin.New(origin.Options{Users: 5})), State: p.name + ".state", Journal: batch.JournalOptions{Resume: resume},
			Drivers: map[string]flow.Driver{"sqlite": interrupting{drivers["sqlite"], interrupt}},
		})
	}
	if sum, err := run(t.Context(), func() {}, false); err != nil || sum.Done != 5 {
		t.Fatalf("%+v, %v", sum, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := run(ctx, cancel, false); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if sum, err := run(t.Context(), func() {}, true); err != nil || sum.Done != 5 || !sum.Complete {
		t.Errorf("%+v, %v", sum, err)
	}
}

// A step and a list may be queries, with the values as arguments.
func TestQueries(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		arg := db.Dialect().Arg(1)
		err := db.Transact(t.Context(), func(tx flow.Tx) error {
			return errors.Join(
				tx.Exec(t.Context(), "CREATE TABLE people (id BIGINT PRIMARY KEY, name TEXT, score DOUBLE PRECISION)"),
				tx.Exec(t.Context(), "INSERT INTO people VALUES (1, 'a', 1.5), (2, 'b''; DROP TABLE people', NULL), (3, 'c', 9007199254740993)"),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		f, out := in(t, `
version: 1
vars: {low: 1}
steps:
  list: {sql: "SELECT id, name FROM people WHERE id > `+arg+` ORDER BY id;", args: [.low], `+p.String()+`}
  same: {for: list, sql: "SELECT score FROM people WHERE name = `+arg+`", args: [.name], `+p.String()+`, collect: one}
  none: {for: list, sql: "SELECT 1 AS x WHERE 1 = 0", `+p.String()+`}`)
		sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers})
		if err != nil {
			t.Fatal(err)
		}
		if list := sum.Stats.Steps[0]; list.Requests != 1 || list.Items != 2 {
			t.Errorf("the list: %+v", list)
		}
		got := lines(t, out)
		if len(got) != 2 || show(got[0]) != `{"id":2,"name":"b'; DROP TABLE people","none":[],"same":{"score":null}}` {
			t.Errorf("%s", show(got))
		}
		bad, _ := in(t, "\nversion: 1\nsteps: {list: {sql: 'SELECT nothing FROM nowhere', "+p.String()+"}}")
		if _, err := bad.Run(t.Context(), flow.Options{Drivers: drivers}); !errors.Is(err, flow.ErrList) {
			t.Errorf("a bad query: %v", err)
		}
	})
}

// What stands in a file of SQLite is what a query gets, also in a column that is declared
// a time: it is compared with others there.
func TestTimesAreAsTheyStand(t *testing.T) {
	db := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}.open(t)
	err := db.Transact(t.Context(), func(tx flow.Tx) error {
		return errors.Join(
			tx.Exec(t.Context(), "CREATE TABLE e (id INTEGER PRIMARY KEY, day DATE, at DATETIME, x TIMESTAMP)"),
			tx.Exec(t.Context(), "INSERT INTO e VALUES (1, '2026-01-02', '2026-01-02 23:00:00', 1704189600), (2, NULL, '2026-01-02 10:00:00+02', 'x')"),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(rows(t, db, "SELECT e.*, 5 AS other FROM e ORDER BY at DESC; "), " ")
	if got != `{"at":"2026-01-02 23:00:00","day":"2026-01-02","id":1,"other":5,"x":1704189600} {"at":"2026-01-02 10:00:00+02","day":null,"id":2,"other":5,"x":"x"}` {
		t.Error(got)
	}
	if got := rows(t, db, "INSERT INTO e (id, day) VALUES (3, 'soon') RETURNING id, day"); len(got) != 1 || got[0] != `{"day":"soon","id":3}` {
		t.Errorf("what can't stand in a query: %v", got)
	}
	if got := rows(t, db, "SELECT count(*) AS n FROM e"); got[0] != `{"n":3}` {
		t.Errorf("it was run twice: %v", got)
	}
}

// many are so many fields of JSON, behind another one.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"c%d":1`, i)
	}
	return b.String()
}

// What a server sends can fail an item, and not end the run; whole numbers keep all of
// their digits.
func TestRowsThatCantBe(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		dir := t.TempDir()
		items := filepath.Join(dir, "items.jsonl")
		text := `{"id":1,"big":12345678901234567890}
{"id":2,"":1}
{"id":3,"a\"b":1}
{"id":4,"Name":1,"name":2}
{"id":5,"v":{"deep":["a\u0000b"]}}
{"id":6` + many(1600) + `}
`
		if err := os.WriteFile(items, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		f := parse(t, "version: 1\nsteps: {list: {file: '"+items+"'}}\noutput: {"+p.String()+", table: t, key: id}")
		sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers, State: filepath.Join(dir, "state")})
		if err != nil || sum.Done != 6 || sum.Failed != 4 {
			t.Fatalf("%+v, %v", sum, err)
		}
		if p.driver == "postgres" && sum.Output != "PostgreSQL, t" {
			t.Errorf("written: %s", sum.Output)
		}
		db := p.open(t)
		if got := strings.Join(rows(t, db, "SELECT id, big FROM t WHERE big IS NOT NULL ORDER BY id"), " "); got != `{"big":"12345678901234567890","id":1}` {
			t.Errorf("%s", got)
		}
		want := map[string]string{
			"sqlite":   `{"item":1,"message":"a column can't be called \"\""} {"item":2,"message":"a column can't be called \"a\\\"b\""} {"item":3,"message":"a row has \"Name\" and \"name\", which are one column in SQLite: rename one in select"}`,
			"postgres": `{"item":1,"message":"a column can't be called \"\""} {"item":2,"message":"a column can't be called \"a\\\"b\""} {"item":4,"message":"a row has the character U+0000 in a text, which PostgreSQL can't hold: take it out in select, such as by gsub(\"\\u0000\"; \"\")"}`,
		}[p.driver]
		want += ` {"item":5,"message":"a row has 1601 fields, and a table may have 1600 columns: take fewer in select, or say columns"}`
		if got := strings.Join(rows(t, db, "SELECT item, message FROM inflight_done WHERE failed = 1 ORDER BY item"), " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// Columns come when rows have them; of several rows with a key the last counts; what
// can't be written stops the run, and nothing of its batch is there.
func TestColumns(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		sink, err := flow.NewTables(t.Context(), db, f)
		if err != nil {
			t.Fatal(err)
		}
		commit := func(index int64, rows string) error {
			return sink.Commit(t.Context(), []batch.Line{{Index: index, Data: fmt.Appendf(nil, `{"index":%d,"rows":{"t":%s}}`, index, rows)}})
		}
		for i, some := range []string{`[{"id":1,"n":5},{"id":2,"t":"x"}]`, `[]`, `[{"id":1,"b":true},{"id":1,"n":6,"j":{"a":[1]}},{"id":3,"we ird":1.5}]`} {
			if err := commit(int64(i), some); err != nil {
				t.Fatal(err)
			}
		}
		got := strings.Join(rows(t, db, `SELECT id, n, t, "we ird" FROM t ORDER BY id`), " ")
		if got != `{"id":1,"n":6,"t":null,"we ird":null} {"id":2,"n":null,"t":"x","we ird":null} {"id":3,"n":null,"t":null,"we ird":1.5}` {
			t.Errorf("%s", got)
		}
		if p.driver == "sqlite" { // where the case of a name says nothing
			if err := commit(4, `[{"id":4,"N":7,"New":1},{"id":5,"NEW":2}]`); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(rows(t, db, "SELECT n AS n, new AS new FROM t WHERE id > 3 ORDER BY id"), " "); got != `{"n":7,"new":1} {"n":null,"new":2}` {
				t.Errorf("%s", got)
			}
			if err := db.Transact(t.Context(), func(tx flow.Tx) error { return tx.Exec(t.Context(), "DELETE FROM t WHERE id > 3") }); err != nil {
				t.Fatal(err)
			}
		}
		if err := commit(7, `[{"id":9},{"id":8,"bad\"name":1}]`); !errors.Is(err, flow.ErrOutput) {
			t.Errorf("a bad column: %v", err)
		}
		if got := rows(t, db, "SELECT count(*) AS n FROM t"); got[0] != `{"n":3}` {
			t.Errorf("%v", got)
		}
		if err := commit(7, `[{"id":9,"new":1}]`); err != nil {
			t.Errorf("after a failure: %v", err)
		}
	})
}

// The type of a column is that of its first value, and null is none: until one comes there is
// no column, but in the end there is.
func TestColumnsThatBeginWithNull(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		list := filepath.Join(t.TempDir(), "in.jsonl")
		var text strings.Builder
		for i := range 3000 { // more than are written together
			values := `"n":null,"b":null`
			if i >= 2000 {
				values = fmt.Sprintf(`"n":%d.5,"b":true`, i)
			}
			fmt.Fprintf(&text, `{"id":%d,%s,"never":null}`+"\n", i, values)
		}
		if err := os.WriteFile(list, []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		f := parse(t, "version: 1\nsteps: {a: {file: '"+list+"'}}\noutput: {"+p.String()+", table: t, key: id}")
		sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers, State: t.TempDir()})
		if err != nil || !sum.Complete || sum.Failed > 0 {
			t.Fatalf("%+v, %v", sum, err)
		}
		got := rows(t, p.open(t), "SELECT n, b, never FROM t WHERE id IN (0, 2000) ORDER BY id")
		want := map[string]string{
			"sqlite":   `{"b":null,"n":null,"never":null} {"b":1,"n":2000.5,"never":null}`,
			"postgres": `{"b":null,"n":null,"never":null} {"b":true,"n":2000.5,"never":null}`,
		}[p.driver]
		if strings.Join(got, " ") != want {
			t.Errorf("%s", got)
		}
	})
}

// Null says nothing of the type of a column: the first value does, in whichever commit.
func TestNullSaysNoType(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		sink, err := flow.NewTables(t.Context(), p.open(t), f)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range []string{`{"id":1,"n":null,"b":null}`, `{"id":2,"n":2.5,"b":true}`} {
			line := fmt.Appendf(nil, `{"index":%d,"rows":{"t":[%s]}}`, i, row)
			if err := sink.Commit(t.Context(), []batch.Line{{Index: int64(i), Data: line}}); err != nil {
				t.Fatal(err)
			}
		}
		got := rows(t, p.open(t), "SELECT n, b FROM t ORDER BY id")
		want := map[string]string{"sqlite": `{"b":null,"n":null} {"b":1,"n":2.5}`, "postgres": `{"b":null,"n":null} {"b":true,"n":2.5}`}[p.driver]
		if strings.Join(got, " ") != want {
			t.Errorf("%s", got)
		}
	})
}

// A column that is made holds all values that come with the first, whatever comes first.
func TestColumnsHoldWhatComesTogether(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		sink, err := flow.NewTables(t.Context(), p.open(t), f)
		if err != nil {
			t.Fatal(err)
		}
		var lines []batch.Line
		for i, row := range []string{`{"id":1,"n":1,"x":5,"y":[1]}`, `{"id":2,"n":2.5,"x":"none","y":true}`, `{"id":3,"n":null,"x":null}`} {
			lines = append(lines, batch.Line{Index: int64(i), Data: fmt.Appendf(nil, `{"index":%d,"rows":{"t":[%s]}}`, i, row)})
		}
		if err := sink.Commit(t.Context(), lines); err != nil || lines[0].Failed || lines[1].Failed {
			t.Fatalf("%+v, %v", lines, err)
		}
		got := strings.Join(rows(t, p.open(t), "SELECT n * 2 AS n, x, y FROM t ORDER BY id"), " ")
		if want := `{"n":2,"x":"5","y":"[1]"} {"n":5,"x":"none","y":"true"} {"n":null,"x":null,"y":null}`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// A commit of more than SQLite holds in memory locks the file: nothing that is to be known
// of it may be asked for then.
func TestLargeCommits(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	if err := os.WriteFile(p.name, nil, 0o666); err != nil { // a file that is there keeps no write-ahead log
		t.Fatal(err)
	}
	f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", tables: {main.a: {key: id}, b: {key: id}}}")
	sink, err := flow.NewTables(t.Context(), p.open(t), f)
	if err != nil {
		t.Fatal(err)
	}
	many := make([]map[string]any, 4000)
	for i := range many {
		many[i] = map[string]any{"id": i, "text": strings.Repeat("x", 1000)}
	}
	for i, more := range []string{`{"id":1}`, `{"id":2,"new":1}`} {
		line := fmt.Appendf(nil, `{"index":%d,"rows":{"main.a":%s,"b":[%s]}}`, i, show(many), more)
		if err := sink.Commit(t.Context(), []batch.Line{{Index: int64(i), Data: line}}); err != nil {
			t.Fatal(err)
		}
	}
	// Another run has to find the columns of main.a.
	if sink, err = flow.NewTables(t.Context(), p.open(t), f); err != nil {
		t.Fatal(err)
	}
	if err := sink.Commit(t.Context(), []batch.Line{{Data: []byte(`{"index":0,"rows":{"main.a":[{"id":1,"text":"y","more":1}]}}`)}}); err != nil {
		t.Error(err)
	}
	if got := rows(t, p.open(t), "SELECT text, more FROM a WHERE id = 1"); got[0] != `{"more":1,"text":"y"}` {
		t.Errorf("%s", got)
	}
}

// Keys that are written in several ways and are one in the column are one row, and the last
// counts; a message may have what PostgreSQL can't hold.
func TestKeysOfOneColumn(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		items := filepath.Join(t.TempDir(), "items.jsonl")
		if err := os.WriteFile(items, []byte(`{"rows":[{"id":1,"v":"a"},{"id":"1","v":"b"},{"id":2,"v":"c"}]}`+"\n"+`{"bad":"x\u0000y"}`), 0o666); err != nil {
			t.Fatal(err)
		}
		f := parse(t, `
version: 1
steps: {list: {file: '`+items+`'}}
select: "if .bad then error(.bad) else . end"
output: {`+p.String()+`, tables: {t: {key: id, columns: {id: int, v: text}, rows: ".rows[]"}}}`)
		sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers, State: filepath.Join(t.TempDir(), "state")})
		if err != nil || sum.Failed != 1 {
			t.Fatalf("%+v, %v", sum, err)
		}
		db := p.open(t)
		if got := strings.Join(rows(t, db, "SELECT * FROM t ORDER BY id"), " "); got != `{"id":1,"v":"b"} {"id":2,"v":"c"}` {
			t.Errorf("%s", got)
		}
		if got := rows(t, db, "SELECT message FROM inflight_done WHERE failed = 1"); !strings.Contains(got[0], "x\uFFFDy") {
			t.Errorf("%s", got)
		}
	})
}

// A table that is there, and does not know its rows by the key, is told as that.
func TestTablesWithoutTheKey(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		err := db.Transact(t.Context(), func(tx flow.Tx) error { return tx.Exec(t.Context(), "CREATE TABLE t (id INTEGER, n INTEGER)") })
		if err != nil {
			t.Fatal(err)
		}
		sink, err := flow.NewTables(t.Context(), db, parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: [id, n]}"))
		if err != nil {
			t.Fatal(err)
		}
		err = sink.Commit(t.Context(), []batch.Line{{Data: []byte(`{"index":0,"rows":{"t":[{"id":1,"n":1}]}}`)}})
		if !errors.Is(err, flow.ErrOutput) || !strings.Contains(err.Error(), `known again by "id", "n", so the table needs a primary key or a unique index`) {
			t.Errorf("%v", err)
		}
	})
}

// Values that a column is not made for are what they are in the row.
func TestValuesOfOtherTypes(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id, columns: {id: int, j: json, t: text}}")
		db := p.open(t)
		sink, err := flow.NewTables(t.Context(), db, f)
		if err != nil {
			t.Fatal(err)
		}
		line := `{"index":0,"rows":{"t":[{"id":1,"j":"a\"b","t":"a"},{"id":2,"j":true,"t":true},{"id":3,"j":5,"t":1.10},{"id":4,"j":{"a":1},"t":null},{"id":5,"j":null,"t":"1"}]}}`
		if err := sink.Commit(t.Context(), []batch.Line{{Data: []byte(line)}}); err != nil {
			t.Fatal(err)
		}
		query := "SELECT coalesce(j, 'null') AS j, coalesce(t, '-') AS t FROM t ORDER BY id"
		if p.driver == "postgres" {
			query = strings.Replace(query, "j, 'null'", "replace(j::text, ' ', ''), 'null'", 1)
		}
		want := `{"j":"\"a\\\"b\"","t":"a"} {"j":"true","t":"true"} {"j":"5","t":"1.10"} {"j":"{\"a\":1}","t":"-"} {"j":"null","t":"1"}`
		if got := strings.Join(rows(t, db, query), " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// A number that has more digits than its column can hold fails its item, and is not rounded; in
// a column that was made for texts it is as it is written.
func TestNumbersThatAreTooLarge(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		for _, first := range []bool{true, false} { // the columns that this run has made, and those that were there
			sink, err := flow.NewTables(t.Context(), db, f)
			if err != nil {
				t.Fatal(err)
			}
			var lines []batch.Line
			for i, row := range []string{`{"id":1,"n":1,"t":"a"}`, `{"id":2,"n":18446744073709551615}`, `{"id":3,"n":"18446744073709551615"}`, `{"id":4,"t":1.10}`, `{"id":5,"t":true}`, `{"id":6,"t":3.14159265358979323846}`} {
				lines = append(lines, batch.Line{Index: int64(i), Data: fmt.Appendf(nil, `{"index":%d,"rows":{"t":[%s]}}`, i, row)})
			}
			for i := range lines {
				if err := sink.Commit(t.Context(), lines[i:i+1]); err != nil || lines[i].Failed != (i == 1 || i == 2) {
					t.Errorf("%s: failed %t, %v", lines[i].Data, lines[i].Failed, err)
				}
			}
			for _, row := range rows(t, db, "SELECT message FROM inflight_done WHERE failed = 1") {
				if !strings.Contains(row, "18446744073709551615") || !strings.Contains(row, "in columns") {
					t.Errorf("message %s", row)
				}
			}
			want := `{"id":1,"n":1,"t":"a"} {"id":4,"n":null,"t":"1.10"} {"id":5,"n":null,"t":"true"} {"id":6,"n":null,"t":"3.14159265358979323846"}`
			if got := strings.Join(rows(t, db, "SELECT * FROM t ORDER BY id"), " "); got != want {
				t.Errorf("made by this run: %t\ngot  %s\nwant %s", first, got, want)
			}
		}
	})
}

// Two processes may make the same table at the same moment: PostgreSQL fails for one of
// them, whatever IF NOT EXISTS says.
func TestTablesMadeAtOnce(t *testing.T) {
	p := place{"postgres", postgresURL(t)}
	db := p.open(t)
	f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
	var sink batch.Sink
	for _, row := range []struct {
		made string
		then func() error
	}{
		{"CREATE TABLE inflight_flows (name TEXT PRIMARY KEY, run TEXT NOT NULL, spec TEXT NOT NULL, complete INTEGER NOT NULL)", func() (err error) {
			sink, err = flow.NewTables(t.Context(), db, f)
			return err
		}},
		{"CREATE TABLE t (id BIGINT PRIMARY KEY)", func() error {
			return sink.Commit(t.Context(), []batch.Line{{Data: []byte(`{"index":0,"rows":{"t":[{"id":1,"v":"x"}]}}`)}})
		}},
	} {
		done := make(chan error, 1)
		err := db.Transact(t.Context(), func(tx flow.Tx) error {
			if err := tx.Exec(t.Context(), row.made); err != nil {
				return err
			}
			go func() { done <- row.then() }()
			for t.Context().Err() == nil { // until that waits for this transaction
				if rows(t, db, "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")[0] == `{"n":1}` {
					return nil
				}
			}
			return t.Context().Err()
		})
		if err == nil {
			err = <-done
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := rows(t, db, "SELECT * FROM t"); got[0] != `{"id":1,"v":"x"}` {
		t.Errorf("%v", got)
	}
}

// Of two columns with one name a row would have only one.
func TestColumnsWithOneName(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		if err := db.Transact(t.Context(), func(flow.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		var err error
		for _, err = range db.Query(t.Context(), "SELECT * FROM (SELECT 1 AS id, '{' AS a) x JOIN (SELECT 2 AS id) y ON true") {
		}
		if err == nil || !strings.Contains(err.Error(), `two columns of the query have the name "id"`) {
			t.Errorf("%v", err)
		}
	})
}

// A text that JSON can't hold is told, and none that is another one is had.
func TestTextsThatAreNot(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	db := p.open(t)
	if err := db.Transact(t.Context(), func(flow.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	var err error
	for _, err = range db.Query(t.Context(), "SELECT CAST(x'4AFF' AS TEXT) AS name") {
	}
	if err == nil || !strings.Contains(err.Error(), `"name" is not in UTF-8`) {
		t.Errorf("%v", err)
	}
}

// What a key of SQLite can't hold is said, with what to do.
func TestKeysOfAnotherType(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
	sink, err := flow.NewTables(t.Context(), p.open(t), f)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range []string{`{"id":1}`, `{"id":"a"}`} {
		lines := []batch.Line{{Index: int64(i), Data: fmt.Appendf(nil, `{"index":%d,"rows":{"t":[%s]}}`, i, row)}}
		if err := sink.Commit(t.Context(), lines); err != nil || lines[0].Failed != (i == 1) {
			t.Errorf("%s: %v, failed %t", row, err, lines[0].Failed)
		}
	}
	if got := rows(t, p.open(t), "SELECT message FROM inflight_done WHERE failed = 1"); !strings.Contains(got[0], "say its type in columns") {
		t.Errorf("%s", got)
	}
}

// Columns that another process adds, or takes away, while a flow runs, are seen.
func TestColumnsOfOthers(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		sink, err := flow.NewTables(t.Context(), db, f)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range []struct{ change, row string }{
			{"", `{"id":0}`},
			{"ALTER TABLE t ADD COLUMN x INTEGER", `{"id":1,"x":1}`},
			{"ALTER TABLE t DROP COLUMN x", `{"id":2,"x":2}`},
		} {
			if row.change != "" {
				if err := db.Transact(t.Context(), func(tx flow.Tx) error { return tx.Exec(t.Context(), row.change) }); err != nil {
					t.Fatal(err)
				}
			}
			line := batch.Line{Index: int64(i), Data: fmt.Appendf(nil, `{"index":%d,"rows":{"t":[%s]}}`, i, row.row)}
			if err := sink.Commit(t.Context(), []batch.Line{line}); err != nil {
				t.Errorf("%s: %v", row.change, err)
			}
		}
		if got := fmt.Sprint(rows(t, db, "SELECT * FROM t ORDER BY id")); got != `[{"id":0,"x":null} {"id":1,"x":null} {"id":2,"x":2}]` {
			t.Errorf("%s", got)
		}
	})
}

// The query of a list does not keep those of its items waiting, which it waits for.
func TestSampleOfOneDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		if err := db.Transact(t.Context(), func(tx flow.Tx) error {
			return errors.Join(tx.Exec(t.Context(), "CREATE TABLE t (id INTEGER PRIMARY KEY)"),
				tx.Exec(t.Context(), "INSERT INTO t WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000) SELECT i FROM c"))
		}); err != nil {
			t.Fatal(err)
		}
		arg := map[string]string{"sqlite": "?", "postgres": "$1"}[p.driver]
		f, _ := in(t, `
version: 1
steps:
  a: {sql: "SELECT id FROM t ORDER BY id", `+p.String()+`}
  b: {for: a, sql: "SELECT id FROM t WHERE id = `+arg+`", args: [.id], `+p.String()+`}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var out strings.Builder
		sum, err := f.Run(ctx, flow.Options{Drivers: drivers, Sample: 5, Rows: &out, Concurrency: 1, Grace: -1})
		if err != nil || sum.Done != 5 || !strings.Contains(out.String(), `{"index":4,"b":[{"id":5}],"id":5}`) {
			t.Errorf("%+v, %v: %s", sum, err, out.String())
		}
	})
}

// clashing is a database whose transactions fail with these codes, one after the other.
type clashing struct {
	flow.Database
	states []string
}

type stateError string

func (e stateError) Error() string    { return "state " + string(e) }
func (e stateError) SQLState() string { return string(e) }

func (c *clashing) Transact(ctx context.Context, write func(flow.Tx) error) error {
	return c.Database.Transact(ctx, func(tx flow.Tx) error {
		if err := write(tx); err != nil || len(c.states) == 0 {
			return err
		}
		state := c.states[0]
		c.states = c.states[1:]
		return stateError(state)
	})
}

// What another transaction was in the way of is tried again, a few times, also when more than
// one thing is.
func TestClashes(t *testing.T) {
	for _, row := range []struct {
		states []string
		want   string
	}{
		{[]string{"40P01", "40001", "40P01"}, ""},
		{[]string{"42701", "21000", "40P01"}, ""},
		{slices.Repeat([]string{"40P01"}, 12), "state 40P01"},
		{[]string{"21000", "21000"}, "state 21000"},
		{[]string{"42703", "42703"}, "state 42703"},
	} {
		p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
		db := &clashing{Database: p.open(t)}
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		sink, err := flow.NewTables(t.Context(), db, f)
		if err != nil {
			t.Fatal(err)
		}
		db.states = row.states
		err = sink.Commit(t.Context(), []batch.Line{{Data: []byte(`{"index":0,"rows":{"t":[{"id":1}]}}`)}})
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%v: %v, want %q", row.states, err, row.want)
		}
	}
}

// What a server sends can't end the run: a row that SQLite can't read, or that has too many
// columns, fails its item.
func TestRowsThatSQLiteCantRead(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	db := p.open(t)
	f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
	sink, err := flow.NewTables(t.Context(), db, f)
	if err != nil {
		t.Fatal(err)
	}
	var all []batch.Line
	for i, more := range []string{"", `,"x":` + strings.Repeat("[", 1500) + strings.Repeat("]", 1500), "", many(2100), ""} {
		all = append(all, batch.Line{Index: int64(i), Data: fmt.Appendf(nil, `{"index":%d,"rows":{"t":[{"id":%d%s}]}}`, i, i, more)})
	}
	// The one with many columns is the first, while there is no table: to add them to one takes long.
	if err := errors.Join(sink.Commit(t.Context(), all[3:4]), sink.Commit(t.Context(), all)); err != nil {
		t.Fatal(err)
	}
	for i, line := range all {
		if line.Failed != (i == 1 || i == 3) {
			t.Errorf("%d: failed %t", i, line.Failed)
		}
	}
	if got := fmt.Sprint(rows(t, db, "SELECT id FROM t ORDER BY id"), rows(t, db, "SELECT message FROM inflight_done WHERE failed = 1 ORDER BY item")); !strings.Contains(got, `[{"id":0} {"id":2} {"id":4}]`) ||
		!strings.Contains(got, "1000 levels") || !strings.Contains(got, "too many columns") {
		t.Errorf("%s", got)
	}
}

// A run in whose database another one of the flow has begun ends: what it has done would be
// taken for items of the other list.
func TestAnotherRunBegins(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		f := parse(t, "version: 1\nsteps: {a: {get: 'http://x/'}}\noutput: {"+p.String()+", table: t, key: id}")
		var sinks []batch.Sink
		for range 2 {
			sink, err := flow.NewTables(t.Context(), db, f)
			if err != nil {
				t.Fatal(err)
			}
			sinks = append(sinks, sink)
		}
		line := []batch.Line{{Data: []byte(`{"index":0,"rows":{"t":[{"id":1}]}}`)}}
		if err := sinks[0].Commit(t.Context(), line); !errors.Is(err, flow.ErrState) || errors.Is(err, flow.ErrOutput) {
			t.Errorf("the one that began first: %v", err)
		}
		if err := sinks[1].Commit(t.Context(), line); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(rows(t, db, "SELECT * FROM t"), rows(t, db, "SELECT item FROM inflight_done")); got != `[{"id":1}] [{"item":0}]` {
			t.Errorf("%s", got)
		}
	})
}

// An item whose rows the database refuses has failed, with all of its rows, and is run
// again when that is asked for; the others are there.
func TestRefusedRows(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		const items = 300
		db := p.open(t)
		exec := func(statement string) {
			t.Helper()
			if err := db.Transact(t.Context(), func(tx flow.Tx) error { return tx.Exec(t.Context(), statement) }); err != nil {
				t.Fatal(err)
			}
		}
		exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n < 1000), u TEXT UNIQUE)")
		dir := t.TempDir()
		var list strings.Builder
		for i := range items {
			n, u := fmt.Sprint(i), fmt.Sprint(i)
			switch i {
			case 7:
				n = "1000"
			case 90, 91:
				n = "null"
			case 299:
				u = "5"
			}
			fmt.Fprintf(&list, `{"rows":[{"id":%d,"n":%s,"u":"u%s"},{"id":%d,"n":0}]}`+"\n", i, n, u, 1000+i)
		}
		name := filepath.Join(dir, "items.jsonl")
		if err := os.WriteFile(name, []byte(list.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		f := parse(t, "version: 1\nsteps: {list: {file: '"+name+"'}}\noutput: {"+p.String()+", tables: {t: {key: id, rows: '.rows[]'}}}")
		run := func(j batch.JournalOptions) flow.Summary {
			sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers, State: filepath.Join(dir, "state"), Journal: j})
			if err != nil {
				t.Fatal(err)
			}
			return sum
		}
		sum := run(batch.JournalOptions{})
		if sum.Done != items || sum.Failed != 4 || !sum.Complete {
			t.Errorf("%+v", sum)
		}
		if why := sum.Stats.Failures; len(why) != 1 || why[0].Where != "table t" || why[0].Count != 4 || !strings.Contains(why[0].First, "constraint") {
			t.Errorf("why: %+v", why)
		}
		count := func(want string) {
			t.Helper()
			if got := rows(t, db, "SELECT count(*) AS n FROM t")[0] + rows(t, db, "SELECT count(*) AS n FROM inflight_done WHERE failed = 0")[0]; got != want {
				t.Errorf("rows, and items that did not fail: %s, want %s", got, want)
			}
		}
		count(`{"n":592}{"n":296}`)
		for _, row := range rows(t, db, "SELECT message FROM inflight_done WHERE failed = 1") {
			if !strings.Contains(row, "table t: ") || !strings.Contains(strings.ToLower(row), "constraint") {
				t.Errorf("message %s", row)
			}
		}
		if p.driver == "postgres" { // where a constraint can be taken away
			exec("ALTER TABLE t DROP CONSTRAINT t_n_check")
			if sum := run(batch.JournalOptions{Resume: true, RetryFailed: true}); sum.Done != 4 || sum.Failed != 3 {
				t.Errorf("once more: %+v", sum)
			}
			count(`{"n":594}{"n":297}`)
		}
	})
}

// A file that is not there is not made by a query.
func TestNoSuchFile(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	for _, err := range p.open(t).Query(t.Context(), "SELECT 1") {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
	if err := os.WriteFile(p.name, []byte(strings.Repeat("no database ", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := p.open(t).Transact(t.Context(), func(flow.Tx) error { return nil }); err == nil || !strings.Contains(err.Error(), p.name) {
		t.Errorf("an error does not name the file: %v", err)
	}
	f, _ := in(t, "\nversion: 1\nsteps: {list: {sql: SELECT 1, "+p.String()+"}}")
	if _, err := f.Run(t.Context(), flow.Options{}); !errors.Is(err, flow.ErrDriver) {
		t.Errorf("without a driver: %v", err)
	}
}

// Rows that nobody wants are not waited for: there may be any number of them.
func TestRowsThatNobodyWants(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		if err := db.Transact(t.Context(), func(flow.Tx) error { return nil }); err != nil { // which makes the file
			t.Fatal(err)
		}
		query := "SELECT generate_series(1, 1000000000000) AS n"
		if p.driver == "sqlite" {
			query = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT n FROM s"
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for row, err := range db.Query(ctx, query) {
			if err != nil || show(row) != `{"n":1}` {
				t.Errorf("%v, %v", row, err)
			}
			break
		}
		if ctx.Err() != nil {
			t.Error("they were waited for")
		}
		if got := rows(t, db, "SELECT 2 AS n"); len(got) != 1 || got[0] != `{"n":2}` {
			t.Errorf("the next query: %v", got)
		}
	})
}

// late is a context that has ended, though nobody was told yet.
type late struct {
	context.Context
	ended atomic.Bool
}

func (l *late) Err() error {
	if l.ended.Load() {
		return context.Canceled
	}
	return l.Context.Err()
}

// What was committed is told so, although the context ended at that moment. What fails, or
// panics, leaves nothing.
func TestCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		db := p.open(t)
		ctx := &late{Context: context.WithoutCancel(t.Context())}
		write := func(statement string, then func() error) error {
			return db.Transact(ctx, func(tx flow.Tx) error { return errors.Join(tx.Exec(ctx, statement), then()) })
		}
		if err := write("CREATE TABLE t (n INTEGER)", func() error { ctx.ended.Store(true); return nil }); err != nil {
			t.Errorf("what was committed: %v", err)
		}
		ctx.ended.Store(false)
		why := errors.New("no more")
		if err := write("INSERT INTO t VALUES (1)", func() error { return why }); err == nil || err.Error() != why.Error() {
			t.Errorf("what was not: %v", err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = write("INSERT INTO t VALUES (2)", func() error { panic(why) })
		}()
		if err := write("INSERT INTO t VALUES (3)", func() error { return nil }); err != nil {
			t.Error(err)
		}
		if got := rows(t, db, "SELECT n FROM t"); len(got) != 1 || got[0] != `{"n":3}` {
			t.Errorf("there is %v", got)
		}
	})
}

// unreachable is a driver of databases that can't be opened.
type unreachable struct{ why error }

func (u unreachable) Open(context.Context, string, int) (flow.Database, error) {
	return nil, fmt.Errorf("no answer to tiger1234: %w", u.why)
}

// Why a database can't be opened is told as it is, without what is secret.
func TestUnreachable(t *testing.T) {
	t.Setenv("DATABASE_OF_TEST", "tiger1234")
	f := parse(t, "version: 1\nsteps: {l: {sql: SELECT 1, postgres: 'env:DATABASE_OF_TEST'}}\noutput: {file: x.jsonl}")
	why := errors.New("the wrong password")
	_, err := f.Run(t.Context(), flow.Options{Drivers: map[string]flow.Driver{"postgres": unreachable{why}}})
	if !errors.Is(err, why) || strings.Contains(err.Error(), "tiger1234") || !strings.HasPrefix(err.Error(), "postgres: no answer to ") {
		t.Errorf("%v", err)
	}
}

// Of the queries of a step that has a limit no more are counted at once than there are,
// and what the list asks for and gets is counted too.
func TestQueriesAreCounted(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		list := "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 40) SELECT n FROM s"
		db := p.open(t)
		if err := db.Transact(t.Context(), func(flow.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		f, _ := in(t, `
version: 1
limits: {one: {concurrency: 1}}
steps:
  list: {sql: '`+list+`', `+p.String()+`}
  more: {for: list, sql: 'SELECT 1 AS one', `+p.String()+`, limit: one}`)
		sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers})
		want := []flow.StepStats{{Name: "list", Requests: 1, Items: 40, Peak: 1}, {Name: "more", Requests: 40, Items: 40, Peak: 1}}
		if err != nil || !slices.Equal(sum.Stats.Steps, want) {
			t.Errorf("%v: %+v", err, sum.Stats.Steps)
		}
	})
}

// A query whose result is not all in the state folder is not gone on with: asked again, it
// may give its rows in another order.
func TestQueriesThatAreLost(t *testing.T) {
	dir := t.TempDir()
	p := place{"sqlite", filepath.Join(dir, "x.db")}
	if err := p.open(t).Transact(t.Context(), func(flow.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	f, out := in(t, `
version: 1
steps:
  list: {sql: 'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s', `+p.String()+`}`)
	o := flow.Options{Drivers: drivers, Journal: batch.JournalOptions{Sync: batch.SyncNever}}
	if _, err := f.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for path, n := range map[string]int{out: 20, filepath.Join(out+".flow", "list.jsonl"): 1} { // what a loss of power has left
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		left := strings.Join(strings.SplitAfter(string(text), "\n")[:n], "")
		if err := os.WriteFile(path, []byte(left), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o.Journal.Resume = true
	if _, err := f.Run(t.Context(), o); !errors.Is(err, flow.ErrState) {
		t.Errorf("%v", err)
	}
	if n := len(lines(t, out)); n != 20 {
		t.Errorf("%d lines", n)
	}
}

// since has all digits of a number, also where it is read back from the state.
func TestSinceHasAllDigits(t *testing.T) {
	p := place{"sqlite", filepath.Join(t.TempDir(), "x.db")}
	err := p.open(t).Transact(t.Context(), func(tx flow.Tx) error {
		return errors.Join(tx.Exec(t.Context(), "CREATE TABLE t (id INTEGER)"), tx.Exec(t.Context(), "INSERT INTO t VALUES (9007199254740993), (9007199254740995)"))
	})
	if err != nil {
		t.Fatal(err)
	}
	f, out := in(t, `
version: 1
steps:
  list: {sql: 'SELECT id FROM t WHERE id > ? ORDER BY id', args: ['.since | tonumber'], since: {max: .id, start: "0"}, `+p.String()+`}`)
	for i, want := range []int64{2, 0} {
		sum, err := f.Run(t.Context(), flow.Options{Drivers: drivers, Journal: batch.JournalOptions{Force: true}})
		if err != nil || sum.Done != want {
			t.Errorf("run %d: %d items, %v", i, sum.Done, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(out+".flow", "since.json"))
	if err != nil || !strings.Contains(string(text), ":9007199254740995}") {
		t.Errorf("%s, %v", text, err)
	}
}
