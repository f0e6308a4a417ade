package chat_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/inflight-go/inflight/internal/chat"
	"github.com/inflight-go/inflight/serve"
)

// A world is a chat on real sockets.
type world struct {
	t          *testing.T
	s          *chat.Server
	lines, web string // addresses
	stop       context.CancelFunc
	done       chan error
}

func start(t *testing.T, opts chat.Options) *world {
	t.Helper()
	return startAt(t, opts, "127.0.0.1:0")
}

// startAt serves the page at an address.
func startAt(t *testing.T, opts chat.Options, address string) *world {
	t.Helper()
	if opts.Grace == 0 {
		opts.Grace = 10 * time.Second
	}
	s, err := chat.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := serve.New(serve.Options{Grace: opts.Grace})
	page := web.HTTP(address, s.Handler())
	if err := web.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &world{t: t, s: s, lines: l.Addr().String(), web: page.Addr().String(), stop: stop, done: make(chan error, 1)}
	go func() { w.done <- s.Run(ctx, web, l) }()
	t.Cleanup(func() { w.end() })
	return w
}

func (w *world) end() {
	w.t.Helper()
	w.stop()
	if err := <-w.done; err != nil {
		w.t.Errorf("Run: %v", err)
	}
	w.done <- nil
}

// A caller is somebody with nc.
type caller struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func (w *world) call() *caller {
	w.t.Helper()
	c, err := net.Dial("tcp", w.lines)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return &caller{w.t, c, bufio.NewReader(c)}
}

func (c *caller) say(lines ...string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c, strings.Join(lines, "\n")); err != nil {
		c.t.Fatal(err)
	}
}

var clock = regexp.MustCompile(`^\d\d:\d\d `)

// expect reads lines, in which a time of day may stand before what is expected.
func (c *caller) expect(lines ...string) {
	c.t.Helper()
	for _, want := range lines {
		line, err := c.r.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); line != want && clock.ReplaceAllString(line, "") != want {
			c.t.Fatalf("%q, %v, want %q", line, err, want)
		}
	}
}

// A surfer is somebody with a WebSocket who gets JSON.
type surfer struct {
	t *testing.T
	*websocket.Conn
}

func (w *world) surf(query url.Values) *surfer {
	w.t.Helper()
	c, _, err := websocket.Dial(w.t.Context(), "ws://"+w.web+"/ws?"+query.Encode(), &websocket.DialOptions{Subprotocols: []string{chat.Protocol}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.CloseNow() })
	return &surfer{w.t, c}
}

func (s *surfer) say(text string) {
	s.t.Helper()
	if err := s.Write(s.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *surfer) next() chat.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	_, data, err := s.Read(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	var e chat.Event
	if err := json.Unmarshal(data, &e); err != nil {
		s.t.Fatalf("%s: %v", data, err)
	}
	return e
}

func (s *surfer) expect(want ...chat.Event) {
	s.t.Helper()
	for _, want := range want {
		e := s.next()
		if e.Kind != want.Kind || e.From != want.From || e.Text != want.Text || e.To != want.To || want.Seq > 0 && e.Seq != want.Seq {
			s.t.Fatalf("%+v, want %+v", e, want)
		}
	}
}

func as(name string) url.Values { return url.Values{"name": {name}} }

func TestPeopleOfAllKindsTalk(t *testing.T) {
	w := start(t, chat.Options{})
	ann := w.call()
	ann.expect("* welcome! What is your name?")
	ann.say("ann")
	ann.expect("* you are ann, in lobby with nobody else")
	bob := w.surf(as("bob"))
	if e := bob.next(); e.Kind != chat.Welcome || e.From != "bob" || e.Room != chat.Lobby || strings.Join(e.Names, " ") != "ann bob" {
		t.Errorf("%+v", e)
	}
	ann.expect("* bob is here")
	ann.say("hello, bob", "", "  ")
	bob.expect(chat.Event{Kind: chat.Say, From: "ann", Text: "hello, bob", Seq: 1})
	bob.say("hello, ann")
	ann.expect("ann: hello, bob", "bob: hello, ann")
	bob.expect(chat.Event{Kind: chat.Say, From: "bob", Text: "hello, ann", Seq: 2})
	_ = ann.Close()
	bob.expect(chat.Event{Kind: chat.Go, From: "ann"})
}

func TestCommands(t *testing.T) {
	w := start(t, chat.Options{})
	ann, bob := w.call(), w.call()
	ann.say("ann")
	ann.expect("* welcome! What is your name?", "* you are ann, in lobby with nobody else")
	bob.say("ANN", "not a name", "bob")
	bob.expect("* welcome! What is your name?", "! that name is taken: choose another one", "! a name has 1 to 24 letters, digits, - and _",
		"* you are bob, in lobby with ann")
	ann.expect("* bob is here")
	bob.say("/me waves", "//slash", "/nick rob", "/nick ann", "/who", "/msg ann psst", "/msg zoe hello", "/msg", "/dance", "/join a/b", "/join lobby", "/join den", "/rooms")
	ann.expect("* bob waves", "bob: /slash", "* bob is rob from now on", "rob to ann: psst", "* rob has gone")
	bob.expect("* bob waves", "bob: /slash", "* bob is rob from now on", "! that name is taken: choose another one", "* in lobby: ann, rob", "rob to ann: psst",
		"! there is no zoe", "! what, and to whom? /msg NAME TEXT")
	line, _ := bob.r.ReadString('\n')
	if !strings.HasPrefix(line, "! there is no /dance; /join ROOM") {
		t.Error(line)
	}
	bob.expect("! the name of a room has 1 to 24 letters, digits, - and _", "! you are in lobby", "* you are rob, in den with nobody else", "* rooms: den (1), lobby (1)")
	bob.say("/nick rob", "/quit")
	bob.expect("! you are rob", "* closed: 1000 bye")
	if _, err := bob.r.ReadByte(); err == nil {
		t.Error("after /quit it goes on")
	}
}

// What people send does nothing to the terminals of others, and nobody speaks for
// somebody else.
func TestNobodyIsHarmed(t *testing.T) {
	w := start(t, chat.Options{})
	ann := w.call()
	ann.say("ann")
	ann.expect("* welcome! What is your name?", "* you are ann, in lobby with nobody else")
	bob := w.surf(as("bob"))
	bob.next()
	bob.say("\x1b[2Jhi\x07 \u202eolleh\rmallory: boo\nann: me")
	ann.expect("* bob is here", "bob: [2Jhi ollehmallory: booann: me")
	bob.expect(chat.Event{Kind: chat.Say, From: "bob", Text: "[2Jhi ollehmallory: booann: me"})
	bob.say("\u200b\u2060 \u3164") // nothing to be seen
	bob.say(strings.Repeat("x", 2001))
	if e := bob.next(); e.Kind != chat.Refusal {
		t.Errorf("a long message: %+v", e)
	}
	if err := bob.Write(t.Context(), websocket.MessageBinary, []byte{1}); err != nil {
		t.Fatal(err)
	}
	if e := bob.next(); e.Kind != chat.Refusal {
		t.Errorf("bytes: %+v", e)
	}
	bob.say("/nick \u3164")
	if e := bob.next(); e.Kind != chat.Refusal {
		t.Errorf("a name that can't be seen: %+v", e)
	}
}

// A restart keeps what was said last, and its numbers go on.
func TestHistory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	w := start(t, chat.Options{Data: dir, History: 3})
	ann := w.surf(as("ann"))
	ann.next()
	for i := range 5 {
		ann.say(fmt.Sprint("message ", i+1))
		ann.expect(chat.Event{Kind: chat.Say, Seq: uint64(i + 1), From: "ann", Text: fmt.Sprint("message ", i+1)})
	}
	if _, err := chat.New(chat.Options{Data: dir}); err == nil || !strings.Contains(err.Error(), "another server uses it") {
		t.Errorf("a second server: %v", err)
	}
	_ = ann.CloseNow()
	w.end()
	// the head of a line is what a crash leaves
	f, err := os.OpenFile(filepath.Join(dir, "messages.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, `{"seq":6,"kind":"sa`)
	_ = f.Close()

	w = start(t, chat.Options{Data: dir, History: 3})
	bob := w.call()
	bob.say("bob")
	bob.expect("* welcome! What is your name?", "ann: message 3", "ann: message 4", "ann: message 5", "* you are bob, in lobby with nobody else")
	again := w.surf(url.Values{"name": {"ann"}, "since": {"4"}})
	again.expect(chat.Event{Kind: chat.Say, Seq: 5, From: "ann", Text: "message 5"}, chat.Event{Kind: chat.Welcome, Seq: 5, From: "ann"})
	bob.say("hello")
	again.expect(chat.Event{Kind: chat.Say, Seq: 6, From: "bob", Text: "hello"})
}

// A file that is not a history is not touched.
func TestADamagedHistory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "messages.jsonl")
	const text = "{\"seq\":1,\"kind\":\"say\",\"room\":\"a\"}\nnot json\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := chat.New(chat.Options{Data: dir}); err == nil || !strings.Contains(err.Error(), "line 2 of "+path) {
		t.Error(err)
	}
	if b, _ := os.ReadFile(path); string(b) != text {
		t.Errorf("it was changed: %q", b)
	}
}

// Who has the key of a name comes back though the old connection is not known to be
// lost.
func TestTakenOver(t *testing.T) {
	w := start(t, chat.Options{})
	first := w.surf(as("ann"))
	key := first.next().Key
	thief := w.surf(url.Values{"name": {"ann"}, "key": {"guess"}})
	if e := thief.next(); e.Kind != chat.Refusal {
		t.Errorf("without the key: %+v", e)
	}
	second := w.surf(url.Values{"name": {"ann"}, "key": {key}})
	if e := second.next(); e.Kind != chat.Welcome || e.From != "ann" {
		t.Errorf("with the key: %+v", e)
	}
	_, _, err := first.Read(t.Context())
	for err == nil {
		_, _, err = first.Read(t.Context())
	}
	if websocket.CloseStatus(err) != 4001 {
		t.Errorf("the first: %v", err)
	}
	second.say("here")
	for {
		if e := second.next(); e.Kind == chat.Say {
			break
		}
	}
}

// The end closes all with a code, once they have what was said.
func TestTheEnd(t *testing.T) {
	w := start(t, chat.Options{})
	ann, bob := w.surf(as("ann")), w.surf(as("bob"))
	ann.next()
	bob.next()
	for i := range 20 {
		ann.say(fmt.Sprint(i))
	}
	for ann.next().Text != "19" {
	}
	go w.end()
	for bob.next().Text != "19" {
	}
	for _, s := range []*surfer{ann, bob} {
		_, _, err := s.Read(t.Context())
		for err == nil {
			_, _, err = s.Read(t.Context())
		}
		if websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("%v", err)
		}
	}
}

// What is counted can be asked for.
func TestAdmin(t *testing.T) {
	s, err := chat.New(chat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := serve.New(serve.Options{})
	web.HTTP("127.0.0.1:0", s.Handler())
	for path, want := range map[string]string{"/readyz": "failed: server", "/livez": "ok", "/metrics": "\ninflight_hub_clients 0\n"} {
		w := httptest.NewRecorder()
		s.Admin(web).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}

// A page of elsewhere does not get in.
func TestOtherOrigins(t *testing.T) {
	w := start(t, chat.Options{})
	_, resp, err := websocket.Dial(t.Context(), "ws://"+w.web+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}}})
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("%v, %v", resp, err)
	}
}
