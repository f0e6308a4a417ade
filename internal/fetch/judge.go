package fetch

import (
	"encoding/json"
	"fmt"

	"github.com/inflight-go/inflight/internal/request"
)

// A judge says whether a row is ok.
type judge struct {
	failOn  *request.Expr // nil for a status of 400 and above
	expect  *request.Expr // nil for anything
	retryIf *request.Expr
}

func newJudge(o *Options) (*judge, error) {
	j := new(judge)
	for _, e := range []struct {
		flag, text string
		to         **request.Expr
	}{{"fail-on", o.FailOn, &j.failOn}, {"expect", o.Expect, &j.expect}, {"retry-if", o.RetryIf, &j.retryIf}} {
		if e.text == "" {
			continue
		}
		var err error
		if *e.to, err = newExpr(e.flag, e.text); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// judge decides on a record that has an answer, which is ok so far.
func (j *judge) judge(r *record) {
	if j.failOn == nil && r.Status >= 400 {
		r.fail("http", fmt.Sprintf("status %d", r.Status))
	}
	if j.failOn == nil && j.expect == nil {
		return
	}
	value := r.value()
	if j.failOn != nil {
		bad, err := j.failOn.Bool(value)
		if err != nil {
			r.fail("expression", "--fail-on: "+err.Error())
		} else if bad {
			r.fail("fail_on", "--fail-on is true of it")
		}
	}
	if j.expect != nil && r.OK {
		good, err := j.expect.Bool(value)
		if err != nil {
			r.fail("expression", "--expect: "+err.Error())
		} else if !good {
			r.fail("expect", "--expect is not true of it")
		}
	}
}

// fail makes the record a failure.
func (r *record) fail(class, message string) {
	r.OK = false
	if r.Failure == nil {
		r.Failure = new(failure)
	}
	r.Failure.Class, r.Failure.Message = class, message
}

// value is the record as expressions see it.
func (r *record) value() any {
	var v any
	if err := json.Unmarshal(r.append(nil, allFields), &v); err != nil {
		return nil
	}
	return v
}
