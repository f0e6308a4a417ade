package main_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// Tokens come from the endpoint that the file names, one for all rows, and no secret
// stands in anything that is written.
func TestFetchOAuth2(t *testing.T) {
	var tokens, served atomic.Int64
	var wrong atomic.Bool
	url := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			user, password, _ := r.BasicAuth()
			if user != "me" || password != "hush1" || wrong.Load() {
				w.WriteHeader(401)
				fmt.Fprintf(w, `{"error":"invalid_client","error_description":"%s is not known"}`, password)
				return
			}
			fmt.Fprintf(w, `{"access_token":"hush%d","expires_in":3600}`, 100+tokens.Add(1))
			return
		}
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer hush%d", 100+tokens.Load()) {
			w.WriteHeader(401)
			return
		}
		if served.Add(1) == 20 {
			tokens.Add(1) // what was given is no longer good
		}
		io.WriteString(w, "fine")
	})
	file := "token_url: " + url + "/token\nclient_id: me\nclient_secret: \"cmd:echo hush1\"\nscopes: [a]\n"
	cmd := process(t, "fetch", url+"/?{1..60}", "-o", "out.jsonl", "--oauth2", "auth.yaml", "-c", "5", "-v", "--include", "headers")
	write(t, cmd, "auth.yaml", file)
	code, _, errOut := run(t, cmd)
	if code != 0 || tokens.Load() != 3 {
		t.Errorf("exit code %d, %d tokens: %s", code, tokens.Load(), errOut)
	}
	wantLines(t, results(t, output(cmd, "out.jsonl")), 60)
	wantNoSecret(t, cmd.Dir, errOut)

	dry := process(t, "fetch", url+"/?{1..60}", "--oauth2", "auth.yaml", "--dry-run=1")
	write(t, dry, "auth.yaml", file)
	if code, out, errOut := run(t, dry); code != 0 || strings.Contains(out+errOut, "hush") {
		t.Errorf("exit code %d: %s%s", code, out, errOut)
	}

	wrong.Store(true)
	cmd = process(t, "fetch", url+"/?{1..9}", "-o", "out.jsonl", "--oauth2", "auth.yaml")
	write(t, cmd, "auth.yaml", file)
	code, _, errOut = run(t, cmd)
	if code != 1 || !strings.Contains(errOut, "auth") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	for _, r := range wantLines(t, results(t, output(cmd, "out.jsonl")), 9) {
		if r.Error == nil || r.Error.Class != "auth" || !strings.Contains(r.Error.Message, "invalid_client: (secret) is not known") {
			t.Errorf("%+v", r.Error)
		}
	}
	wantNoSecret(t, cmd.Dir, errOut)
}

// wantNoSecret looks for a secret in what was written.
func wantNoSecret(t *testing.T, dir, errOut string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if text, _ := os.ReadFile(dir + "/" + e.Name()); e.Name() != "auth.yaml" {
			errOut += string(text)
		}
	}
	if strings.Contains(errOut, "hush") {
		t.Errorf("a secret is in %s", errOut)
	}
}

// What is wrong with the file is said, without repeating what may be secret.
func TestFetchOAuth2BadFile(t *testing.T) {
	for text, want := range map[string]string{
		"token_ulr: hush\n":                                 "token_ulr",
		"token_url: [hush\n":                                "auth.yaml",
		"token_url: http://id.example/\n":                   "client's id and secret",
		"token_url: hush\nclient_id: a\nclient_secret: b\n": "https://",
		"token_url: http://id.example/\nclient_id: a\nclient_secret: env:NOT_THERE\n":  "client_secret: env:NOT_THERE: the variable is not set",
		"token_url: http://id.example/\nclient_id: a\nclient_secret: \"cmd:exit 3\"\n": "exit status 3",
		"grant: password\n":      "grant: want client_credentials or refresh_token",
		"grant: refresh_token\n": "needs a refresh_token",
		"token_url: http://id.example/\nrefresh_token: a\nauth: hush\n": "auth: want basic or body",
	} {
		cmd := process(t, "fetch", "demo:///", "-o", "out.jsonl", "--oauth2", "auth.yaml")
		write(t, cmd, "auth.yaml", text)
		code, _, errOut := run(t, cmd)
		hidden := !strings.Contains(errOut, "hush") || strings.HasPrefix(text, "token_url: hush")
		if code != 2 || !strings.Contains(errOut, want) || !hidden {
			t.Errorf("%q: exit code %d: %s", text, code, errOut)
		}
	}
	cmd := process(t, "fetch", "demo:///", "--oauth2", "auth.yaml", "--bearer", "x")
	if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, "--bearer") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

// A configuration that came with the folder runs no command, sends nothing another way,
// and writes over nothing.
func TestConfigOfTheFolder(t *testing.T) {
	for _, text := range []string{
		"defaults: {bearer: \"cmd:touch gone\"}\n", "profiles: {p: {oauth2: auth.yaml}}\n",
		"defaults: {proxy: \"http://127.0.0.1:1\"}\n", "defaults: {insecure: true}\n", "defaults: {output: out.jsonl, force: true}\n",
		"defaults: {resolve: \"example.com:443:127.0.0.1\"}\n", "profiles: {p: {log: out.jsonl}}\n",
	} {
		cmd := process(t, "fetch", "demo:///")
		write(t, cmd, "inflight.yaml", text)
		if code, _, errOut := run(t, cmd); code != 2 || !strings.Contains(errOut, "--config") {
			t.Errorf("%q: exit code %d: %s", text, code, errOut)
		}
	}
	cmd := process(t, "fetch", "demo:///", "--config", "inflight.yaml")
	write(t, cmd, "inflight.yaml", "defaults: {bearer: \"cmd:touch there; echo x\"}\n")
	if code, _, errOut := run(t, cmd); code != 0 {
		t.Errorf("named: exit code %d: %s", code, errOut)
	}
	if _, err := os.Stat(output(cmd, "there")); err != nil {
		t.Error(err)
	}
}
