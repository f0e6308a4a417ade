package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/inflight-go/inflight"
	"github.com/inflight-go/inflight/batch"
	"github.com/inflight-go/inflight/session"
)

// mostNested is how many items of a step that has steps of its own are worked on at
// once, within one item of the list.
const mostNested = 8

// mostItems is how many items a step that is joined may have.
const mostItems = 1_000_000

// A StepError says which step failed.
type StepError struct {
	Step string
	Err  error
}

// Error names the step.
func (e *StepError) Error() string { return e.Step + ": " + e.Err.Error() }

// Unwrap returns what went wrong.
func (e *StepError) Unwrap() error { return e.Err }

// skipped is a StepError that leaves the item out.
type skipped struct{ StepError }

// work makes the line of an item. It returns an error only when the item is not done.
func (r *run) work(ctx context.Context, u batch.Unit[item]) ([]byte, error) {
	line, err := r.lineOf(ctx, u)
	switch {
	case err == nil:
		return line, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, session.ErrDraining):
		return nil, batch.Again(0, err)
	}
	r.o.Progress.fail(err, r.f.secrets.clean)
	_, failed := errors.AsType[*StepError](err) // which goes before what is left out
	if s, ok := errors.AsType[*skipped](err); ok && !failed {
		r.o.Progress.left.Add(1)
		return skippedLine(u.Index, r.f.secrets.clean(s.Error())), nil
	}
	return failedLine(u.Index, u.Row.key, err, r.f.secrets.clean), nil
}

// lineOf is the line of an item that has not failed.
func (r *run) lineOf(ctx context.Context, u batch.Unit[item]) ([]byte, error) {
	if u.Row.err != nil {
		return nil, &StepError{r.f.list.name, u.Row.err}
	}
	joined, err := r.join(ctx, r.f.list, scope{vars: r.vars}, u.Row.value)
	if err != nil {
		return nil, err
	}
	return r.row(u, joined)
}

// join is an item with what the steps got that are for it: they run at the same time, in
// a scope of the item.
func (r *run) join(ctx context.Context, s *step, sc scope, value any) (any, error) {
	if len(s.children) == 0 {
		return value, nil
	}
	sc = sc.with(s, value)
	got := make([]any, len(s.children))
	err := inflight.Run(ctx, func(ctx context.Context, g *inflight.TaskGroup) error {
		for i, child := range s.children {
			g.Go(func(ctx context.Context) (err error) {
				got[i], err = r.child(ctx, child, sc)
				return err
			}, inflight.Name(child.name))
		}
		return nil
	}, inflight.Label(s.name))
	if err != nil {
		return nil, err
	}
	joined := make(map[string]any, len(got)+1)
	if fields, ok := value.(map[string]any); ok {
		maps.Copy(joined, fields)
	} else {
		joined["item"] = value
	}
	for i, child := range s.children {
		joined[child.name] = got[i]
	}
	return joined, nil
}

// child is what a step gets for one item: a list, or one value.
func (r *run) child(ctx context.Context, s *step, sc scope) (any, error) {
	items, err := r.itemsOf(ctx, s, sc)
	if err != nil {
		return r.failed(ctx, s, err)
	}
	r.counts[s].items.Add(int64(len(items)))
	if len(s.children) > 0 {
		items, err = inflight.Map(ctx, items, mostNested, func(ctx context.Context, item any) (any, error) {
			return r.join(ctx, s, sc, item)
		})
		if err != nil {
			return nil, cause(err)
		}
	}
	if s.collect == collectOne {
		if len(items) == 0 {
			return nil, nil
		}
		return items[0], nil
	}
	return items, nil
}

// cause is what a step failed with, without what the way there has added.
func cause(err error) error {
	if s, ok := errors.AsType[*StepError](err); ok {
		return s
	}
	if s, ok := errors.AsType[*skipped](err); ok {
		return s
	}
	return err
}

// itemsOf gets all items of a step.
func (r *run) itemsOf(ctx context.Context, s *step, sc scope) (items []any, err error) {
	if s.kind() == "sql" {
		items, err = r.query(ctx, s, sc)
	} else {
		err = r.walk(ctx, s, sc, s.start(), &repeats{}, func(p *page) error {
			some, err := emitted(s, p.values)
			if items = append(items, some...); len(items) > mostItems {
				return fmt.Errorf("it has more than %d items for one", mostItems)
			}
			return err
		})
	}
	if err == nil && s.collect == collectOne && len(items) > 1 {
		err = fmt.Errorf("it got %d items, and collect: one wants one; collect: list takes all", len(items))
	}
	if items == nil {
		items = []any{}
	}
	return items, err
}

// query gets the rows of a step.
func (r *run) query(ctx context.Context, s *step, sc scope) (items []any, err error) {
	l := r.lanes[s.limit]
	if l.slots != nil {
		if err := l.slots.Acquire(ctx); err != nil {
			return nil, err
		}
		defer l.slots.Release()
	}
	defer r.counts[s].begin()()
	err = r.rows(ctx, s, sc, func(row map[string]any) error {
		values, err := valuesOf(s, row)
		if err != nil {
			return err
		}
		some, err := emitted(s, values)
		if items = append(items, some...); len(items) > mostItems {
			return fmt.Errorf("it has more than %d rows for one", mostItems)
		}
		return err
	})
	return items, err
}

// rows runs the query of a step.
func (r *run) rows(ctx context.Context, s *step, sc scope, take func(map[string]any) error) error {
	object := any(sc.object())
	args := make([]any, len(s.args))
	for i, e := range s.args {
		v, err := e.All(object)
		if err != nil {
			return fmt.Errorf("args %s: %w", e, err)
		}
		if len(v) != 1 {
			return fmt.Errorf("args %s: %d results, want one", e, len(v))
		}
		if args[i], err = argument(v[0]); err != nil {
			return fmt.Errorf("args %s: %w", e, err)
		}
	}
	for row, err := range r.databases[s.database.dsnKey()].Query(ctx, s.sql.string, args...) {
		if err == nil {
			err = take(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// failed does what on_error says. An end that is not the step's own fault is passed on.
func (r *run) failed(ctx context.Context, s *step, err error) (any, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if errors.Is(err, session.ErrDraining) {
		return nil, err
	}
	r.counts[s].failed.Add(1)
	switch s.onError {
	case onErrorNull:
		r.o.Progress.fail(&StepError{s.name, err}, r.f.secrets.clean)
		if s.collect == collectList {
			return []any{}, nil
		}
		return nil, nil
	case onErrorSkip:
		return nil, &skipped{StepError{s.name, err}}
	}
	return nil, &StepError{s.name, err}
}
