// Package sqlite is the driver of flows for files of SQLite. It needs nothing installed:
// SQLite is in it.
//
//	flow.Options{Drivers: map[string]flow.Driver{"sqlite": sqlite.Driver{}}}
package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/inflight-go/inflight/flow"
)

// Driver is the driver. The zero value is ready.
type Driver struct{}

// busy is how long a statement waits for one of another process, in milliseconds.
const busy = 30_000

// Open opens a file, which is made by the first transaction if it is not there: a query
// of a file that is not there fails with fs.ErrNotExist. A file that is made keeps a
// write-ahead log; of one that is there nothing is changed.
func (Driver) Open(ctx context.Context, name string, conns int) (flow.Database, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	_, err := os.Stat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	d := &database{name: name, fresh: err != nil}
	if d.readers, err = sql.Open("sqlite", source(name, "")); err != nil {
		return nil, err
	}
	d.readers.SetMaxOpenConns(max(conns, 1))
	return d, nil
}

// source is the name of a file as the driver wants it.
func source(name, more string) string {
	if filepath.VolumeName(name) != "" {
		name = "/" + filepath.ToSlash(name)
	}
	return fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)&_pragma=synchronous(FULL)%s", (&url.URL{Path: filepath.ToSlash(name)}).EscapedPath(), busy, more)
}

// database is a file of SQLite: connections that read, and one that writes.
type database struct {
	name    string
	fresh   bool // it was not there
	readers *sql.DB

	mu     sync.Mutex
	writer *sql.DB // nil before the first transaction
}

// Query runs a query.
func (d *database) Query(ctx context.Context, query string, args ...any) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		if _, err := os.Stat(d.name); err != nil {
			yield(nil, err)
			return
		}
		conn, err := d.readers.Conn(ctx)
		if err != nil {
			yield(nil, caused(ctx, err))
			return
		}
		defer conn.Close()
		rows, columns, err := run(ctx, conn, query, args)
		if err != nil {
			yield(nil, caused(ctx, err))
			return
		}
		defer rows.Close()
		err = named(columns)
		for err == nil && rows.Next() {
			var row map[string]any
			if row, err = scan(rows, columns); err == nil && !yield(row, nil) {
				return
			}
		}
		if err = errors.Join(err, rows.Err()); err != nil {
			yield(nil, caused(ctx, err))
		}
	}
}

// named is an error if two columns have one name: a row would have only one of them.
func named(columns []string) error {
	for i, name := range columns {
		if slices.Contains(columns[:i], name) {
			return fmt.Errorf("two columns of the query have the name %q: give one another by AS", name)
		}
	}
	return nil
}

// run runs a query. The driver makes times of texts in columns that are declared DATE,
// DATETIME or TIMESTAMP, and what was written is lost: a time that is compared with others
// in the file has to be spelled as they are. A column of a query around that one is
// declared nothing; what can't stand in a query, such as a PRAGMA, stays as it is.
func run(ctx context.Context, conn *sql.Conn, query string, args []any) (*sql.Rows, []string, error) {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	columns, err := rows.Columns()
	if err != nil {
		return nil, nil, errors.Join(err, rows.Close())
	}
	if !times(rows) {
		return rows, columns, nil
	}
	plain, err := conn.QueryContext(ctx, undeclared(query, columns), args...)
	if err != nil {
		return rows, columns, nil
	}
	if err := rows.Close(); err != nil {
		return nil, nil, errors.Join(err, plain.Close())
	}
	return plain, columns, nil
}

// times reports whether the driver may make times of what is in a column.
func times(rows *sql.Rows) bool {
	types, _ := rows.ColumnTypes() // without them there are none
	return slices.ContainsFunc(types, func(t *sql.ColumnType) bool {
		return slices.Contains([]string{"DATE", "DATETIME", "TIMESTAMP"}, t.DatabaseTypeName())
	})
}

// undeclared is a query for the same, whose columns are declared nothing: a sign in front
// does that, and changes no value.
func undeclared(query string, columns []string) string {
	names, values := make([]string, len(columns)), make([]string, len(columns))
	for i := range columns {
		names[i] = "c" + strconv.Itoa(i)
		values[i] = "+" + names[i]
	}
	return fmt.Sprintf("WITH q(%s) AS (\n%s\n) SELECT %s FROM q", strings.Join(names, ", "), strings.TrimRight(query, "; \t\r\n"), strings.Join(values, ", "))
}

// caused is the cause of ctx, if that is why a statement has failed.
func caused(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// scan reads a row.
func scan(rows *sql.Rows, columns []string) (map[string]any, error) {
	values, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		to[i] = &values[i]
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	row := make(map[string]any, len(columns))
	for i, name := range columns {
		if text, ok := values[i].(string); ok && !utf8.ValidString(text) { // JSON would have other characters
			return nil, fmt.Errorf("a text in the column %q is not in UTF-8: CAST(… AS BLOB) gives its bytes in base64", name)
		}
		row[name] = decoded(values[i])
	}
	return row, nil
}

// decoded is a value as JSON would be decoded.
func decoded(v any) any {
	switch v := v.(type) {
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return base64.StdEncoding.EncodeToString(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return v
}

// Transact writes in a transaction.
func (d *database) Transact(ctx context.Context, write func(flow.Tx) error) error {
	d.mu.Lock()
	if d.writer == nil {
		more := "&_txlock=immediate"
		if d.fresh {
			more += "&_pragma=journal_mode(WAL)"
		}
		writer, err := sql.Open("sqlite", source(d.name, more))
		if err != nil {
			d.mu.Unlock()
			return err
		}
		writer.SetMaxOpenConns(1)
		d.writer = writer
	}
	d.mu.Unlock()
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	if err != nil {
		return caused(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // of what was not committed, also when write panics
	if err := write(transaction{tx}); err != nil {
		return caused(ctx, err)
	}
	return caused(ctx, ofRows(tx.Commit())) // which may check foreign keys
}

// transaction is one that is open.
type transaction struct{ tx *sql.Tx }

// Exec runs a statement.
func (t transaction) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := t.tx.ExecContext(ctx, statement, args...)
	return ofRows(err)
}

// rowsError is an error about what is in rows, or is not in their table, with the code that
// other databases have for it.
type rowsError struct {
	error
	state string
}

// Unwrap returns the error of SQLite.
func (e *rowsError) Unwrap() error { return e.error }

// SQLState is the code.
func (e *rowsError) SQLState() string { return e.state }

// ofRows is a rowsError for an error that is one, or that says that another process has
// changed the columns of a table, or that it has no key: for that SQLite has words, and no
// code.
func ofRows(err error) error {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xFF {
	case lib.SQLITE_ERROR:
		switch text := err.Error(); {
		case strings.Contains(text, "duplicate column name: "):
			return &rowsError{err, "42701"}
		case strings.Contains(text, " has no column named "):
			return &rowsError{err, "42703"}
		case strings.Contains(text, "ON CONFLICT clause does not match"):
			return &rowsError{err, "42P10"}
		case strings.Contains(text, "malformed JSON"): // which it calls what has more than 1000 levels
			return &rowsError{fmt.Errorf("%w: a row may have 1000 levels in one another", err), "22032"}
		case strings.Contains(text, "too many columns"):
			return &rowsError{err, "54011"}
		}
	case lib.SQLITE_CONSTRAINT:
		return &rowsError{err, "23000"}
	case lib.SQLITE_TOOBIG:
		return &rowsError{err, "22001"}
	case lib.SQLITE_MISMATCH:
		return &rowsError{fmt.Errorf("%w: a key that is made of a whole number takes nothing else: say its type in columns, such as text, or convert the value in select", err), "22000"}
	}
	return err
}

// Dialect is that of SQLite.
func (d *database) Dialect() flow.Dialect {
	return flow.Dialect{
		Arg:   func(int) string { return "?" },
		Types: map[string]string{"text": "TEXT", "int": "INTEGER", "float": "REAL", "bool": "INTEGER", "json": "TEXT", "time": "TEXT"},
		Columns: `SELECT name, type FROM pragma_table_xinfo(substr(?1, instr(?1, '.') + 1),
			CASE WHEN instr(?1, '.') > 0 THEN substr(?1, 1, instr(?1, '.') - 1) END)`, // main.users is users
		Rows: func(_ string, _, names []string, arg string) string {
			parts := make([]string, len(names))
			for i, name := range names {
				parts[i] = `json_extract(value, '$."` + strings.ReplaceAll(name, "'", "''") + `"')`
			}
			return "SELECT " + strings.Join(parts, ", ") + " FROM json_each(" + arg + ") WHERE true" // without a WHERE, ON would be that of a join
		},
	}
}

// Close closes the file.
func (d *database) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.readers.Close()
	if d.writer != nil {
		err = errors.Join(err, d.writer.Close())
	}
	return err
}
