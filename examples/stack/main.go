// Stack opens a folder, a database in it and transactions, and ends them in the reverse
// order, however the work has ended. In asyncio that is AsyncExitStack, with
// enter_async_context, push_async_exit, and pop_all for what outlives the function that
// opened it. A cleanup here gets a context that a cancellation does not end: a transaction
// is rolled back, too, when the user has gone.
//
//	go run ./examples/stack
//
// Output:
//
//	committed: <nil>
//	rolled back: no room in the cellar
//	rolled back: the user has gone
//	1 bottle, of 1998
//	database closed
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver

	"github.com/inflight-go/inflight"
)

// A cellar is a database, and all that has to be closed with it.
type cellar struct {
	db *sql.DB
	*inflight.Stack
}

// open opens a cellar, or nothing.
func open(ctx context.Context) (_ *cellar, err error) {
	var s inflight.Stack
	defer s.Close(ctx, &err) // finds nothing to do after Move
	dir, err := inflight.Enter(ctx, &s, makeFolder)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "wine.db"))
	if err != nil {
		return nil, err
	}
	s.Defer(func(context.Context) error {
		defer fmt.Println("database closed")
		return db.Close()
	})
	if _, err := db.ExecContext(ctx, "CREATE TABLE bottles (year INT)"); err != nil {
		return nil, err // the database is closed, and the folder removed
	}
	return &cellar{db, s.Move()}, nil
}

func makeFolder(context.Context) (dir string, remove func(context.Context) error, err error) {
	dir, err = os.MkdirTemp("", "stack")
	return dir, func(context.Context) error { return os.RemoveAll(dir) }, err
}

// store writes a row, which stays if agree does.
func (c *cellar) store(ctx context.Context, year int, agree func() error) (err error) {
	var s inflight.Stack
	defer s.Close(ctx, &err)
	tx, err := c.db.BeginTx(context.WithoutCancel(ctx), nil) // the stack ends it
	if err != nil {
		return err
	}
	s.Push(func(_ context.Context, err error) error { // err is that of the work
		if err != nil {
			fmt.Print("rolled back: ")
			return errors.Join(err, tx.Rollback())
		}
		fmt.Print("committed: ")
		return tx.Commit()
	})
	if _, err := tx.ExecContext(ctx, "INSERT INTO bottles VALUES ($1)", year); err != nil {
		return err
	}
	return agree()
}

func main() { inflight.Main(run) }

func run(ctx context.Context) (err error) {
	c, err := open(ctx)
	if err != nil {
		return err
	}
	defer c.Close(ctx, &err)

	fmt.Println(c.store(ctx, 1998, func() error { return nil }))
	fmt.Println(c.store(ctx, 2005, func() error { return errors.New("no room in the cellar") }))
	user, leave := context.WithCancelCause(ctx)
	fmt.Println(c.store(user, 2010, func() error {
		leave(errors.New("the user has gone"))
		return context.Cause(user)
	}))

	var n, year int
	err = c.db.QueryRowContext(ctx, "SELECT count(*), min(year) FROM bottles").Scan(&n, &year)
	fmt.Printf("%d bottle, of %d\n", n, year)
	return err
}
