package source

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/inflight-go/inflight/internal/secret"
	"github.com/inflight-go/inflight/internal/source/caret"
)

// A Glob is a text that stands for many: {1..100} for the numbers from 1 to 100,
// {01..10} for those with two digits, {1..10..3} for every third, {10..1} for the
// other direction, {a..e} for letters, {a,b,c} for each of the words. The last braces
// change fastest. A backslash before one of {},\ takes its meaning away; before
// anything else it is itself.
//
// What it stands for is worked out when it is asked for: a billion texts take no more
// memory than two.
type Glob struct {
	parts []globPart
	n     int64
}

// globPart is literal text, and the braces after it, if there are any.
type globPart struct {
	before string
	words  []string // or else:
	first  int64
	step   int64 // negative downwards
	width  int
	letter bool
	n      int64 // how many; zero without braces
}

// MaxGlob is how many texts a Glob may stand for.
const MaxGlob = 1_000_000_000_000

// A GlobError says where a glob is wrong.
type GlobError struct {
	Text   string // with stars in place of what is secret
	Column int    // in characters, from 1
	Reason string
}

// Error returns the reason, and on two lines more the text with a caret under the
// column.
func (e *GlobError) Error() string {
	return e.Reason + "\n" + caret.Under(e.Text, e.Column)
}

// ParseGlob reads a glob. The error is a *GlobError.
func ParseGlob(text string) (*Glob, error) {
	g := &Glob{n: 1}
	var literal strings.Builder
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case escaped(text, i):
			literal.WriteByte(text[i+1])
			i += 2
		case c == '}':
			return nil, globError(text, i, `} without a {; write \} for the character`)
		case c == '{':
			end, err := braceEnd(text, i)
			if err != nil {
				return nil, err
			}
			part, err := parseBraces(text, i, end)
			if err != nil {
				return nil, err
			}
			if part.n > MaxGlob/g.n {
				return nil, globError(text, i, fmt.Sprintf("this makes more than %d texts, which is the most", int64(MaxGlob)))
			}
			g.n *= part.n
			part.before = literal.String()
			literal.Reset()
			g.parts = append(g.parts, part)
			i = end + 1
		default:
			literal.WriteByte(c)
			i++
		}
	}
	if literal.Len() > 0 || len(g.parts) == 0 {
		g.parts = append(g.parts, globPart{before: literal.String()})
	}
	return g, nil
}

func globError(text string, offset int, reason string) *GlobError {
	return &GlobError{Text: secret.Mask(text), Column: caret.Column(text, offset), Reason: reason}
}

// escaped tells whether a backslash takes the meaning of what follows it.
func escaped(text string, i int) bool {
	return text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`{},\`, text[i+1]) >= 0
}

// braceEnd finds the } to the { at start.
func braceEnd(text string, start int) (int, error) {
	if strings.HasPrefix(text[start:], "{{") {
		return 0, globError(text, start, `{{ begins a template, which needs rows to be filled from; write \{ for the character`)
	}
	for i := start + 1; i < len(text); i++ {
		switch {
		case escaped(text, i):
			i++
		case text[i] == '{':
			return 0, globError(text, i, `{ within braces; write \{ for the character`)
		case text[i] == '}':
			return i, nil
		}
	}
	return 0, globError(text, start, `{ without a }; write \{ for the character`)
}

// parseBraces reads what stands between two braces.
func parseBraces(text string, start, end int) (globPart, error) {
	inner := text[start+1 : end]
	words, offsets := splitWords(inner)
	if len(words) > 1 {
		return globPart{words: words, n: int64(len(words))}, nil
	}
	bounds := strings.Split(inner, "..")
	if len(bounds) < 2 {
		return globPart{}, globError(text, start, `only one thing between braces; want {1..10} or {a,b}, or write \{ and \} for the characters`)
	}
	part, at, reason := parseRange(bounds)
	if reason != "" {
		return globPart{}, globError(text, start+1+offsets[0]+at, reason)
	}
	return part, nil
}

// splitWords splits at each comma, and takes the backslashes away.
func splitWords(inner string) (words []string, offsets []int) {
	var word strings.Builder
	offsets = []int{0}
	for i := 0; i < len(inner); i++ {
		switch {
		case escaped(inner, i):
			i++
			word.WriteByte(inner[i])
		case inner[i] == ',':
			words = append(words, word.String())
			offsets = append(offsets, i+1)
			word.Reset()
		default:
			word.WriteByte(inner[i])
		}
	}
	return append(words, word.String()), offsets
}

// parseRange reads first..last or first..last..step. What is wrong is said together
// with its offset.
func parseRange(bounds []string) (part globPart, at int, reason string) {
	if len(bounds) > 3 {
		return part, len(bounds[0]) + len(bounds[1]) + len(bounds[2]) + 4, "more than {first..last..step}"
	}
	first, isLetter, ok := parseBound(bounds[0])
	if !ok {
		return part, 0, fmt.Sprintf("%q is neither a number nor a letter", bounds[0])
	}
	last, lastIsLetter, ok := parseBound(bounds[1])
	at = len(bounds[0]) + 2
	if !ok {
		return part, at, fmt.Sprintf("%q is neither a number nor a letter", bounds[1])
	}
	if isLetter != lastIsLetter {
		return part, at, "a range from a number to a letter"
	}
	step := int64(1)
	if len(bounds) == 3 {
		var err error
		if step, err = strconv.ParseInt(bounds[2], 10, 64); err != nil || step <= 0 {
			return part, at + len(bounds[1]) + 2, fmt.Sprintf("the step is %q; want a number above 0", bounds[2])
		}
	}
	part = globPart{first: first, step: step, letter: isLetter, width: max(width(bounds[0]), width(bounds[1]))}
	part.n = (max(first, last)-min(first, last))/step + 1
	if last < first {
		part.step = -step
	}
	return part, 0, ""
}

// parseBound reads a number or an ASCII letter.
func parseBound(text string) (n int64, letter, ok bool) {
	if len(text) == 1 && (text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z') {
		return int64(text[0]), true, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	// Half of the range, so that no difference of two overflows.
	return n, false, err == nil && text[0] != '+' && n > math.MinInt64/2 && n < math.MaxInt64/2
}

// width is how many digits a bound with a leading zero asks for, or zero.
func width(bound string) int {
	digits := strings.TrimPrefix(bound, "-")
	if len(digits) > 1 && digits[0] == '0' {
		return min(len(bound), 100)
	}
	return 0
}

// Len returns how many texts the glob stands for: one at least.
func (g *Glob) Len() int64 {
	return g.n
}

// At returns the text of that index, from 0. It panics for one out of range.
func (g *Glob) At(i int64) string {
	if g.n == 1 && len(g.parts) == 1 && i == 0 && g.parts[0].n == 0 {
		return g.parts[0].before
	}
	return string(g.AppendAt(nil, i))
}

// AppendAt appends the text of that index to buf. It panics for one out of range.
func (g *Glob) AppendAt(buf []byte, i int64) []byte {
	if i < 0 || i >= g.n {
		panic(fmt.Sprintf("inflight/source: text %d of a glob that stands for %d", i, g.n))
	}
	below := g.n
	for p := range g.parts {
		part := &g.parts[p]
		buf = append(buf, part.before...)
		if part.n == 0 {
			continue
		}
		below /= part.n
		buf = part.appendAt(buf, i/below)
		i %= below
	}
	return buf
}

func (p *globPart) appendAt(buf []byte, i int64) []byte {
	if p.words != nil {
		return append(buf, p.words[i]...)
	}
	n := p.first + i*p.step
	if p.letter {
		return append(buf, byte(n))
	}
	start := len(buf)
	if buf = strconv.AppendInt(buf, n, 10); len(buf)-start >= p.width {
		return buf
	}
	digits := string(buf[start:])
	buf = buf[:start]
	if digits[0] == '-' {
		buf, digits = append(buf, '-'), digits[1:]
	}
	for len(buf)-start+len(digits) < p.width {
		buf = append(buf, '0')
	}
	return append(buf, digits...)
}
