package secret_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/secret"
)

func TestNames(t *testing.T) {
	for _, name := range []string{
		"token", "access_token", "X-Api-Key", "apikey", "key", "sig", "signature", "X-Amz-Signature", "password", "passwd",
		"client_secret", "auth", "code", "Authorization", "Set-Cookie", "Ocp-Apim-Subscription-Key", "session.id", "JWT",
		strings.Repeat("x", 100) + "-token",
	} {
		if !secret.Name(name) {
			t.Errorf("%s is not secret", name)
		}
	}
	for _, name := range []string{"", "id", "page", "max_tokens", "page_token", "nextPageToken", "keyword", "author", "country_code", "design", "compass"} {
		if secret.Name(name) {
			t.Errorf("%s is secret", name)
		}
	}
}

func TestURLs(t *testing.T) {
	for in, want := range map[string]string{
		"http://a/":            "http://a/",
		"http://u:p@a/x?y=1#f": "http://u:REDACTED@a/x?y=1#f",
		"http://u:p%40q@a":     "http://u:REDACTED@a",
		"http://u:p@q@a/":      "http://u:REDACTED@a/",
		"http://u:p:q@a/":      "http://u:REDACTED@a/",
		"http://u:p/q@a/":      "http://u:REDACTED@a/",
		"http://u@a/b@c":       "http://REDACTED@a/b@c",
		"http://u:@a/":         "http://REDACTED:@a/",
		"http://u@a:80/":       "http://REDACTED@a:80/",
		"http://@a/":           "http://@a/",
		"http://:p@a/":         "http://:REDACTED@a/",
		"http://a:80/b@c":      "http://a:80/b@c",
		"http://[::1]:80/b@c":  "http://[::1]:80/b@c",
		"http://u:p@a/b@c":     "http://u:REDACTED@a/b@c",
		"http://a:b:c/":        "http://a:b:c/",
		"http://a/?x=1&%zz=2":  "http://a/?x=1&%zz=REDACTED",
		"https://a/?api_key=1&b=2&token=3&key=4&c#x":    "https://a/?api_key=REDACTED&b=2&token=REDACTED&key=REDACTED&c#x",
		"http://a/?access%5Ftoken=1":                    "http://a/?access%5Ftoken=REDACTED",
		"http://a/#access_token=1&n=2":                  "http://a/#access_token=REDACTED&n=2",
		"http://a/?sig=a=b?c;d/e&n=2":                   "http://a/?sig=REDACTED&n=2",
		"http://a/?a=1;token=2":                         "http://a/?a=1;token=REDACTED",
		"http://a/?token=":                              "http://a/?token=",
		"/path?page=2&token=x":                          "/path?page=2&token=REDACTED",
		"https://a/?next=https://u:geheim@b/?page=3":    "https://a/?next=https://u:geheim@b/?page=3",
		"https://a/?X-Amz-Credential=q%2Fr&Expires=300": "https://a/?X-Amz-Credential=REDACTED&Expires=300",
	} {
		if got := secret.URL(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]string{
		"no answer": "no answer",
		`GET "http://u:p@a/?token=x&n=1": refused`:       `GET "http://u:REDACTED@a/?token=REDACTED&n=1": refused`,
		"bad: http://u:p q@a/x":                          "bad: http://u:REDACTED@a/x",
		"see http://a:80/ and mail b@c":                  "see http://a:80/ and mail b@c",
		"the path /x?api_key=y is not there":             "the path /x?api_key=REDACTED is not there",
		"http://a/?key=1: no; http://b/?sig=2 no either": "http://a/?key=REDACTED: no; http://b/?sig=REDACTED no either",
	} {
		if got := secret.Text(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestBodies(t *testing.T) {
	for in, want := range map[string]string{
		"user=ann&password=x+y&n=1":                   "user=ann&password=REDACTED&n=1",
		"client_secret=x":                             "client_secret=REDACTED",
		`{"api_key": "x\"y", "n": 1, "max_tokens":5}`: `{"api_key": "REDACTED", "n": 1, "max_tokens":5}`,
		`{"pin":{"password":1234}}`:                   `{"pin":{"password":REDACTED}}`,
		`{"to":"http://u:p@a/"}`:                      `{"to":"http://u:REDACTED@a/"}`,
		"plain text":                                  "plain text",
		"--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nx\r\ny\r\n--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n--b--": "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nREDACTED\r\n--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n1\r\n--b--",
	} {
		if got := secret.Body(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestMasks(t *testing.T) {
	for in, want := range map[string]string{
		"http://ü:pä@a/?token=xyz{": "http://ü:**@a/?token=****",
		`{"password": "äb", "n": {`: `{"password": "**", "n": {`,
	} {
		if got := secret.Mask(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"Bearer ab {{.c}} d": "**********{{.c}}**", "{{.x": "{{.x", "ab": "**", "": "", "a{{b}}": "*{{b}}",
	} {
		if got := secret.MaskAll(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestCommandLines(t *testing.T) {
	args := []string{
		"inflight", "fetch", "http://u:hush@a/?token=hush&n=1", "--bearer", "hush", "--bearer=env:TOKEN", "--user", "ann:hush", "-H", "X-Api-Key: hush",
		"-HCookie: hush", "-H", "hush", "--query=sig=hush", "--cookie", "hush", "--proxy", "u:hush@p:1", "-d", "password=hush", "--json", `{"secret":"hush"}`,
		"-o", "out.jsonl", "--form", "n=1", "--multipart", "key=hush", "--post", "http://a/?key=hush",
	}
	got := strings.Join(secret.Args(args), " ")
	if strings.Contains(got, "hush") {
		t.Errorf("a secret is left: %s", got)
	}
	for _, want := range []string{"--bearer=env:TOKEN", "--user ann:REDACTED", "n=1", "-o out.jsonl", "REDACTED@p:1"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if !slices.Contains(args, "ann:hush") {
		t.Error("the words given were changed")
	}
	if got := secret.Header("Authorization", "Bearer abc") + secret.Header("Accept", "text/html"); got != "Bearer REDACTEDtext/html" {
		t.Errorf("headers: %s", got)
	}
}

// Whatever the text is, nothing breaks, and what is redacted once is redacted for good.
func FuzzSecrets(f *testing.F) {
	for _, s := range []string{"http://u:p@a/?token=b#key=c", `{"secret":"x"}`, "a=b&key=c", "--b form-data; name=\"key\"\r\n\r\nx\r\n--", "?=&;#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, hide := range map[string]func(string) string{"URL": secret.URL, "Text": secret.Text} {
			if once := hide(s); hide(once) != once {
				t.Errorf("%s(%q) = %q, and of that %q", name, s, once, hide(once))
			}
		}
		_ = secret.Body(s)
		if got := secret.Mask(s); utf8.ValidString(s) && utf8.RuneCountInString(got) != utf8.RuneCountInString(s) {
			t.Errorf("Mask(%q) = %q", s, got)
		}
		_ = secret.Args([]string{s, s})
		const hush = "geheim"
		if got := secret.URL("http://user:" + hush + "@host/?token=" + hush); strings.Contains(got, hush) {
			t.Error(got)
		}
	})
}
