package locks

import "fmt"

// describe is what all the String methods return.
func describe(kind, state string, waiters int) string {
	if waiters == 0 {
		return fmt.Sprintf("%s [%s]", kind, state)
	}
	return fmt.Sprintf("%s [%s, waiters:%d]", kind, state, waiters)
}
