//go:build unix

package chat_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/inflight-go/inflight/internal/browser"
	"github.com/inflight-go/inflight/internal/chat"
)

// said returns an expression for what is said in the messages, separated by |.
const said = `[...document.querySelectorAll('#log li.say')].map(li => li.querySelector('b').textContent + ': ' + li.querySelector('span').textContent).join('|')`

// write types a line into the page, as a person does.
func write(b *browser.Browser, line string) {
	b.Click(`document.querySelector('#line')`)
	for _, c := range line {
		b.Key(string(c))
	}
	b.Key("Enter")
}

// Two people with browsers and one with nc talk to each other, and the server comes
// again meanwhile.
func TestThePage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	w := start(t, chat.Options{Data: dir})
	ann := browser.Open(t, "http://"+w.web+"/", 900, 700)
	ann.Until(`document.querySelector('#state').textContent`, "connected")
	write(ann, "an n")
	ann.Until(`document.querySelector('#log .refusal')?.textContent`, "a name has 1 to 24 letters, digits, - and _")
	write(ann, "ann")
	ann.Until(`document.querySelector('#state').textContent`, "you are ann")
	ann.Until(`document.querySelector('#room').textContent`, "lobby")

	bob := browser.Open(t, fmt.Sprintf("http://%s/?name=bob", w.web), 900, 700)
	bob.Until(`document.querySelector('#state').textContent`, "you are bob")
	ann.Until(`document.querySelector('#people').textContent`, "ann (you)bob")
	write(ann, "hello bob")
	bob.Until(said, "ann: hello bob")
	write(bob, "<b>hi</b>")
	ann.Until(said, "ann: hello bob|bob: <b>hi</b>")
	ann.Until(`document.querySelectorAll('#log li.own').length`, "1")
	ann.Until(`document.querySelectorAll('#log li.waiting').length`, "0")

	carl := w.call()
	carl.say("carl", "/me knocks")
	bob.Until(said, "ann: hello bob|bob: <b>hi</b>|carl: * carl knocks")
	carl.say("/quit")
	bob.Until(`document.querySelector('#people').textContent`, "annbob (you)")

	write(bob, "/join den")
	bob.Until(`document.querySelector('#room').textContent`, "den")
	bob.Until(said, "")
	write(bob, "/join lobby")
	bob.Until(said, "ann: hello bob|bob: <b>hi</b>|carl: * carl knocks")
	ann.Picture("chat-page")
	ann.Quiet()
	bob.Quiet()

	w.end()
	ann.Until(`document.querySelector('#light').className`, "light ")
	address := w.web
	write(ann, "is anybody there")
	startAt(t, chat.Options{Data: dir}, address)
	ann.Until(`document.querySelector('#state').textContent`, "you are ann")
	bob.Until(said, "ann: hello bob|bob: <b>hi</b>|carl: * carl knocks|ann: is anybody there")
	ann.Until(said, "ann: hello bob|bob: <b>hi</b>|carl: * carl knocks|ann: is anybody there")

	write(bob, "/quit")
	bob.Until(`document.querySelector('#state').textContent`, "bye")
	ann.Until(`document.querySelector('#people').textContent`, "ann (you)")
	bob.Until(`document.querySelector('#send').textContent`, "join again")
	bob.Click(`document.querySelector('#send')`)
	bob.Until(`document.querySelector('#state').textContent`, "you are bob")
	ann.Until(`document.querySelector('#people').textContent`, "ann (you)bob")
}
