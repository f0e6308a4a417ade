package draft_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/draft"
)

// command reads a command that may have several lines.
func command(text string) (*draft.Request, *draft.Fault, bool) {
	var c draft.Command
	more, at := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		more = c.Line([]byte(line), at)
		at += len(line) + 1
	}
	r, fault := c.Request()
	return r, fault, more
}

// brief is a request on one line.
func brief(r *draft.Request) string {
	if r == nil {
		return "none"
	}
	var b strings.Builder
	if r.Name != "" {
		fmt.Fprintf(&b, "(%s) ", r.Name)
	}
	fmt.Fprintf(&b, "%s %s", r.Method, r.URL.Value)
	for _, h := range r.Header {
		fmt.Fprintf(&b, " [%s: %s]", h.Name, h.Value.Value)
	}
	if r.Body != nil {
		fmt.Fprintf(&b, " %q", r.Body.Value)
	}
	if len(r.Ignored) > 0 {
		fmt.Fprintf(&b, " ignored %s", strings.Join(r.Ignored, " "))
	}
	return b.String()
}

func TestCurl(t *testing.T) {
	const form = " [Content-Type: application/x-www-form-urlencoded]"
	for text, want := range map[string]string{
		"":                     "none",
		"  # a comment":        "none",
		"curl a":               "GET http://a",
		"curl a ;":             "GET http://a",
		"curl a & # next":      "GET http://a",
		"curl\\\n a \\\n -I":   "HEAD http://a",
		"curl\\\r\n a\r":       "GET http://a",
		"curl https://a/b#c ":  "GET https://a/b#c",
		"curl -X PUT http://a": "PUT http://a",
		"curl -XPUT http://a":  "PUT http://a",
		"curl http://a -sSLkv": "GET http://a ignored -s -S -k -v",
		"curl --no-compressed --no-location -o /dev/null a": "GET http://a ignored --no-compressed --no-location -o",
		"curl -- -a":              "GET http://-a",
		"curl --url a":            "GET http://a",
		"curl -g 'http://a/{x}'":  "GET http://a/{x}",
		"curl 'http://[::1]:80/'": "GET http://[::1]:80/",
		// quotes
		`curl a -H "X: \"q\" \$5 \z"`:            `GET http://a [X: "q" $5 \z]`,
		`curl a -H 'X: "q" $5 \z'`:               `GET http://a [X: "q" $5 \z]`,
		`curl a -d $'a\n\t\x41\u00e9\101\'\q\\'`: "POST http://a" + form + ` "a\n\tAéA'\\q\\"`,
		`curl a -d $'\ud83d\ude00\ud83d'`:        "POST http://a" + form + ` "😀�"`,
		`curl a -d $'\U0001f600\x00'`:            "POST http://a" + form + ` "😀\x00"`,
		`curl a -d x'y'"z"\ w`:                   "POST http://a" + form + ` "xyz w"`,
		"curl a -d 'x\n  y'":                     "POST http://a" + form + ` "x\n  y"`,
		"curl a -d \"x\\\ny\r\nz\"":              "POST http://a" + form + ` "xy\nz"`,
		"curl a -d '' -d 'a#b' # c":              "POST http://a" + form + ` "&a#b"`,
		`curl "a?b=1&c=2"`:                       "GET http://a?b=1&c=2",
		"curl a -d \"100$ 5%\"":                  "POST http://a" + form + ` "100$ 5%"`,
		// bodies
		"curl a -d x=1 --data y":                                 "POST http://a" + form + ` "x=1&y"`,
		"curl a --data-raw @x":                                   "POST http://a" + form + ` "@x"`,
		"curl a --data-urlencode 'q=a b' --data-urlencode '=c&'": "POST http://a" + form + ` "q=a+b&c%26"`,
		"curl a --json '{}' -H 'accept: x'":                      "POST http://a [accept: x] [Content-Type: application/json] \"{}\"",
		"curl a -d x -H 'Content-Type: t'":                       "POST http://a [Content-Type: t] \"x\"",
		"curl a -d x -H 'Content-Type:'":                         "POST http://a \"x\"",
		"curl 'a?b#f' -G -d x=1 -d y --url-query z=1":            "GET http://a?b&z=1&x=1&y#f",
		"curl a -G":          "GET http://a",
		"curl a -X GET -d x": "GET http://a" + form + ` "x"`,
		// headers
		"curl a -H X: -H 'Y;' -H 'Content-Length: 5'": "GET http://a [Y: ]",
		"curl a -u me:pw":                                    "GET http://a [Authorization: Basic bWU6cHc=]",
		"curl a -u me:pw -H 'Authorization: x'":              "GET http://a [Authorization: x]",
		"curl a --oauth2-bearer t":                           "GET http://a [Authorization: Bearer t]",
		"curl a -b x=1 -H 'Cookie: y=2' -A ua -e 'r;auto'":   "GET http://a [Cookie: y=2] [User-Agent: ua] [Referer: r]",
		"curl a -b x=1 -b 'y=2; z=3'":                        "GET http://a [Cookie: x=1] [Cookie: y=2; z=3]",
		"curl a -b '' -A ''":                                 "GET http://a",
		"curl a -H 'Accept-Encoding: br'":                    "GET http://a [Accept-Encoding: br]",
		"curl a --compressed -H 'Accept-Encoding: br' -r0-5": "GET http://a [Range: bytes=0-5]",
	} {
		r, fault, more := command(text)
		if fault != nil || more {
			t.Errorf("%s: %v, more %v", text, fault, more)
		} else if got := brief(r); got != want {
			t.Errorf("%s:\n%s, want\n%s", text, got, want)
		}
	}
}

func TestCurlForm(t *testing.T) {
	r, fault, _ := command(`curl a -F 'x=1' -F 'y="a;\"b";type=text/x;filename=f' --form-string 'z=@no;type=t'`)
	if fault != nil {
		t.Fatal(fault)
	}
	kind := r.Header[0].Value.Value
	boundary, found := strings.CutPrefix(kind, "multipart/form-data; boundary=")
	if !found {
		t.Fatal(kind)
	}
	part := "--" + boundary + "\r\nContent-Disposition: form-data; name="
	want := part + "\"x\"\r\n\r\n1\r\n" + part + "\"y\"; filename=\"f\"\r\nContent-Type: text/x\r\n\r\na;\"b\r\n" + part + "\"z\"\r\n\r\n@no;type=t\r\n--" + boundary + "--\r\n"
	if got := r.Body.Value; got != want {
		t.Errorf("%q, want\n%q", got, want)
	}
}

// What can't be done as it was meant is said, with its place; nothing is looked up.
func TestCurlFaults(t *testing.T) {
	t.Setenv("HOST", "example.com")
	for text, want := range map[string]string{
		"wget a":                      "0 not a command of curl",
		"curl":                        "4 no URL",
		"curl -s":                     "4 no URL",
		"curl -X":                     "6 needs an argument",
		"curl -X 'a b' x":             "8 the method",
		"curl a b":                    "7 a second URL",
		"curl --nope a":               "5 --nope of curl is not known",
		"curl --requset X a":          "5 is it --request?",
		"curl -sQ a":                  "7 the option -Q",
		"curl -s\xff a":               "7 the option -\ufffd",
		"curl a -d @f":                "10 it would open a file",
		"curl a --json @f":            "14 it would open a file",
		"curl a --data-binary @-":     "21 it would open a file",
		"curl a --data-urlencode x@f": "24 it would open a file",
		"curl a -F x=@f":              "10 it would open a file",
		"curl a -F x=<f":              "12 a < outside of quotes",
		"curl a -F 'x=<f'":            "10 it would open a file",
		"curl a -H @f":                "10 it would open a file",
		"curl a -b jar":               "10 it would open a file",
		"curl a -K f":                 "8 it would open a file",
		"curl a -T f":                 "8 it would open a file",
		"curl a -x p":                 "8 --proxy",
		"curl a --cert c":             "7 --cert",
		"curl a --next b":             "7 a second request",
		"curl a --digest":             "7 only basic and bearer",
		"curl a -u me":                "10 without a password",
		"curl a -H X":                 "10 want 'Name: value'",
		"curl a -H $'X: a\\nb'":       `10 the header "X": it has the character '\n'`,
		"curl a -A $'a\\nb'":          `10 the header "User-Agent"`,
		"curl a -F x":                 "10 want name=value",
		"curl a -d x -F y=1":          "15 both -d and -F",
		"curl http://a/{b,c}":         "5 a range of curl",
		"curl 'http://a/[1-5]'":       "5 a range of curl",
		"curl a?b=1&c=2":              "10 ends the command",
		"curl a; curl b":              "6 ends the command",
		"curl a | jq":                 "7 a | outside",
		"curl a > f":                  "7 a > outside",
		"curl `id`":                   "5 a ` outside",
		"curl \"`id`\"":               "6 between double quotes",
		"curl $HOST":                  "5 in the place of this $",
		"curl ${HOST}":                "5 in the place of this $",
		"curl a -H \"X: $(id)\"":      "14 in the place of this $",
		`curl ^"http://a^" ^`:         "5 cmd.exe",
	} {
		r, fault, _ := command(text)
		if fault == nil {
			t.Errorf("%s: %s", text, brief(r))
		} else if at, reason, _ := strings.Cut(want, " "); fmt.Sprint(fault.At) != at || !strings.Contains(fault.Reason, reason) {
			t.Errorf("%s: %d %s, want %s", text, fault.At, fault.Reason, want)
		}
	}
}

// Where a command goes on in the next line, and what is open when there is none.
func TestCommandGoesOn(t *testing.T) {
	for text, want := range map[string]string{
		"curl 'a": "5 a quote that is never closed", "curl a \\": "-1 a backslash", "curl $'a\\'": "5 a quote", `curl "a\"`: "5 a quote", "curl a # 'x": "",
		"curl a#'b": "7 a quote", `curl a\\`: "",
	} {
		var c draft.Command
		more := c.Line([]byte(text), 0)
		if more != (want != "") {
			t.Errorf("%s: goes on: %v", text, more)
		}
		if at, reason := c.Open(); more && !strings.HasPrefix(fmt.Sprint(at, " ", reason), want) {
			t.Errorf("%s: open is %d %s, want %s", text, at, reason, want)
		}
	}
}
