package debug

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Folded is a snapshot as a tree, with siblings that are alike folded.
type Folded struct {
	Roots []*Branch
	names map[uint64]string // of all tasks
}

// A Branch is a task, or several siblings that are alike: their names differ by
// numbers only, they run the same function, wait for the same kind of thing, and so
// does all that is below them.
type Branch struct {
	Task              // the first of them
	Key      string   // tells the branch from others, also in a later tree
	Label    string   // the name; with * for the numbers in which names differ
	Doing    string   // what they wait for, or their state, in words
	Count    int      // how many there are
	IDs      []uint64 // theirs, the oldest first
	Things   int      // how many different things they wait for, at most
	Shortest time.Duration
	Longest  time.Duration // the longest Wait; Age where nothing is waited for
	Kids     []*Branch     // of the first

	hash uint64
}

// Tree returns the tree of all tasks of this process.
func Tree() *Folded { return take().Tree() }

// Tree folds the snapshot. It takes time and room in proportion to the tasks.
func (s *Snapshot) Tree() *Folded {
	t := &Folded{names: make(map[uint64]string, len(s.Tasks))}
	for i := range s.Tasks {
		t.names[s.Tasks[i].ID] = s.Tasks[i].Name
	}
	open := make(map[uint64]*folding)
	order := make([]*folding, 0, len(s.Tasks))
	for i := range s.Tasks {
		if task := &s.Tasks[i]; open[task.ID] == nil {
			f := &folding{task: task}
			open[task.ID] = f
			order = append(order, f)
		}
	}
	top := &folding{task: new(Task)}
	for i := len(order) - 1; i >= 0; i-- { // what is below before what is above
		f := order[i]
		up := open[f.task.Parent]
		if up == nil || up == f {
			up = top
		}
		up.add(f.close())
	}
	t.Roots = top.close().Kids
	t.finish(t.Roots, hashSeed)
	return t
}

// folding is a branch whose kids are still coming, the youngest first.
type folding struct {
	task *Task
	kids []*Branch
	by   map[uint64]int // where in kids those with a hash are
}

func (f *folding) add(b *Branch) {
	if f.by == nil {
		f.by = make(map[uint64]int)
	}
	at, ok := f.by[b.hash]
	if !ok {
		f.by[b.hash] = len(f.kids)
		f.kids = append(f.kids, b)
		return
	}
	f.kids[at] = b.with(f.kids[at]) // b is older
}

// with folds the younger branch into b.
func (b *Branch) with(younger *Branch) *Branch {
	if b.Label != younger.Label {
		b.Label = pattern(b.Name)
	}
	if b.On != younger.On || younger.Things > 1 {
		b.Things += younger.Things
	}
	b.Count += younger.Count
	b.IDs = append(younger.IDs, b.IDs...) // the youngest first, until they are sorted
	b.Shortest = min(b.Shortest, younger.Shortest)
	b.Longest = max(b.Longest, younger.Longest)
	return b
}

func (f *folding) close() *Branch {
	b := &Branch{Task: *f.task, Label: f.task.Name, Count: 1, IDs: []uint64{f.task.ID}}
	if b.On != 0 && b.On != b.ID {
		b.Things = 1
	}
	b.Longest = b.Age
	if b.Waiting != "" {
		b.Longest = b.Wait
	}
	b.Shortest = b.Longest
	b.Kids = f.kids
	slices.SortFunc(b.Kids, func(x, y *Branch) int { return cmp.Compare(x.ID, y.ID) })
	b.hash = b.shape(hashSeed)
	for _, k := range b.Kids {
		slices.Reverse(k.IDs)
		b.hash = hashNumber(hashNumber(b.hash, k.hash), uint64(k.Count))
	}
	return b
}

// shape hashes what branches that are folded have in common, but for the kids.
func (b *Branch) shape(h uint64) uint64 {
	h = hashText(hashPattern(h, b.Name), b.Kind)
	where := b.File // one function may have several symbols, where the compiler has copied it
	if where == "" {
		where = b.Func
	}
	h = hashText(hashText(hashText(h, where), b.Waiting), b.State)
	if b.Cancelled {
		h = hashByte(h, 1)
	}
	return hashNumber(h, uint64(b.Line))
}

// finish says of each branch what it does, and names it by the way to it.
func (t *Folded) finish(list []*Branch, above uint64) {
	seen := make(map[uint64]int, len(list))
	for _, b := range list {
		h := b.shape(above)
		if n := seen[h]; n > 0 {
			b.Key = fmt.Sprintf("%016x-%d", h, n)
		} else {
			b.Key = fmt.Sprintf("%016x", h)
		}
		seen[h]++
		b.Doing = t.doing(b)
		t.finish(b.Kids, h)
	}
}

// FNV-1a. Names are hashed as they are looked at, and never joined: with many
// siblings that would take minutes.
const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

func hashByte(h uint64, c byte) uint64 { return (h ^ uint64(c)) * hashPrime }

func hashText(h uint64, s string) uint64 {
	for i := range len(s) {
		h = hashByte(h, s[i])
	}
	return hashByte(h, 0xff)
}

func hashNumber(h, n uint64) uint64 {
	for range 8 {
		h = hashByte(h, byte(n))
		n >>= 8
	}
	return h
}

// hashPattern hashes pattern(s).
func hashPattern(h uint64, s string) uint64 {
	digits := false
	for i := range len(s) {
		c := s[i]
		if isDigit(c) {
			if !digits {
				h = hashByte(h, '*')
			}
			digits = true
			continue
		}
		digits = false
		h = hashByte(h, c)
	}
	return hashByte(h, 0xff)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// pattern replaces each number in a name by a star.
func pattern(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if isDigit(s[i]) {
			if i == 0 || !isDigit(s[i-1]) {
				b.WriteByte('*')
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Find returns the branch with the key, nil if there is none.
func (t *Folded) Find(key string) (found *Branch) {
	t.Lines(func(_ string, b *Branch) bool {
		if b.Key == key {
			found = b
		}
		return found == nil
	})
	return found
}

// Filter returns the branches that have the text in their name, what they do, their
// function or its place, with those above them. Case does not matter.
func (t *Folded) Filter(text string) *Folded {
	return &Folded{Roots: keep(t.Roots, strings.ToLower(text)), names: t.names}
}

func keep(list []*Branch, text string) (kept []*Branch) {
	for _, b := range list {
		kids := keep(b.Kids, text)
		if len(kids) > 0 || b.has(text) {
			some := *b
			some.Kids = kids
			kept = append(kept, &some)
		}
	}
	return kept
}

func (b *Branch) has(text string) bool {
	for _, s := range [...]string{b.Label, b.Name, b.Doing, b.Func, b.Where(), b.Kind} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

// Doing says what the task waits for, or what state it is in, in words. The names of
// other tasks are looked up in names, by their IDs.
func (t *Task) Doing(names map[uint64]string) string {
	return (&Folded{names: names}).doing(&Branch{Task: *t})
}
