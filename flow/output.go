package flow

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/inflight-go/inflight/internal/request"
)

// The orders of rows.
const (
	orderCompletion = "completion"
	orderInput      = "input"
)

// output is where rows go: a file, or tables of a database.
type output struct {
	at       place
	file     text
	csv      bool
	database dsn
	tables   []*table
	columns  []string // of a file of CSV
	order    string
}

// A table gets the rows that an expression makes.
type table struct {
	name    string
	at      place
	key     []string
	keyAt   place
	rows    *request.Expr // nil: the row
	columns []string      // nil: what the first rows have
	types   map[string]string
}

// columnTypes are what a column can be.
var columnTypes = []string{"text", "int", "float", "bool", "json", "time"}

var outputHints = map[string]string{
	"format": "the end of the file's name says it: .jsonl, .csv",
	"from":   "rows are made of the items of the list, with all steps joined",
	"db":     "sqlite: FILE or postgres: URL says which database",
	"select": "select stands beside output, not in it",
}

func (p *flowReader) readOutput(n ast.Node) {
	o := &p.f.output
	o.at, p.outputAt, o.order = placeOf(n), placeOf(n), orderCompletion
	one := &table{at: placeOf(n)}
	var name text
	var fileAt, tablesAt, columnsAt place
	meant := p.mapping(n, "an output", outputHints,
		field{"file", func(n ast.Node) { fileAt = placeOf(n); p.plain(&o.file, "the name of a file")(n) }},
		field{"sqlite", p.readDSN(&o.database, "sqlite")},
		field{"postgres", p.readDSN(&o.database, "postgres")},
		field{"table", p.plain(&name, "the name of a table")},
		field{"key", p.readKey(one)},
		field{"columns", func(n ast.Node) { columnsAt = placeOf(n); p.readColumns(one, n) }},
		field{"tables", func(n ast.Node) { tablesAt = placeOf(n); p.readTables(n) }},
		field{"order", p.word(&o.order, orderCompletion, orderInput)},
	)
	one.name = name.string
	switch {
	case o.file.string != "" && o.database.driver != "":
		p.fault(o.file.at, "file beside %s: want one output", o.database.driver)
	case o.file.string != "":
		p.fileOutput(one, name, tablesAt, columnsAt)
	case !isMapping(n) || fileAt != (place{}) || meant["file"] || meant["sqlite"] || meant["postgres"]: // which was said
	case o.database.driver == "":
		p.fault(o.at, "want file, sqlite or postgres: where rows go")
	case meant["table"] || meant["tables"]: // it is not known what to look for
	case tablesAt == (place{}) && name.string == "":
		p.fault(o.at, "want the table that rows are written to, and its key, such as table: users, key: id")
	case tablesAt != (place{}):
		if name.string != "" || one.key != nil || one.columns != nil {
			p.fault(tablesAt, "tables beside table, key or columns: want either")
		}
	default:
		p.tableName(name.string, name.at)
		if one.at = name.at; one.key == nil && one.keyAt == (place{}) && !meant["key"] {
			p.fault(name.at, "the table %q needs a key: the columns by which a row is known again", one.name)
		}
		o.tables = append(o.tables, one)
	}
}

// lineFiles are the ends of the names of files with a row on each line.
var lineFiles = []string{".jsonl", ".ndjson"}

// extension is the end of a file's name, without what it is packed by.
func extension(name string) string {
	return filepath.Ext(strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst"))
}

// fits says why another file can't stand for the output; empty stands for none.
func (o *output) fits(name string) error {
	kind := extension(name)
	other := o.csv != (kind == ".csv") || !o.csv && kind != "" && !slices.Contains(lineFiles, kind)
	switch {
	case name == "":
	case name == "-":
		return fmt.Errorf("%w: stdout can't be gone on with: name a file, or look at some rows by a sample", ErrOutput)
	case o.database.driver == "postgres":
		return fmt.Errorf("%w: rows go to PostgreSQL, and %s is a file", ErrOutput, name)
	case o.database.driver == "sqlite" && (kind == ".csv" || slices.Contains(lineFiles, kind)):
		return fmt.Errorf("%w: rows go to a file of SQLite, and %s is called as one of lines", ErrOutput, name)
	case o.database.driver == "" && other:
		return fmt.Errorf("%w: %s is not of the kind of the flow's own, %s", ErrOutput, name, o.file.string)
	}
	return nil
}

// fileOutput checks the fields of an output that is a file.
func (p *flowReader) fileOutput(one *table, name text, tablesAt, columnsAt place) {
	o := &p.f.output
	switch kind := extension(o.file.string); {
	case kind == ".csv":
		o.csv, o.columns = true, one.columns
	case slices.Contains(lineFiles, kind):
		if columnsAt != (place{}) {
			p.fault(columnsAt, "columns are for tables and CSV; select says what is in a row")
		}
	default:
		p.fault(o.file.at, "what is %q to be? want a name that ends in .jsonl or .csv, and maybe .gz or .zst", o.file.string)
	}
	for _, at := range []place{name.at, tablesAt, one.keyAt} {
		if at != (place{}) {
			p.fault(at, "table, tables and key are for databases: a file has one row for each item of the list")
		}
	}
}

func (p *flowReader) readKey(t *table) func(ast.Node) {
	return func(n ast.Node) {
		t.keyAt = placeOf(n)
		before := len(p.faults)
		p.list(n, func(n ast.Node) {
			if name, ok := p.scalar(n, "the name of a column"); ok {
				if strings.HasPrefix(name.string, ".") {
					p.fault(name.at, "the key %q: want the name of a column, %q", name.string, strings.TrimPrefix(name.string, "."))
				}
				p.column(&t.key, "key", name.string, name.at)
			}
		})
		if t.key == nil && len(p.faults) == before {
			p.fault(t.keyAt, "a key needs a column, by which a row is known again")
		}
	}
}

// readColumns reads a list of names, or names with types.
func (p *flowReader) readColumns(t *table, n ast.Node) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		t.types = make(map[string]string)
		p.pairs(n, "columns", func(name string, at place, value ast.Node) {
			var kind string
			p.word(&kind, columnTypes...)(value)
			p.column(&t.columns, "columns", name, at)
			t.types[name] = kind
		})
	default:
		p.list(n, func(n ast.Node) {
			if name, ok := p.scalar(n, "the name of a column"); ok {
				p.column(&t.columns, "columns", name.string, name.at)
			}
		})
	}
}

// column adds a name to key or columns.
func (p *flowReader) column(to *[]string, what, name string, at place) {
	if err := checkColumn(name); err != nil {
		p.fault(at, "%v", err)
	} else if slices.Contains(*to, name) {
		p.fault(at, "%s has %q twice", what, name)
	}
	*to = append(*to, name)
}

// tableName checks the name of a table.
func (p *flowReader) tableName(name string, at place) {
	if name == "" {
		p.fault(at, "a table needs a name")
	}
	if lower := strings.ToLower(name); lower == flowsTable || lower == doneTable {
		p.fault(at, "the table %q is the one in which flows write down what is done: give it another name", name)
	}
}

func (p *flowReader) readTables(n ast.Node) {
	p.pairs(n, "tables", func(name string, at place, value ast.Node) {
		t := &table{name: name, at: at}
		p.tableName(name, at)
		meant := p.mapping(value, "a table", nil,
			field{"key", p.readKey(t)},
			field{"rows", p.expr(&t.rows)},
			field{"columns", func(n ast.Node) { p.readColumns(t, n) }},
		)
		if t.key == nil && t.keyAt == (place{}) && !meant["key"] && isMapping(value) {
			p.fault(at, "the table %q needs a key: the columns by which a row is known again", name)
		}
		p.f.output.tables = append(p.f.output.tables, t)
	})
}
