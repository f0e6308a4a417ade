package main

import "os"

// Run is the command without the process.
var Run = run

// Applies reports for each row of the table at root what keeps it from being
// applied, nil for nothing, by its name.
func Applies(root, table string) (map[string]error, error) {
	o := options{root: root, table: table}
	mutants, err := o.load()
	if err != nil {
		return nil, err
	}
	found := make(map[string]error)
	for _, m := range mutants {
		text, err := os.ReadFile(root + "/" + m.file)
		if err == nil {
			_, err = m.apply(string(text))
		}
		found[m.name] = err
	}
	return found, nil
}

// Parse returns how many mutants the table has.
func Parse(table string) (int, error) {
	mutants, err := parse(table)
	return len(mutants), err
}
