// Database runs five queries at once, on at most three connections, and gives one up that
// does not end. In asyncio that is a driver made for it, such as asyncpg or aiosqlite,
// with a pool. Here it is database/sql, whose connections are a pool, and whose queries
// take a context. Without EXAMPLE_DATABASE_URL it asks SQLite, which is in the program, and else
// PostgreSQL, where it makes the table inflight_example, and drops it at the end.
//
//	go run ./examples/database
//	EXAMPLE_DATABASE_URL=postgres://localhost/test go run ./examples/database
//
// Output:
//
//	[1050 1070 1090 1110 1130] cents in 5 shops
//	a query without end: the user has gone
//	100 orders are still there
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"github.com/inflight-go/inflight"
)

func main() { inflight.Main(run) }

func run(ctx context.Context) (err error) {
	var s inflight.Stack
	defer s.Close(ctx, &err)
	driver, name := "pgx", os.Getenv("EXAMPLE_DATABASE_URL")
	if name == "" {
		dir, err := os.MkdirTemp("", "database")
		if err != nil {
			return err
		}
		s.Defer(func(context.Context) error { return os.RemoveAll(dir) })
		driver, name = "sqlite", filepath.Join(dir, "shops.db")
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return err
	}
	s.Defer(func(context.Context) error { return db.Close() })
	db.SetMaxOpenConns(3)

	if _, err := db.ExecContext(ctx, "CREATE TABLE inflight_example (shop INT, cents INT)"); err != nil {
		return err
	}
	s.Defer(func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, "DROP TABLE inflight_example")
		return err
	})
	if err := fill(ctx, db); err != nil {
		return err
	}
	return ask(ctx, db)
}

// fill writes a hundred orders, all or none.
func fill(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	for i := range 100 {
		if _, err := tx.ExecContext(ctx, "INSERT INTO inflight_example VALUES ($1, $2)", i%5, 5+i); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// ask asks for all shops at once.
func ask(ctx context.Context, db *sql.DB) error {
	shops := []int{0, 1, 2, 3, 4}
	sums, err := inflight.Map(ctx, shops, inflight.Unlimited, func(ctx context.Context, shop int) (cents int, err error) {
		err = db.QueryRowContext(ctx, "SELECT sum(cents) FROM inflight_example WHERE shop = $1", shop).Scan(&cents)
		return cents, err
	})
	if err != nil {
		return err
	}
	fmt.Println(sums, "cents in", len(shops), "shops")

	user, cancel := context.WithTimeoutCause(ctx, 100*time.Millisecond, errors.New("the user has gone"))
	defer cancel()
	var n int
	err = db.QueryRowContext(user, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n").Scan(&n)
	if user.Err() == nil {
		return err
	}
	fmt.Println("a query without end:", context.Cause(user))

	err = db.QueryRowContext(ctx, "SELECT count(*) FROM inflight_example").Scan(&n)
	fmt.Println(n, "orders are still there")
	return err
}
