package chat

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// Protocol is the subprotocol of WebSockets that get events in JSON.
const Protocol = "inflight-chat"

// A Kind is what an event is about.
type Kind string

const (
	Say     Kind = "say"     // From says Text
	Act     Kind = "act"     // From does Text: /me
	Private Kind = "private" // From says Text to To, and to nobody else
	Come    Kind = "come"    // From is in the room from now on
	Go      Kind = "go"      // From is not in the room any more
	Rename  Kind = "rename"  // From is called To from now on
	Welcome Kind = "welcome" // the one who gets it is From, and in Room with Names
	Note    Kind = "note"    // Text is for the one who gets it
	Refusal Kind = "refusal" // Text says what was wrong
)

// An Event is what a client is sent. What does not concern a Kind is empty.
type Event struct {
	Seq   uint64    `json:"seq,omitempty"` // of what was said, in all rooms together
	At    time.Time `json:"at,omitzero"`
	Kind  Kind      `json:"kind"`
	Room  string    `json:"room,omitempty"`
	From  string    `json:"from,omitempty"`
	To    string    `json:"to,omitempty"`
	Text  string    `json:"text,omitempty"`
	Names []string  `json:"names,omitempty"`
	Key   string    `json:"key,omitempty"`  // of a Welcome: with it the name can be taken over
	Rate  string    `json:"rate,omitempty"` // of a Welcome: how many lines one may send, "50/10s"
}

// stays reports whether the event belongs into the history.
func (e *Event) stays() bool { return e.Kind == Say || e.Kind == Act }

// Line returns the event as people read it.
func (e *Event) Line() string {
	switch e.Kind {
	case Say:
		return e.clock() + e.From + ": " + e.Text
	case Act:
		return e.clock() + "* " + e.From + " " + e.Text
	case Private:
		return e.clock() + e.From + " to " + e.To + ": " + e.Text
	case Come:
		return "* " + e.From + " is here"
	case Go:
		return "* " + e.From + " has gone"
	case Rename:
		return "* " + e.From + " is " + e.To + " from now on"
	case Welcome:
		return "* you are " + e.From + ", in " + e.Room + " with " + others(e.Names, e.From)
	case Refusal:
		return "! " + e.Text
	}
	return "* " + e.Text
}

func (e *Event) clock() string { return e.At.Local().Format("15:04 ") }

func others(names []string, own string) string {
	var others []string
	for _, name := range names {
		if name != own {
			others = append(others, name)
		}
	}
	if others == nil {
		return "nobody else"
	}
	return strings.Join(others, ", ")
}

func (e *Event) json() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // it has nothing that could fail
	}
	return b
}

const (
	longestText = 2000 // letters
	longestName = 24
	longestRoom = 24
)

// clean takes out what could do something to a terminal, or turn text around. Of text in
// which nothing can be seen it leaves nothing.
func clean(text string) string {
	text = strings.TrimSpace(strings.Map(func(c rune) rune {
		switch {
		case c == '\t':
			return ' '
		case unicode.IsControl(c), c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == 0x2028, c == 0x2029:
			return -1
		}
		return c
	}, text))
	if !strings.ContainsFunc(text, isVisible) {
		return ""
	}
	return text
}

func isVisible(c rune) bool {
	switch c {
	case 0x115f, 0x1160, 0x3164, 0xffa0: // letters that are drawn as nothing
		return false
	}
	return unicode.IsGraphic(c) && !unicode.IsSpace(c)
}

// isName reports whether a name, of a person or of a room, is one: letters, digits,
// "-" and "_".
func isName(name string, longest int) bool {
	n := 0
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '-' && c != '_' || !isVisible(c) {
			return false
		}
		n++
	}
	return n > 0 && n <= longest
}

// fold is what two names have in common that people can't tell apart.
func fold(name string) string { return strings.ToLower(name) }
