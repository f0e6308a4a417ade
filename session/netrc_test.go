package session_test

import (
	"strings"
	"testing"

	"github.com/inflight-go/inflight/session"
)

func TestParseNetrc(t *testing.T) {
	n, err := session.ParseNetrc(strings.NewReader(`# comment
machine A.example login u password p
machine b.example
	login "with space"
	account x
	password "a \"quote\" #1"
macdef init
	cd /pub
	machine c.example login no password no

machine d.example login only # comment
machine a.example login second password second
default login anonymous password guest
machine z.example login z password z
`))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]session.Auth{
		"a.example": {User: "u", Password: "p"},
		"A.Example": {User: "u", Password: "p"},
		"b.example": {User: "with space", Password: `a "quote" #1`},
		"c.example": {User: "anonymous", Password: "guest"},
		"d.example": {User: "only"},
		"z.example": {User: "z", Password: "z"},
	} {
		if got, ok := n.Lookup(host); !ok || got != want {
			t.Errorf("%s: %+v, %v, want %+v", host, got, ok, want)
		}
	}
	if _, ok := (*session.Netrc)(nil).Lookup("a.example"); ok {
		t.Error("nil has something")
	}
	empty, err := session.ParseNetrc(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := empty.Lookup(""); ok {
		t.Error("nothing has something")
	}
}

func TestBadNetrc(t *testing.T) {
	for text, want := range map[string]string{
		"machine":                          "line 1: machine: want a value",
		"machine a login u\npassword":      "line 2: password: want a value",
		"\n\nhost a":                       `line 3: "host"`,
		"machine a password \"p\nx\"":      "line 1: a word in quotes has no end",
		strings.Repeat("#\n", 1<<19) + "#": "larger than",
	} {
		if _, err := session.ParseNetrc(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseNetrc(f *testing.F) {
	f.Add("machine a login u password p")
	f.Add("default login \"a\\\"\" macdef x\n\n\nmachine b account c")
	f.Add("macdef")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := session.ParseNetrc(strings.NewReader(text))
		if (n == nil) != (err != nil) {
			t.Errorf("%v, %v", n, err)
		}
		if a, ok := n.Lookup("a"); !ok && a != (session.Auth{}) {
			t.Errorf("%+v, but not found", a)
		}
	})
}
