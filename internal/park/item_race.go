//go:build race

package park

import "sync/atomic"

// SetItem says which item a worker runs now.
func (n *Node) SetItem(i int) { atomic.StoreUintptr(&n.pc, uintptr(i)) }

func (n *Node) item() int { return int(atomic.LoadUintptr(&n.pc)) }
