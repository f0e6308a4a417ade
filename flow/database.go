package flow

import (
	"context"
	"iter"
)

// A Driver opens databases of one kind.
type Driver interface {
	// Open connects to a database; name is what the flow says, the name of a file or a
	// URL. conns is how many queries may run at once, beside one transaction. The end of
	// ctx, that of Run, does not close the database: Run calls Close, once.
	Open(ctx context.Context, name string, conns int) (Database, error)
}

// A Database is what sql steps read from, and what rows are written to. Its methods may
// be called by any number of goroutines at once.
type Database interface {
	// Query runs a query and yields its rows, as JSON would be decoded: strings, numbers (int,
	// float64 or json.Number, and no other type), booleans, nil, map[string]any and []any;
	// Run panics for a value of another type. An error comes last, with a nil row. The rows
	// end early when the caller wants no more, and when ctx ends, with its cause: Run waits
	// for that. The args are strings, int64, float64, booleans and nil.
	Query(ctx context.Context, query string, args ...any) iter.Seq2[map[string]any, error]
	// Transact calls write in a transaction, which is committed if write returns nil: then
	// all that it did is durable when Transact returns nil, and else none of it is there.
	// Its error has that of write in it, for errors.Is and As. Meanwhile Query is called,
	// by write, too.
	Transact(ctx context.Context, write func(tx Tx) error) error
	// Dialect says how statements are written.
	Dialect() Dialect
	// Close closes the database.
	Close() error
}

// A Tx is a transaction. It is for one goroutine. An error with a method SQLState() string
// whose class is 22, 23, 54 or P0 is about what is in the rows, which fails their item;
// any other ends the run.
type Tx interface {
	Exec(ctx context.Context, statement string, args ...any) error
}

// A Dialect is in what databases differ.
type Dialect struct {
	// Arg is how the nth argument is written, from 1.
	Arg func(n int) string
	// Types has the type for each of text, int, float, bool, json and time.
	Types map[string]string
	// Columns is a query for the columns of the table that is its argument, as the flow
	// names it; its rows have a column "name", and maybe "type", and there are none for no
	// such table.
	Columns string
	// Rows is the part of an INSERT that makes rows of the argument, which is a text: an
	// array of JSON objects. table and columns are quoted.
	Rows func(table string, columns []string, names []string, arg string) string
}
