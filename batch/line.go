package batch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
)

// MaxLine is the length of the longest line, in bytes.
const MaxLine = 256 << 20

const linePrefix = `{"index":`

// A verdict is what a line says of its unit at its top level.
type verdict uint8

const (
	silent verdict = iota // nothing, which means that it is well
	fine                  // "ok":true
	failed                // "ok":false
)

// parseLine reads what the journal needs to know of a line: the index, and whether
// it is a failure. It is as strict as telling a whole line from a torn one, a
// damaged one, or two run together takes: the brackets must match in number, the
// strings must end, and nothing may stand in between that JSON can't have there. why
// is empty for a good line.
func parseLine(b []byte) (index int64, ok verdict, why string) {
	index, rest, good := parseIndex(b)
	if !good {
		return 0, 0, `it does not begin with {"index":N`
	}
	depth := 1
	for i := rest; i < len(b); {
		switch class[b[i]] {
		case inBetween:
			i++
		case opens:
			depth++
			i++
		case closes:
			depth--
			i++
			if depth == 0 {
				if i != len(b) {
					return index, ok, "something follows the end of the object"
				}
				return index, ok, ""
			}
		case quote:
			end := stringEnd(b, i+1)
			if end < 0 {
				return index, ok, "a string does not end, or has a control character in it"
			}
			if depth == 1 && string(b[i:end]) == `"ok"` {
				if v := verdictAt(b[end:]); v != silent {
					ok = v
				}
			}
			i = end
		default:
			return index, ok, fmt.Sprintf("byte %#02x can't stand there", b[i])
		}
	}
	return index, ok, "the object does not end"
}

// parseIndex reads the beginning of a line, and says where it ends: behind the
// digits.
func parseIndex(b []byte) (index int64, end int, good bool) {
	if len(b) < len(linePrefix)+2 || string(b[:len(linePrefix)]) != linePrefix {
		return 0, 0, false
	}
	i := len(linePrefix)
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		index = index*10 + int64(b[i]-'0')
	}
	digits := i - len(linePrefix)
	switch {
	case digits == 0 || digits > 18, digits > 1 && b[len(linePrefix)] == '0':
		return 0, 0, false
	case i == len(b) || b[i] != ',' && b[i] != '}':
		return 0, 0, false
	}
	return index, i, true
}

// The classes of bytes outside of strings.
const (
	wrong = iota
	inBetween
	opens
	closes
	quote
)

var class = func() (c [256]byte) {
	for _, b := range []byte("0123456789+-.eE,: \t\rtrufalsn") {
		c[b] = inBetween
	}
	c['{'], c['['], c['}'], c[']'], c['"'] = opens, opens, closes, closes, quote
	return c
}()

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd returns the index behind the quote that ends the string whose text
// begins at i, or -1. It looks at eight bytes at once.
func stringEnd(b []byte, i int) int {
	for {
		for ; i+8 <= len(b); i += 8 {
			x := binary.LittleEndian.Uint64(b[i:])
			q := x ^ ('"' * ones)
			s := x ^ ('\\' * ones)
			// The lowest bit that is set is right; higher ones may be too many.
			if hit := ((q - ones) | (s - ones) | (x - 0x20*ones)) &^ x & highs; hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
		}
		if i >= len(b) {
			return -1
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i++; i >= len(b) || b[i] < 0x20 {
				return -1
			}
			i++
		case c < 0x20:
			return -1
		default:
			i++
		}
	}
}

// verdictAt reads what follows the key "ok".
func verdictAt(b []byte) verdict {
	i := 0
	skip := func() {
		for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r') {
			i++
		}
	}
	skip()
	if i == len(b) || b[i] != ':' {
		return silent
	}
	i++
	skip()
	switch {
	case i < len(b) && b[i] == 'f':
		return failed
	case i < len(b) && b[i] == 't':
		return fine
	}
	return silent
}

// toLine makes a line of what the work returned for a unit. What it returned that
// can't be a line becomes a failure that says so.
func toLine(index int64, key string, data []byte, err error) Line {
	data = bytes.TrimRight(data, "\n") // which a json.Encoder adds
	if len(data) == 0 && err == nil {
		return failureLine(index, key, "empty", "the work returned neither a line nor an error")
	}
	if len(data) == 0 {
		return failureLine(index, key, "error", err.Error())
	}
	if _, _, ours := parseIndex(data); !ours && data[0] == '{' {
		data = insertIndex(index, data)
	}
	got, ok, why := parseLine(data)
	switch {
	case why == "" && got != index:
		why = fmt.Sprintf("it is of unit %d", got)
	case len(data) > MaxLine:
		why = "it is too long"
	case why == "" && err != nil && ok == fine:
		return failureLine(index, key, "error", err.Error())
	}
	if why != "" {
		return failureLine(index, key, "line", "what the work returned is no line: "+why)
	}
	if err != nil && ok == silent {
		_, end, _ := parseIndex(data)
		data = append(append(append(make([]byte, 0, len(data)+12), data[:end]...), `,"ok":false`...), data[end:]...)
		ok = failed
	}
	return Line{Index: index, Failed: ok == failed, Data: data}
}

// insertIndex puts the index at the beginning of an object.
func insertIndex(index int64, data []byte) []byte {
	line := make([]byte, 0, len(data)+32)
	line = strconv.AppendInt(append(line, linePrefix...), index, 10)
	rest := data[1:]
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r') {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] != '}' {
		line = append(line, ',')
	}
	return append(line, rest...)
}

// failureLine is the line of a unit whose work made none.
func failureLine(index int64, key, class, message string) Line {
	const longest = 64 << 10
	if len(message) > longest {
		message = message[:longest] + "…"
	}
	type failure struct {
		Class   string `json:"class"`
		Message string `json:"message"`
	}
	data, err := json.Marshal(struct {
		Index int64   `json:"index"`
		Key   string  `json:"key,omitempty"`
		OK    bool    `json:"ok"`
		Error failure `json:"error"`
	}{index, key, false, failure{class, message}})
	if err != nil {
		panic(err) // strings and numbers can always be written
	}
	return Line{Index: index, Failed: true, Data: data}
}
