// Package postgres is the driver of flows for PostgreSQL.
//
//	flow.Options{Drivers: map[string]flow.Driver{"postgres": postgres.Driver{}}}
package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/inflight-go/inflight/flow"
)

// Driver is the driver. The zero value is ready.
type Driver struct{}

// connectTime is how long it may take to connect.
const connectTime = 15 * time.Second

// Open connects to a database. The name is a URL, or what else libpq knows; an error has
// no password in it.
func (Driver) Open(ctx context.Context, name string, conns int) (flow.Database, error) {
	config, err := pgxpool.ParseConfig(name)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(max(conns, 1) + 1) // one writes
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, connectTime, fmt.Errorf("no connection within %v", connectTime))
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, caused(ctx, err)
	}
	return &database{pool}, nil
}

// database is a pool of connections.
type database struct{ pool *pgxpool.Pool }

// caused is the cause of ctx, if that is why a statement has failed.
func caused(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Query runs a query, whose rows the server makes JSON of: so numbers, times and arrays
// are what they are there. It has to be one that may stand in brackets: SELECT, WITH,
// VALUES.
func (d *database) Query(ctx context.Context, query string, args ...any) iter.Seq2[map[string]any, error] {
	return func(yield func(map[string]any, error) bool) {
		query = strings.TrimRight(query, "; \t\r\n")
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		rows, err := d.pool.Query(ctx, "SELECT row_to_json(q)::text FROM (\n"+query+"\n) AS q", texts(args)...)
		if err != nil {
			yield(nil, caused(ctx, err))
			return
		}
		defer func() {
			cancel() // to close them alone would read all that are left
			rows.Close()
		}()
		for first := true; rows.Next(); first = false {
			row, err := scan(rows, first)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, caused(ctx, err))
		}
	}
}

// scan reads a row. All have the names of the first.
func scan(rows pgx.Rows, first bool) (row map[string]any, err error) {
	var text []byte
	if err := rows.Scan(&text); err != nil {
		return nil, err
	}
	if first {
		if err := named(text); err != nil {
			return nil, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&row)
	return row, err
}

// named is an error if two columns have one name: a row would have only one of them.
func named(row []byte) error {
	d := json.NewDecoder(bytes.NewReader(row))
	seen := make(map[json.Token]bool)
	_, err := d.Token() // the bracket
	for err == nil && d.More() {
		var name json.Token
		if name, err = d.Token(); err != nil {
			break
		}
		if seen[name] {
			return fmt.Errorf("two columns of the query have the name %q: give one another by AS", name)
		}
		seen[name] = true
		var value json.RawMessage
		err = d.Decode(&value)
	}
	return err
}

// texts are the arguments as texts: the server knows what they are to be.
func texts(args []any) []any {
	all := make([]any, len(args))
	for i, v := range args {
		switch v := v.(type) {
		case int64:
			all[i] = strconv.FormatInt(v, 10)
		case float64:
			all[i] = strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			all[i] = strconv.FormatBool(v)
		default:
			all[i] = v
		}
	}
	return all
}

// Transact writes in a transaction.
func (d *database) Transact(ctx context.Context, write func(flow.Tx) error) error {
	tx, err := d.pool.Begin(ctx)
	if err != nil {
		return caused(ctx, err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // of what was not committed, also when write panics
	if err := write(transaction{tx}); err != nil {
		return caused(ctx, err)
	}
	return caused(ctx, tx.Commit(ctx))
}

// transaction is one that is open.
type transaction struct{ tx pgx.Tx }

// Exec runs a statement.
func (t transaction) Exec(ctx context.Context, statement string, args ...any) error {
	_, err := t.tx.Exec(ctx, statement, texts(args)...)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(e.Code, "22") { // data exceptions
		return fmt.Errorf("%w; a column that is made has the type of its first value: say another one in columns, or convert the value in select", err)
	}
	return err
}

// Dialect is that of PostgreSQL.
func (d *database) Dialect() flow.Dialect {
	return flow.Dialect{
		Arg:   func(n int) string { return "$" + strconv.Itoa(n) },
		Types: map[string]string{"text": "TEXT", "int": "BIGINT", "float": "DOUBLE PRECISION", "bool": "BOOLEAN", "json": "JSONB", "time": "TIMESTAMPTZ"},
		Columns: `SELECT attname AS name FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid = to_regclass(
			(SELECT string_agg(quote_ident(part), '.' ORDER BY i) FROM unnest(string_to_array($1, '.')) WITH ORDINALITY AS p(part, i)))`,
		Rows: func(table string, columns, _ []string, arg string) string {
			return fmt.Sprintf("SELECT %s FROM json_populate_recordset(NULL::%s, %s::json)", strings.Join(columns, ", "), table, arg)
		},
	}
}

// Close closes all connections.
func (d *database) Close() error {
	d.pool.Close()
	return nil
}
