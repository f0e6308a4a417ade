package draft_test

import (
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/draft"
)

// sendable checks that a request is one that can be sent, and that a fault has a place.
func sendable(t *testing.T, text string, r *draft.Request, fault *draft.Fault) {
	t.Helper()
	if fault != nil {
		if fault.At < 0 || fault.At > len(text) || fault.Reason == "" || r != nil {
			t.Errorf("%q: %+v", text, fault)
		}
		return
	}
	if r == nil {
		return
	}
	if r.Method != "" && !draft.IsToken(r.Method) || r.URL.At > len(text) || r.At > len(text) {
		t.Errorf("%q: %+v", text, r)
	}
	for _, h := range r.Header {
		if !draft.IsToken(h.Name) || draft.NotForHeader(h.Value.Value) != "" {
			t.Errorf("%q: header %+v", text, h)
		}
	}
	_ = r.Value()
}

func FuzzCurl(f *testing.F) {
	for _, s := range []string{
		"curl http://a", "curl 'a' \\\n -H \"X: y\" --data-raw $'a\\u00e9\\ud83d\\ude00\\x41\\101'", "curl -sSXPOST -d@f a # c", "curl a -G -d x -u a:b -b c=d",
		"curl ^\"a^\"", "curl a -F 'x=\"y\";type=a;filename=b'", "curl $A `b` ${c}", "curl a;curl b", "curl \"a\\\"\\\nb\"", "curl --json '{' -I a[1-2]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, fault, _ := command(text)
		sendable(t, text, r, fault)
		// What is not quoted at all is taken as the words that it is.
		if plain := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || strings.ContainsRune("'\"\\$`;&|<>()#^", r) }) < 0; plain && fault == nil && r != nil && strings.Fields(text)[0] != "curl" {
			t.Errorf("%q: %s", text, brief(r))
		}
	})
}

func FuzzHTTP(f *testing.F) {
	for _, s := range []string{
		"### n\n@a = b\nGET http://{{a}}\n  ?x\nA: {{a}}\n\nbody {{a}}\n> {% x %}", "POST http://a HTTP/1.1\r\nContent-Type: multipart/x\r\n\r\n--x\r\n", "# @name x\n//\n@a={{$b}}",
		"@a=x\n@b={{a}}{{a}}\n{{b}}", "< {%", "http://a\n\n< f", "###", "GET \n", "@",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, templates := range []bool{false, true} {
			h := draft.HTTP{Templates: templates}
			at := 0
			for part := range strings.SplitSeq(text, "\n###") {
				r, fault := h.Request(part)
				if !templates {
					sendable(t, part, r, fault)
				}
				at += len(part)
			}
		}
	})
}
