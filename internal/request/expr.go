package request

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source/caret"
	"github.com/itchyny/gojq"
)

// An Expr is a jq expression. Make one with CompileExpr. It may be used by any number
// of goroutines at once.
type Expr struct {
	text  string
	code  *gojq.Code
	steps int // that an evaluation may take
}

// MaxSteps is how many steps an evaluation may take: a fraction of a second.
const MaxSteps = 10_000_000

// MaxResults is how many results an evaluation may have.
const MaxResults = 100_000

// ErrTooMuch is what an evaluation fails with that takes more than MaxSteps, or has
// more than MaxResults.
var ErrTooMuch = errors.New("inflight/request: the expression runs too long or has too many results")

// CompileExpr reads an expression. The error is a *SyntaxError.
func CompileExpr(text string) (*Expr, error) {
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, parseFault(text, err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, compileFault(text, err)
	}
	return &Expr{text, code, MaxSteps}, nil
}

func exprError(text string, offset int, reason string) *SyntaxError {
	return faultAt("", text, offset, reason)
}

// faultAt makes an error of the place in a text that may have lines.
func faultAt(what, text string, offset int, reason string) *SyntaxError {
	offset = min(max(offset, 0), len(text))
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return &SyntaxError{What: what, Text: secret.Mask(line), Line: 1 + strings.Count(text[:start], "\n"), Column: caret.Column(line, offset-start), Reason: reason}
}

func parseFault(text string, err error) *SyntaxError {
	fault, ok := errors.AsType[*gojq.ParseError](err)
	if !ok {
		return exprError(text, 0, err.Error())
	}
	reason := fault.Error()
	if reason == "unexpected EOF" {
		return exprError(text, len(text), "the expression ends too early")
	}
	offset := fault.Offset - len(fault.Token)
	if fault.Token == "" {
		offset = fault.Offset - 1
	}
	return exprError(text, offset, reason)
}

// notDefined is how gojq says that there is no function of a name and so many
// arguments, or no variable.
var notDefined = regexp.MustCompile(`^(function|variable) not defined: (\$?[\w:]+)(?:/(\d+))?$`)

func compileFault(text string, err error) *SyntaxError {
	found := notDefined.FindStringSubmatch(err.Error())
	if found == nil {
		return exprError(text, 0, err.Error())
	}
	kind, name, count := found[1], found[2], found[3]
	reason := fmt.Sprintf("there is no %s %s", kind, name)
	if kind == "function" {
		switch counts, names := builtins(); {
		case len(counts[name]) > 0:
			reason = fmt.Sprintf("the function %s takes %s arguments, not %s", name, strings.Join(counts[name], " or "), count)
		default:
			if nearest := caret.Nearest(name, names); nearest != "" {
				reason += fmt.Sprintf("; is it %s?", nearest)
			} else if !strings.HasPrefix(name, ".") {
				reason += fmt.Sprintf("; a field is .%s, a text %q", name, name)
			}
		}
	}
	return exprError(text, wordAt(text, name), reason)
}

// wordAt is the offset of a word, which is not empty, or 0.
func wordAt(text, word string) int {
	isWord := func(i int) bool {
		return i >= 0 && i < len(text) && strings.IndexByte("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", text[i]) >= 0
	}
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return max(strings.Index(text, word), 0)
		}
		at := from + i
		field := at > 0 && text[at-1] == '.'
		if !isWord(at-1) && !isWord(at+len(word)) && !field {
			return at
		}
		from = at + len(word)
	}
}

// builtins are the functions of jq: the numbers of arguments of each, and their names.
var builtins = sync.OnceValues(func() (counts map[string][]string, names []string) {
	counts = make(map[string][]string)
	query, err := gojq.Parse("builtins | sort[]")
	if err != nil {
		panic(err) // the text is a constant
	}
	for all := query.Run(nil); ; {
		v, ok := all.Next()
		text, isText := v.(string)
		if !ok || !isText {
			return counts, names
		}
		name, count, _ := strings.Cut(text, "/")
		if counts[name] == nil {
			names = append(names, name)
		}
		counts[name] = append(counts[name], count)
	}
})

// String returns the expression as it was written.
func (e *Expr) String() string {
	return e.text
}

// steps is a context that ends after so many looks at it: gojq looks before each step.
// Unlike a timer, it costs next to nothing and always ends at the same place.
type steps struct {
	context.Context
	left int
}

func (s *steps) Done() <-chan struct{} {
	if s.left--; s.left >= 0 {
		return nil
	}
	over := make(chan struct{}) // made here, so that it belongs to the bubble it is used in
	close(over)
	return over
}

func (s *steps) Err() error {
	if s.left >= 0 {
		return nil
	}
	return ErrTooMuch
}

// All returns every result for a decoded JSON value. It fails as Eval does.
func (e *Expr) All(value any) (results []any, err error) {
	run := e.code.RunWithContext(&steps{context.Background(), e.steps}, value)
	for {
		v, ok := run.Next()
		if !ok {
			return results, nil
		}
		if err, failed := v.(error); failed {
			if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
				return results, nil
			}
			return nil, err
		}
		if len(results) == MaxResults {
			return nil, ErrTooMuch
		}
		results = append(results, v)
	}
}

// Eval returns the result for a decoded JSON value, whose numbers may be json.Number:
// null if there is none, and an array of them if there are several. It fails as the
// expression does, and with ErrTooMuch. The value is not changed, but the result may
// share parts of it.
func (e *Expr) Eval(value any) (any, error) {
	switch results, err := e.All(value); {
	case err != nil:
		return nil, err
	case len(results) == 0:
		return nil, nil
	case len(results) == 1:
		return results[0], nil
	default:
		return results, nil
	}
}

// one returns the only result.
func (e *Expr) one(value any) (any, error) {
	results, err := e.All(value)
	if err != nil {
		return nil, err
	}
	if len(results) > 1 {
		return nil, fmt.Errorf("the expression %s has %d results; want one", e.text, len(results))
	}
	if len(results) == 0 {
		return nil, nil
	}
	return results[0], nil
}

// Bool returns whether the result is true: neither null nor false, and there. It fails
// as Eval does, and if there are several results.
func (e *Expr) Bool(value any) (bool, error) {
	v, err := e.one(value)
	return err == nil && v != nil && v != false, err
}

// Number returns the result as a number. It fails as Eval does, and if the result is no
// finite number, or not there, or one of several.
func (e *Expr) Number(value any) (float64, error) {
	v, err := e.one(value)
	if err != nil {
		return 0, err
	}
	f, ok := gojq.ToFloat64(v)
	if !ok || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("the expression %s gives %s; want a number%s", e.text, gojq.Preview(v), FieldsOf(value))
	}
	return f, nil
}

// Text returns the result as a text: a string as it is, a number or a boolean as JSON.
// It fails as Eval does, and for everything else.
func (e *Expr) Text(value any) (string, error) {
	v, err := e.one(value)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case nil, []any, map[string]any:
		return "", fmt.Errorf("the expression %s gives %s; want a text or a number%s", e.text, gojq.Preview(v), FieldsOf(value))
	}
	text, err := gojq.Marshal(v)
	return string(text), err
}

// maxNames is how many fields are listed when one is missing.
const maxNames = 20

// FieldsOf lists the fields of a value, behind what is wrong: "; there are: id, name".
func FieldsOf(value any) string {
	names := namesOf(value)
	switch {
	case len(names) == 0:
		return ""
	case len(names) > maxNames:
		return fmt.Sprintf("; there are %d fields", len(names))
	}
	return "; there are: " + strings.Join(names, ", ")
}

// namesOf are the names of the fields of a value, in order.
func namesOf(value any) []string {
	fields, _ := value.(map[string]any)
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
