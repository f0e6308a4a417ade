package fetch

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/limit"
)

// A budget is an amount in a period, what a row is thought to cost of it, and what it
// has cost.
type budget struct {
	name   string
	limit  *limit.Budget
	cost   *request.Expr // over the row; nil for 1
	settle *request.Expr // over the answer; nil for the estimate
}

// newBudgets makes the budgets. --cost and --settle name theirs, name=expression,
// unless there is only one.
func newBudgets(o *Options) (budgets []*budget, err error) {
	for _, text := range o.Budget {
		name, rate, err := option.Pair("budget", text)
		if err != nil {
			return nil, err
		}
		n, per, err := limit.ParseRate(rate)
		if err != nil {
			return nil, option.Errorf("--budget %s: %w", name, err)
		}
		budgets = append(budgets, &budget{name: name, limit: limit.NewBudget(int64(n), per+margin(per))})
	}
	if len(budgets) == 0 && len(o.Cost)+len(o.Settle) > 0 {
		return nil, option.Errorf("--cost and --settle are of a --budget, and there is none: --budget tokens=150000/1m")
	}
	for _, text := range o.Cost {
		if err := attach(budgets, "cost", text, func(b *budget, e *request.Expr) { b.cost = e }); err != nil {
			return nil, err
		}
	}
	for _, text := range o.Settle {
		if err := attach(budgets, "settle", text, func(b *budget, e *request.Expr) { b.settle = e }); err != nil {
			return nil, err
		}
	}
	return budgets, nil
}

// margin is how much longer a window is than it was said to be. What is reserved here is
// counted by the server when the request is there, a little later, and not always by the
// same: without it the first of a window would come to the server in the one before.
func margin(per time.Duration) time.Duration { return min(per/100, 2*time.Second) }

// attach compiles an expression and gives it to the budget that it is for.
func attach(budgets []*budget, flag, text string, set func(*budget, *request.Expr)) error {
	for _, b := range budgets {
		expr, named := strings.CutPrefix(text, b.name+"=")
		if !named && len(budgets) > 1 {
			continue
		}
		e, err := newExpr(flag, expr)
		if err == nil {
			set(b, e)
		}
		return err
	}
	return option.Wrong(flag, text, "NAME=EXPRESSION with the name of a --budget")
}

// newExpr compiles a jq expression of an option.
func newExpr(flag, text string) (*request.Expr, error) {
	e, err := request.CompileExpr(text)
	if err != nil {
		return nil, option.Errorf("--%s: %w", flag, err)
	}
	return e, nil
}

// spending is what one row has reserved.
type spending struct {
	budgets  []*budget
	reserved []*limit.Reservation
	amounts  []int64
}

// reserve waits until the row fits into all budgets.
func (j *Job) reserve(ctx context.Context, row any) (*spending, error) {
	s := &spending{budgets: j.budgets}
	for _, b := range j.budgets {
		amount := int64(1)
		if b.cost != nil {
			x, err := b.cost.Number(row)
			if err != nil {
				s.cancel()
				return nil, &classed{"cost", fmt.Errorf("--cost for %s: %w", b.name, err)}
			}
			amount = int64(math.Ceil(min(max(x, 0), math.MaxInt32*1e6)))
		}
		r, err := b.limit.Reserve(ctx, amount)
		if err != nil {
			s.cancel()
			if ctx.Err() != nil {
				return nil, err
			}
			return nil, &classed{"cost", fmt.Errorf("budget %s, %d: %w", b.name, amount, err)}
		}
		s.reserved = append(s.reserved, r)
		s.amounts = append(s.amounts, amount)
	}
	return s, nil
}

// reserveBeforeStop is reserve that ends with errStopping when the run stops.
func (j *Job) reserveBeforeStop(ctx context.Context, row any) (*spending, error) {
	if len(j.budgets) == 0 {
		return new(spending), nil
	}
	ctx, done := beforeStop(ctx)
	defer done()
	return j.reserve(ctx, row)
}

// begins is what happens before each exchange: guard, and what is reserved counts from
// there on, as it does for the server. Rates and holds came in between.
func (s *spending) begins(guard func() error) func() error {
	if len(s.reserved) == 0 {
		return guard
	}
	return func() error {
		if guard != nil {
			if err := guard(); err != nil {
				return err
			}
		}
		for _, r := range s.reserved {
			r.Begin()
		}
		return nil
	}
}

// cancel gives everything back.
func (s *spending) cancel() {
	for _, r := range s.reserved {
		r.Cancel()
	}
}

// settle pays what the answer says, or the estimate where it says nothing.
func (s *spending) settle(answer any) (costs []cost) {
	for i, r := range s.reserved {
		used := s.amounts[i]
		if e := s.budgets[i].settle; e != nil && answer != nil {
			if x, err := e.Number(answer); err == nil && x >= 0 && x < math.MaxInt64/2 {
				used = int64(math.Ceil(x))
			}
		}
		r.Settle(used)
		costs = append(costs, cost{s.budgets[i].name, used})
	}
	return costs
}

// classed is an error with a class of its own.
type classed struct {
	class string
	err   error
}

func (e *classed) Error() string { return e.err.Error() }
func (e *classed) Unwrap() error { return e.err }
