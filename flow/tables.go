package flow

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/locks"
)

// The tables for what is done, beside those of the rows.
const (
	flowsTable = "inflight_flows"
	doneTable  = "inflight_done"
)

// tables is the sink that is a database. What is done is written in the transaction
// that writes the rows.
type tables struct {
	db    Database
	d     Dialect
	of    []*table
	kind  string // of the database: the name of its driver
	flow  string // its name in flowsTable
	run   string // tells this run from others
	spec  string
	clean func(string) string
	told  func(error) // of what the database has refused

	mu      locks.Mutex
	done    *roaring64.Bitmap
	failed  *roaring64.Bitmap            // those of done that are to be run again
	columns map[string]map[string]string // that tables have, of those that are known, with the types that the database knows by name
	empty   map[string]map[string]bool   // that they lack, and for which rows have had nothing but null
}

// newTables looks at what is in the database, and changes nothing but to make the tables
// for it.
func newTables(ctx context.Context, db Database, f *Flow, spec string) (*tables, error) {
	t := &tables{
		db: db, d: db.Dialect(), of: f.output.tables, kind: f.output.database.driver, flow: flowName(f.name), spec: spec, clean: f.secrets.clean, told: func(error) {},
		done: roaring64.New(), failed: roaring64.New(), columns: make(map[string]map[string]string), empty: make(map[string]map[string]bool),
	}
	create := func(tx Tx) error {
		return errors.Join(
			tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+flowsTable+` (name TEXT PRIMARY KEY, run TEXT NOT NULL, spec TEXT NOT NULL, complete INTEGER NOT NULL)`),
			tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+doneTable+` (flow TEXT NOT NULL, item BIGINT NOT NULL, failed INTEGER NOT NULL, message TEXT, PRIMARY KEY (flow, item))`),
		)
	}
	err := db.Transact(ctx, create)
	if slices.Contains(sameMoment, stateOf(err)) {
		err = db.Transact(ctx, create)
	}
	return t, err
}

// begin decides whether the run goes on with another one, or begins; then it is another
// run.
func (t *tables) begin(ctx context.Context, o batch.JournalOptions) (resume bool, err error) {
	was, complete, there, err := t.last(ctx)
	if err != nil {
		return false, err
	}
	if there {
		if err := t.load(ctx); err != nil {
			return false, err
		}
	}
	begun := there && !complete && !t.done.IsEmpty()
	switch {
	case o.Resume && there && !t.done.IsEmpty():
		if was != t.spec && !o.Force {
			return false, &batch.OtherJobError{Path: "the database", Differs: specDiffers(was, t.spec)}
		}
		if !o.RetryFailed {
			t.failed.Clear()
		}
		return true, nil
	case begun && !o.Force:
		return false, fmt.Errorf("%w: %d items of %s are done: go on with it, or force it to begin anew (its rows stay, and are written over)", ErrExists, t.done.GetCardinality(), t.flow)
	}
	t.run = rand.Text()
	t.done.Clear()
	t.failed.Clear()
	return false, nil
}

// anew writes that the run begins, and forgets what was done.
func (t *tables) anew(ctx context.Context) error {
	return t.db.Transact(ctx, func(tx Tx) error {
		return errors.Join(
			tx.Exec(ctx, "DELETE FROM "+flowsTable+" WHERE name = "+t.d.Arg(1), t.flow), // which waits for the commit of another run
			tx.Exec(ctx, "DELETE FROM "+doneTable+" WHERE flow = "+t.d.Arg(1), t.flow),
			tx.Exec(ctx, fmt.Sprintf("INSERT INTO %s (name, run, spec, complete) VALUES (%s, %s, %s, 0)", flowsTable, t.d.Arg(1), t.d.Arg(2), t.d.Arg(3)), t.flow, t.run, t.spec),
		)
	})
}

// last is what the database has of the last run.
func (t *tables) last(ctx context.Context) (spec string, complete, there bool, err error) {
	for row, err := range t.db.Query(ctx, "SELECT run, spec, complete FROM "+flowsTable+" WHERE name = "+t.d.Arg(1), t.flow) {
		if err != nil {
			return "", false, false, err
		}
		t.run, _ = row["run"].(string)
		spec, _ = row["spec"].(string)
		there, complete = true, fmt.Sprint(row["complete"]) != "0"
	}
	return spec, complete, there, nil
}

// load reads what is done.
func (t *tables) load(ctx context.Context) error {
	for row, err := range t.db.Query(ctx, "SELECT item, failed FROM "+doneTable+" WHERE flow = "+t.d.Arg(1), t.flow) {
		if err != nil {
			return err
		}
		index, err := wholeOf(row["item"])
		if err != nil {
			return err
		}
		t.done.Add(uint64(index))
		if fmt.Sprint(row["failed"]) != "0" {
			t.failed.Add(uint64(index))
		}
	}
	return nil
}

func wholeOf(v any) (int64, error) {
	n, err := json.Number(fmt.Sprint(v)).Int64()
	if err != nil {
		return 0, fmt.Errorf("%s has an item %v: %w", doneTable, v, err)
	}
	return n, nil
}

// has reports whether an item is done, and not to be done again.
func (t *tables) has(index int64) bool {
	_ = t.mu.Lock(context.Background())
	defer t.mu.Unlock()
	return t.hasLocked(index)
}

func (t *tables) hasLocked(index int64) bool {
	return t.done.Contains(uint64(index)) && !t.failed.Contains(uint64(index))
}

// failures is how many items have failed.
func (t *tables) failures(ctx context.Context) (n int64, err error) {
	for row, err := range t.db.Query(ctx, "SELECT count(*) AS n FROM "+doneTable+" WHERE failed <> 0 AND flow = "+t.d.Arg(1), t.flow) {
		if err != nil {
			return 0, fmt.Errorf("%w: %w", ErrOutput, err)
		}
		if n, err = wholeOf(row["n"]); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// complete says that the run has come to its end.
func (t *tables) complete(ctx context.Context) error {
	if err := t.addEmpty(ctx); err != nil {
		return err
	}
	return t.db.Transact(ctx, func(tx Tx) error {
		return tx.Exec(ctx, "UPDATE "+flowsTable+" SET complete = 1 WHERE name = "+t.d.Arg(1)+" AND run = "+t.d.Arg(2), t.flow, t.run)
	})
}

// A tableLine is what a line says to tables.
type tableLine struct {
	Index int64                        `json:"index"`
	Rows  map[string][]json.RawMessage `json:"rows"`
	Error *lineError                   `json:"error"`

	of *batch.Line
}

type lineError struct {
	Message string `json:"message"`
}

// Commit writes the rows of the lines, and that their items are done, in one
// transaction. When it fails none of that is there. Of an item whose rows the database
// refuses, because of what is in them, it writes that it has failed.
func (t *tables) Commit(ctx context.Context, lines []batch.Line) error {
	if err := t.mu.Lock(ctx); err != nil {
		return err
	}
	defer t.mu.Unlock()
	var fresh []tableLine
	taken := make(map[int64]bool)
	for i := range lines {
		l := &lines[i]
		line, err := readTableLine(l)
		if err != nil {
			return err
		}
		if t.hasLocked(l.Index) || taken[l.Index] {
			continue
		}
		taken[l.Index] = true
		fresh = append(fresh, line)
	}
	if len(fresh) == 0 {
		return nil
	}
	switch err := t.keep(ctx, fresh); {
	case errors.Is(err, ErrState):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", ErrOutput, err)
	}
	return nil
}

// keep writes lines. If the database refuses what is in them it looks for the item that is
// to blame, half by half, so that the others are not lost with it.
func (t *tables) keep(ctx context.Context, lines []tableLine) error {
	err := t.attempt(ctx, lines)
	switch {
	case err != nil && !refused(err):
		return err
	case err != nil && len(lines) > 1:
		half := len(lines) / 2
		if err := t.keep(ctx, lines[:half]); err != nil {
			return err
		}
		return t.keep(ctx, lines[half:])
	case err != nil:
		l := &lines[0]
		l.Rows, l.Error, l.of.Failed = nil, &lineError{t.clean(err.Error())}, true
		if err := t.attempt(ctx, lines); err != nil {
			return err
		}
		t.told(err)
	}
	for _, l := range lines {
		t.done.Add(uint64(l.Index))
		t.failed.Remove(uint64(l.Index))
	}
	return nil
}

// mostClashes is how often a transaction is tried again that another one was in the way of.
const mostClashes = 10

// attempt writes lines in one transaction, or in another one where that may help.
func (t *tables) attempt(ctx context.Context, lines []tableLine) error {
	atOnce, looked, clashes := rowsAtOnce, false, 0
	for {
		err := t.transact(ctx, lines, atOnce)
		switch state := stateOf(err); {
		case state == cardinality && atOnce > 1:
			atOnce = 1
		case slices.Contains(sameMoment, state) && !looked:
			looked = true
			clear(t.columns)
		case strings.HasPrefix(state, "40") && clashes < mostClashes: // a deadlock, which the other one has survived
			clashes++
		default:
			return err
		}
	}
}

// refused reports whether an error is about what is in rows: its code is one of the
// classes for data that are wrong, broken constraints, limits, and what triggers raise.
func refused(err error) bool {
	state := stateOf(err)
	return len(state) == 5 && slices.Contains([]string{"22", "23", "54", "P0"}, state[:2])
}

// A stateError is an error of a database that has a code for it.
type stateError interface {
	error
	SQLState() string
}

// stateOf is the code of an error, empty if it has none.
func stateOf(err error) string {
	if e, ok := errors.AsType[stateError](err); ok {
		return e.SQLState()
	}
	return ""
}

// sameMoment are the codes for a table, or a column, that another process has made at the
// same moment, which IF NOT EXISTS does not see, or taken away. Once more, with what is
// there by then.
var sameMoment = []string{"23505", "42P07", "42701", "42703"}

// cardinality is the code for a statement that would update a row twice: keys that are
// written in two ways, such as 1 and "1", are one in the column. Statements of one row
// each may do that.
const cardinality = "21000"

// noSuchKey is the code for a table that has no index of the key.
const noSuchKey = "42P10"

// transact writes lines in one transaction, so many rows with each statement.
func (t *tables) transact(ctx context.Context, lines []tableLine, atOnce int) error {
	known := make(map[string]map[string]string)
	for name, columns := range t.columns {
		known[name] = maps.Clone(columns)
	}
	err := t.db.Transact(ctx, func(tx Tx) error {
		if err := t.still(ctx, tx); err != nil {
			return err
		}
		if err := t.learn(ctx, lines); err != nil {
			return err
		}
		return t.write(ctx, tx, lines, atOnce)
	})
	if err != nil {
		t.columns = known // what the transaction has made is not there
	}
	return err
}

// still is an error if another run of the flow has begun since: what is done would be taken
// for items of its list. The update keeps one from beginning before the transaction ends.
func (t *tables) still(ctx context.Context, tx Tx) error {
	if err := tx.Exec(ctx, "UPDATE "+flowsTable+" SET run = run WHERE name = "+t.d.Arg(1), t.flow); err != nil {
		return err
	}
	for row, err := range t.db.Query(ctx, "SELECT run FROM "+flowsTable+" WHERE name = "+t.d.Arg(1), t.flow) {
		if err != nil || row["run"] == t.run {
			return err
		}
	}
	return fmt.Errorf("%w: another run of %s has begun in the database since, and this one can't go on: flows that run at the same time need files of different names", ErrState, t.flow)
}

// learn finds out which columns the tables of the lines have. That is another connection,
// so it comes before anything is written: a transaction that has written much locks a file
// of SQLite.
func (t *tables) learn(ctx context.Context, lines []tableLine) error {
	for _, table := range t.of {
		needed := slices.ContainsFunc(lines, func(l tableLine) bool { return len(l.Rows[table.name]) > 0 })
		if !needed || t.columns[table.name] != nil {
			continue
		}
		have := make(map[string]string)
		for row, err := range t.db.Query(ctx, t.d.Columns, table.name) {
			if err != nil {
				return fmt.Errorf("table %s: %w", table.name, err)
			}
			have[foldColumn(t.kind, fmt.Sprint(row["name"]))], _ = row["type"].(string)
		}
		t.columns[table.name] = have
	}
	return nil
}

func readTableLine(l *batch.Line) (tableLine, error) {
	line := tableLine{of: l}
	err := json.Unmarshal(l.Data, &line)
	if err == nil && (line.Index != l.Index || !strings.HasPrefix(string(l.Data), `{"index":`) || strings.Contains(string(l.Data), "\n")) {
		err = fmt.Errorf("it begins with %.40q", l.Data)
	}
	if err != nil {
		return line, fmt.Errorf("%w: item %d: %w", batch.ErrBadLine, l.Index, err)
	}
	return line, nil
}

// mark is the row of doneTable.
func (t *tables) mark(line tableLine) any {
	m := map[string]any{"flow": t.flow, "item": line.Index, "failed": 0}
	if line.of.Failed {
		m["failed"] = 1
		if line.Error != nil {
			m["message"] = strings.ReplaceAll(line.Error.Message, "\x00", "\uFFFD") // which PostgreSQL can't hold
		}
	}
	return m
}

func (t *tables) write(ctx context.Context, tx Tx, lines []tableLine, atOnce int) error {
	for _, table := range t.of {
		var rows []map[string]json.RawMessage
		for _, line := range lines {
			for _, data := range line.Rows[table.name] {
				var row map[string]json.RawMessage
				if err := json.Unmarshal(data, &row); err != nil {
					return fmt.Errorf("table %s: %w", table.name, err)
				}
				rows = append(rows, row)
			}
		}
		if err := t.writeRows(ctx, tx, table, rows, atOnce); err != nil {
			return &StepError{"table " + table.name, err}
		}
	}
	for chunk := range slices.Chunk(lines, rowsAtOnce) {
		marks := make([]any, len(chunk))
		for i, line := range chunk {
			marks[i] = t.mark(line)
		}
		data, err := json.Marshal(marks)
		if err != nil {
			return err
		}
		if err := tx.Exec(ctx, t.d.upsert(doneTable, []string{"flow", "item"}, []string{"flow", "item", "failed", "message"}), string(data)); err != nil {
			return err
		}
	}
	return nil
}

// specDiffers says in what two descriptions of a flow differ.
func specDiffers(was, is string) []batch.Difference {
	var a, b map[string]string
	_ = json.Unmarshal([]byte(was), &a) // what is no such thing differs in everything
	_ = json.Unmarshal([]byte(is), &b)
	all := maps.Clone(a)
	if all == nil {
		all = make(map[string]string)
	}
	maps.Copy(all, b)
	var d []batch.Difference
	for name := range all {
		if a[name] != b[name] {
			d = append(d, batch.Difference{What: name, Was: a[name], Is: b[name]})
		}
	}
	slices.SortFunc(d, func(x, y batch.Difference) int { return cmp.Compare(x.What, y.What) })
	return d
}
