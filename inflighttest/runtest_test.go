package inflighttest_test

import (
	"flag"
	"sync"
	"testing"
)

// runTest runs a test in an example, which has no *testing.T.
func runTest(test func(t *testing.T)) {
	verbose := flag.Lookup("test.v")
	old := verbose.Value.String()
	flag.Set("test.v", "false") // it would write to the example's output
	defer flag.Set("test.v", old)
	var once sync.Once // -test.count and -test.cpu would repeat it
	all := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(all, []testing.InternalTest{{Name: "Test", F: func(t *testing.T) {
		once.Do(func() { test(t) })
	}}}) {
		panic("the test failed")
	}
}
