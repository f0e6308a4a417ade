package batch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/batch"
)

var lineCases = []struct {
	text    string
	index   int64
	failure bool
	bad     bool
}{
	{text: `{"index":0}`},
	{text: `{"index":41,"ok":true}`, index: 41},
	{text: `{"index":41,"ok":false}`, index: 41, failure: true},
	{text: `{"index":41,"ok" : 	false }`, index: 41, failure: true},
	{text: `{"index":1,"input":{"ok":false},"list":["ok",{"ok":false}]}`, index: 1},
	{text: `{"index":1,"a":"ok","ok":true}`, index: 1},
	{text: `{"index":1,"a":"\"ok\":false"}`, index: 1},
	{text: `{"index":1,"a":["ok",false]}`, index: 1},
	{text: `{"index":1,"ok":"false"}`, index: 1},
	{text: `{"index":1,"ok":null}`, index: 1},
	{text: `{"index":999999999999999999,"x":[1.5e-7,null,true,{}]}`, index: 999999999999999999},
	{text: `{"index":7,"x":"` + strings.Repeat("é\\\"", 100) + `","ok":false}`, index: 7, failure: true},

	{text: ``, bad: true},
	{text: `{`, bad: true},
	{text: `{}`, bad: true},
	{text: `{"index":}`, bad: true},
	{text: `{"index":01}`, bad: true},
	{text: `{"index":-1}`, bad: true},
	{text: `{"index":1`, bad: true},
	{text: `{"index":1.5}`, bad: true},
	{text: `{"index":1234567890123456789,"x":1}`, bad: true},
	{text: `{"index":1,"x":"abc}`, bad: true},
	{text: `{"index":1,"x":"abc\"}`, bad: true},
	{text: `{"index":1,"x":"abc\`, bad: true},
	{text: "{\"index\":1,\"x\":\"abcdefghijkl\x00mnopqrst\"}", bad: true},
	{text: "{\"index\":1,\"x\":\"abc\\\x01\"}", bad: true},
	{text: "{\"index\":1,\x00\"x\":1}", bad: true},
	{text: "{\"index\":1,\n\"x\":1}", bad: true},
	{text: `{"index":1,"x":[1,2}`, bad: true},
	{text: `{"index":1}}`, bad: true},
	{text: `{"index":1}{"index":2}`, bad: true},
	{text: `{"index":1,"x{"index":2,"x":1}`, bad: true},
	{text: ` {"index":1}`, bad: true},
	{text: `{ "index":1}`, bad: true},
}

func TestParseLine(t *testing.T) {
	for _, c := range lineCases {
		index, failure, why := batch.ParseLine([]byte(c.text))
		if (why != "") != c.bad {
			t.Errorf("%q: %q, want it to be bad: %v", c.text, why, c.bad)
		} else if !c.bad && (index != c.index || failure != c.failure) {
			t.Errorf("%q: index %d, failure %v", c.text, index, failure)
		}
	}
}

// No line that is cut anywhere is taken for a whole one, nor two halves of two.
func TestParseLineTorn(t *testing.T) {
	text := `{"index":12,"ok":false,"input":{"a":[1,2,{"b":"c \"d\" \\"}]},"body":"{\"x\":\"y\"}"}`
	if _, _, why := batch.ParseLine([]byte(text)); why != "" {
		t.Fatal(why)
	}
	for i := range text {
		if _, _, why := batch.ParseLine([]byte(text[:i])); why == "" {
			t.Errorf("the beginning %q was taken for a line", text[:i])
		}
		if _, _, why := batch.ParseLine([]byte(text[:i] + text)); why == "" && i > 0 {
			t.Errorf("the beginning %q and a line were taken for one", text[:i])
		}
	}
}

func TestToLine(t *testing.T) {
	bad := errors.New("no luck")
	for _, c := range []struct {
		data string
		err  error
		want string
	}{
		{`{}`, nil, `{"index":5}`},
		{`{ }`, nil, `{"index":5}`},
		{"{\r}", bad, `{"index":5,"ok":false}`},
		{"{\"a\":1}\n", nil, `{"index":5,"a":1}`},
		{`{  "a":1}`, nil, `{"index":5,"a":1}`},
		{`{"index":5,"a":1}`, nil, `{"index":5,"a":1}`},
		{`{"index":5}`, bad, `{"index":5,"ok":false}`},
		{`{"a":1}`, bad, `{"index":5,"ok":false,"a":1}`},
		{`{"ok":false,"a":1}`, bad, `{"index":5,"ok":false,"a":1}`},
		{`{"ok":true,"a":1}`, bad, `{"index":5,"key":"k","ok":false,"error":{"class":"error","message":"no luck"}}`},
		{``, bad, `{"index":5,"key":"k","ok":false,"error":{"class":"error","message":"no luck"}}`},
		{``, nil, `{"index":5,"key":"k","ok":false,"error":{"class":"empty","message":"the work returned neither a line nor an error"}}`},
		{`{"index":6,"a":1}`, nil, `{"index":5,"key":"k","ok":false,"error":{"class":"line","message":"what the work returned is no line: it is of unit 6"}}`},
		{`[1]`, nil, `{"index":5,"key":"k","ok":false,"error":{"class":"line","message":"what the work returned is no line: it does not begin with {\"index\":N"}}`},
		{"{\n}", nil, `{"index":5,"key":"k","ok":false,"error":{"class":"line","message":"what the work returned is no line: byte 0x0a can't stand there"}}`},
	} {
		l := batch.ToLine(5, "k", []byte(c.data), c.err)
		if string(l.Data) != c.want || l.Index != 5 {
			t.Errorf("%q, %v: line %s, want %s", c.data, c.err, l.Data, c.want)
		}
		if _, failure, why := batch.ParseLine(l.Data); why != "" || failure != l.Failed {
			t.Errorf("%q, %v: the line %s can't be read again: %s, failed: %v and %v", c.data, c.err, l.Data, why, failure, l.Failed)
		}
	}
	if l := batch.ToLine(5, "", nil, errors.New(strings.Repeat("x", 10<<20))); len(l.Data) > 100<<10 {
		t.Errorf("the line of a long error has %d bytes", len(l.Data))
	}
}

// Whatever is a JSON object on one line with the index first is a line, and says of
// ok what encoding/json says.
// What can't stand in a string is found wherever it is.
func TestParseLineAnywhere(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			b := bytes.Repeat([]byte{'~'}, 20)
			b[at] = byte(c)
			bad := c < ' ' || c == '"' || c == '\\' && at == len(b)-1
			if _, _, why := batch.ParseLine(fmt.Appendf(nil, `{"index":1,"a":"%s"}`, b)); (why != "") != bad {
				t.Errorf("%q: %q, want it to be bad: %v", b, why, bad)
			}
		}
	}
}

func FuzzParseLine(f *testing.F) {
	for _, c := range lineCases {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		index, failure, why := batch.ParseLine(b)
		var v map[string]json.RawMessage
		if json.Unmarshal(b, &v) != nil || strings.ContainsAny(string(b), "\n") {
			if why == "" && strings.ContainsAny(string(b), "\n\x00") {
				t.Fatalf("%q was taken for a line", b)
			}
			return
		}
		prefix := fmt.Sprintf(`{"index":%d`, index)
		canonical := why == "" && strings.HasPrefix(string(b), prefix+",") || strings.HasPrefix(string(b), prefix+"}")
		if why != "" {
			return // valid JSON, and not one of ours; TestParseLine has those that are
		}
		if !canonical {
			t.Fatalf("%q was taken for a line of unit %d", b, index)
		}
		// Of several keys "ok" the last one counts in both; escaped ones are only seen
		// by encoding/json.
		if strings.Contains(string(b), `\u`) || strings.Count(string(b), `"ok"`) > 1 {
			return
		}
		if want := string(v["ok"]) == "false"; failure != want {
			t.Fatalf("%q: failure %v, want %v", b, failure, want)
		}
	})
}

// Every object becomes a line that is valid JSON and can be read again.
func FuzzToLine(f *testing.F) {
	f.Add([]byte(`{"a":1}`), "")
	f.Add([]byte(`{"ok":true}`), "x")
	f.Add([]byte(`{"index":3}`), "x")
	f.Fuzz(func(t *testing.T, data []byte, message string) {
		var err error
		if message != "" {
			err = errors.New(message)
		}
		was := string(data)
		l := batch.ToLine(3, "k", data, err)
		if string(data) != was {
			t.Fatalf("%q was changed", was)
		}
		index, failure, why := batch.ParseLine(l.Data)
		if why != "" || index != 3 || failure != l.Failed || err != nil && !failure {
			t.Fatalf("%q, %v: line %q: %s, index %d, failed: %v and %v", data, err, l.Data, why, index, failure, l.Failed)
		}
		if json.Valid(data) && !json.Valid(l.Data) {
			t.Fatalf("%q became %q", data, l.Data)
		}
	})
}
