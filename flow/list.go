package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"

	"github.com/itchyny/gojq"

	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/seen"
	"github.com/inflight-go/inflight/internal/source"
)

// An item is one of the list.
type item struct {
	value any
	key   string
	err   error // why it has failed before anything was done for it
}

// A list is the items of the first step, in an order that stays. What was had of it is
// in a journal, page by page, before it is handed out: so the list is not asked for
// twice, and an item keeps its index, also when the server's list changes. A file is
// its own journal.
type list struct {
	r       *run
	s       *step
	journal *batch.Journal // nil for a sample
	pages   int64          // in the journal
	seen    repeats
	keys    seen.Set // empty without key
	max     any      // of since
	given   int64    // items that were handed out
}

// A listed is a page of the list in the journal.
type listed struct {
	Index int64           `json:"index"`
	Items json.RawMessage `json:"items"`
	Bad   map[int]string  `json:"bad,omitempty"` // why emit has failed for some of them
	Hash  string          `json:"hash,omitempty"`
	Max   json.RawMessage `json:"max,omitempty"`  // with all of its digits
	Next  *position       `json:"next,omitempty"` // nil behind the last
}

func (r *run) newList(s *step) *list {
	return &list{r: r, s: s}
}

// listPath is where the journal of a list is.
func listPath(state string) string { return filepath.Join(state, "list.jsonl") }

// open opens the journal, anew or to go on with it.
func (l *list) open(state string, job batch.Job, resume bool) error {
	if err := makeFolder(state); err != nil {
		return err
	}
	o := l.r.o.Journal
	o.Resume, o.RetryFailed, o.Force, o.CheckpointMin = resume, false, !resume, -1
	var err error
	l.journal, err = batch.Open(listPath(state), job, o)
	return err
}

// all are the items, those of the journal first.
func (l *list) all(ctx context.Context) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		give := func(it item) error {
			if l.r.o.Sample > 0 && l.given == l.r.o.Sample {
				return errEnough
			}
			l.given++
			l.r.o.Progress.listed.Add(1)
			if !yield(it, nil) {
				return errEnough
			}
			return nil
		}
		err := l.each(ctx, give)
		switch {
		case err == nil:
			l.r.o.Progress.all.Store(true)
		case err != errEnough:
			if ctx.Err() == nil && !errors.Is(err, ErrOutput) {
				err = fmt.Errorf("%s: %w: %w", l.s.name, ErrList, err)
			}
			yield(item{}, err)
		}
	}
}

// each calls give for the items.
func (l *list) each(ctx context.Context, give func(item) error) error {
	if l.s.kind() == "file" {
		return l.file(ctx, give)
	}
	at, err := l.replay(give)
	if err != nil || at == nil {
		return err
	}
	if l.s.kind() == "sql" {
		return l.snapshot(ctx, give)
	}
	return l.r.walk(ctx, l.s, scope{vars: l.r.listVars()}, at, &l.seen, func(p *page) error {
		items, err := l.take(p.values)
		if err != nil {
			return inPage(position{No: p.no}, err)
		}
		if err := l.keep(ctx, items, p.hash, p.next); err != nil {
			return err
		}
		return giveAll(items, give)
	})
}

func giveAll(items []item, give func(item) error) error {
	for _, it := range items {
		if err := give(it); err != nil {
			return err
		}
	}
	return nil
}

// item is what a value of the list is.
func (l *list) item(v any) item { return item{value: v, key: keyText(l.keyOf(v))} }

// bad is an item that has failed before anything was done for it.
func (l *list) bad(v any, err error) item {
	return item{value: v, key: keyText(l.keyOf(v)), err: err}
}

// replay gives the items that are in the journal, and returns where the list goes on;
// nil if that was all.
func (l *list) replay(give func(item) error) (*position, error) {
	at := l.s.start()
	if l.journal == nil || l.journal.Stats().Done == 0 {
		return at, nil
	}
	for line, err := range batch.Lines(l.journal.Path()) {
		if err != nil {
			return nil, err
		}
		var p listed
		if err := json.Unmarshal(line.Data, &p); err != nil {
			return nil, fmt.Errorf("%s: page %d: %w", l.journal.Path(), line.Index, err)
		}
		items, err := l.remember(&p)
		if err != nil {
			return nil, fmt.Errorf("%s: page %d: %w", l.journal.Path(), line.Index, err)
		}
		if err := giveAll(items, give); err != nil {
			return nil, err
		}
		at = p.Next
	}
	return at, nil
}

// lost reports whether the journal lacks what a run goes on with: all of the list, or the
// end of a query, which can't be gone on with in the middle. Asked again, the items may be
// others.
func (l *list) lost() (bool, error) {
	ended := l.s.kind() == "file" || l.journal.Stats().Done > 0
	if l.s.kind() != "sql" || !ended {
		return !ended, nil
	}
	for line, err := range batch.Lines(l.journal.Path()) {
		if err != nil {
			return false, err
		}
		var p struct{ Next *position }
		if err := json.Unmarshal(line.Data, &p); err != nil {
			return false, err
		}
		ended = p.Next == nil
	}
	return !ended, nil
}

// remember takes note of a page of the journal, and returns its items.
func (l *list) remember(p *listed) ([]item, error) {
	decoded, err := decodeJSON(p.Items)
	if err != nil {
		return nil, err
	}
	values, _ := decoded.([]any)
	l.pages++
	if p.Next != nil {
		p.Next.URL, p.Next.Cursor = l.r.f.secrets.show(p.Next.URL), l.r.f.secrets.show(p.Next.Cursor)
	}
	// It was checked when it came.
	_ = l.seen.page(l.s, &page{no: l.pages, hash: p.Hash, next: p.Next, values: values})
	items := make([]item, len(values))
	for i, v := range values {
		if why, bad := p.Bad[i]; bad {
			items[i] = l.bad(v, errors.New(why))
			continue
		}
		l.isNew(v)
		items[i] = l.item(v)
	}
	if max, err := decodeJSON(p.Max); err == nil {
		l.max = max
	}
	return items, nil
}

// take makes items of values: it leaves those out whose key was there before. A value that
// emit can make nothing of is an item that has failed.
func (l *list) take(values []any) ([]item, error) {
	if l.s.kind() == "http" && l.s.each == nil && len(values) == 1 {
		if all, ok := values[0].([]any); ok {
			return nil, fmt.Errorf(`the answer is an array of %d: write each: ".[]" to take its items`, len(all))
		}
	}
	items := make([]item, 0, len(values))
	for _, v := range values {
		if err := l.highest(v); err != nil {
			return nil, err
		}
		some, err := emitted(l.s, []any{v})
		if err != nil {
			items = append(items, l.bad(v, err))
			continue
		}
		l.r.counts[l.s].items.Add(int64(len(some)))
		for _, v := range some {
			if l.isNew(v) {
				items = append(items, l.item(v))
			}
		}
	}
	return items, nil
}

// highest takes note of what since asks for.
func (l *list) highest(v any) error {
	since := l.s.since
	if since == nil {
		return nil
	}
	max, err := since.max.Eval(v)
	if err != nil {
		return fmt.Errorf("since %s: %w", since.max, err)
	}
	if max == nil {
		return nil
	}
	if l.max == nil {
		l.max = max
		return nil
	}
	if was, is := request.KindOf(l.max), request.KindOf(max); was != is { // a string is larger than any number to jq
		return fmt.Errorf("since %s: %s is %s, and %s before it is %s: which is larger nobody can say", since.max, shown(max), is, shown(l.max), was)
	}
	if gojq.Compare(max, l.max) > 0 {
		l.max = max
	}
	return nil
}

// shown is a value in a message.
func shown(v any) string {
	text, _ := encode(v) // of what was JSON, which can't fail
	return fmt.Sprintf("%.60s", text)
}

// keyOf is the key of an item, nil where it has none: also where it is of several fields,
// none of which is there.
func (l *list) keyOf(v any) any {
	if l.s.key == nil {
		return nil
	}
	key, err := l.s.key.Eval(v)
	if fields, ok := key.([]any); err != nil || key == "" || ok && !slices.ContainsFunc(fields, func(f any) bool { return f != nil }) {
		return nil
	}
	return key
}

// keyText is a key for people: a text as it is, else JSON.
func keyText(key any) string {
	if text, ok := key.(string); ok || key == nil {
		return text
	}
	return identity(key)
}

// identity tells keys apart, such as 1 and "1". It is empty for what can't be JSON.
func identity(key any) string {
	text, err := encode(key)
	if err != nil {
		return ""
	}
	return string(text)
}

// isNew reports whether no item had the key of this one. What has none is nobody's double.
func (l *list) isNew(v any) bool {
	key := l.keyOf(v)
	if key == nil {
		return true
	}
	text := identity(key)
	return text == "" || l.keys.Add(text)
}

// keep writes a page to the journal.
func (l *list) keep(ctx context.Context, items []item, hash string, next *position) error {
	if l.journal == nil {
		return nil
	}
	p := listed{Index: l.pages, Hash: hash, Bad: make(map[int]string)}
	values := make([]any, len(items))
	for i, it := range items {
		if values[i] = it.value; it.err != nil {
			p.Bad[i] = it.err.Error()
		}
	}
	var err error
	if p.Items, err = encode(values); err != nil {
		return err
	}
	if l.max != nil {
		if p.Max, err = encode(l.max); err != nil {
			return err
		}
	}
	if next != nil {
		hidden := *next
		hidden.URL, hidden.Cursor = l.r.f.secrets.hide(next.URL), l.r.f.secrets.hide(next.Cursor)
		p.Next = &hidden
	}
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	l.pages++
	if err := l.journal.Commit(ctx, []batch.Line{{Index: p.Index, Data: line}}); err != nil {
		return fmt.Errorf("%w: %w", ErrOutput, err)
	}
	return nil
}

// snapshotRows is how many rows of a query are kept together.
const snapshotRows = 500

// snapshot runs the query of the list, keeps all of its rows, and gives them then: a
// query can't be gone on with in the middle.
func (l *list) snapshot(ctx context.Context, give func(item) error) error {
	defer l.r.counts[l.s].begin()()
	var chunk []any
	flush := func(next *position) error {
		items, err := l.take(chunk)
		if err == nil {
			err = l.keep(ctx, items, "", next)
		}
		if err == nil && l.journal == nil {
			err = giveAll(items, give)
		}
		chunk = chunk[:0]
		return err
	}
	err := l.r.rows(ctx, l.s, scope{vars: l.r.listVars()}, func(row map[string]any) error {
		values, err := valuesOf(l.s, row)
		if chunk = append(chunk, values...); err == nil && len(chunk) >= snapshotRows {
			err = flush(&position{No: l.pages + 2})
		}
		return err
	})
	if err == nil {
		err = flush(nil)
	}
	if err != nil || l.journal == nil {
		return err
	}
	l.pages, l.max, l.keys = 0, nil, seen.Set{}
	_, err = l.replay(give)
	return err
}

// file gives the rows of a file. One that can't be read, or that each or emit can make
// nothing of, is an item that has failed: it costs no other.
func (l *list) file(ctx context.Context, give func(item) error) (err error) {
	src, err := source.Open(source.Options{Files: []string{l.s.file.string}, Format: source.Format(l.s.format), Data: true})
	if err != nil {
		return err
	}
	defer func() {
		if e := src.Close(); e != nil {
			err = errors.Join(err, e)
		}
	}()
	for row, err := range src.All(ctx) {
		if err != nil {
			return err
		}
		items, err := l.itemsIn(row)
		if err == nil {
			err = giveAll(items, give)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// itemsIn are the items of a row of a file.
func (l *list) itemsIn(row source.Row) ([]item, error) {
	if row.Err != nil {
		return []item{l.bad(nil, row.Err)}, nil
	}
	values, err := valuesOf(l.s, row.Value)
	if err != nil {
		return []item{l.bad(row.Value, fmt.Errorf("%s:%d: %w", row.File, row.Line, err))}, nil
	}
	items, err := l.take(values)
	for i, it := range items {
		if it.err != nil {
			items[i] = l.bad(it.value, fmt.Errorf("%s:%d: %w", row.File, row.Line, it.err))
		}
	}
	return items, err
}
