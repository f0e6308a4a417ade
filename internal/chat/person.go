package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/inflight-go/inflight/hub"
)

// serve is the handler of each client.
func (s *Server) serve(ctx context.Context, c *hub.Client) error {
	p := &person{c: c, json: c.Protocol() == Protocol, key: newKey()}
	defer s.goodbye(ctx, p)
	return s.talk(ctx, p)
}

func (s *Server) talk(ctx context.Context, p *person) error {
	w, _ := p.c.User().(wish)
	if err := s.greet(ctx, p, w); err != nil {
		return err
	}
	for m := range p.c.Messages(ctx) {
		err := s.hear(ctx, p, w, m)
		var no refusal
		if errors.As(err, &no) {
			err = s.send(ctx, p, &Event{Kind: Refusal, Text: no.Error()})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A refusal is what a person is told; the connection goes on.
type refusal struct{ error }

// greet lets in who came with a name, and asks who did not.
func (s *Server) greet(ctx context.Context, p *person, w wish) error {
	if w.name == "" {
		return s.send(ctx, p, &Event{Kind: Note, Text: "welcome! What is your name?"})
	}
	err := s.introduce(ctx, p, w, w.name)
	var no refusal
	if errors.As(err, &no) {
		return s.send(ctx, p, &Event{Kind: Refusal, Text: no.Error()})
	}
	return err
}

// introduce gives a person a name, and shows it in.
func (s *Server) introduce(ctx context.Context, p *person, w wish, name string) error {
	if err := s.take(p, name, w.key); err != nil {
		return refusal{err}
	}
	room := Lobby
	if isName(w.room, longestRoom) {
		room = w.room
	}
	since, _ := strconv.ParseUint(w.since, 10, 64)
	if err := s.enter(ctx, p, room, since); err != nil || w.room == "" || w.room == room {
		return err
	}
	return refusal{errRoom}
}

// hear does what a line says.
func (s *Server) hear(ctx context.Context, p *person, w wish, m hub.Message) error {
	if m.Binary {
		return refusal{errors.New("that was not text")}
	}
	text := clean(m.String())
	switch {
	case text == "":
		return nil
	case utf8.RuneCountInString(text) > longestText:
		return refusal{fmt.Errorf("that is too long: a message has %d letters at most", longestText)}
	case p.name == "":
		if text == "/quit" {
			return bye
		}
		return s.introduce(ctx, p, w, text)
	case strings.HasPrefix(text, "//"): // a message that begins with a slash
		text = text[1:]
	case text[0] == '/':
		return s.command(ctx, p, text)
	}
	return s.tell(ctx, &Event{Kind: Say, Room: p.room, From: p.name, Text: text})
}

// enter brings a person into a room: it gets what was said there after a number, and
// misses nothing from then on.
func (s *Server) enter(ctx context.Context, p *person, room string, since uint64) error {
	if err := s.order.Lock(ctx); err != nil {
		return err
	}
	defer s.order.Unlock()
	s.depart(ctx, p)
	s.mu.Lock()
	p.room = room
	s.rooms[room] = append(s.rooms[room], p)
	names := s.names(room)
	s.mu.Unlock()

	for _, e := range s.history.since(room, since) {
		if err := s.send(ctx, p, &e); err != nil {
			return err
		}
	}
	p.c.Join(p.address(room))
	welcome := Event{Seq: s.history.seq, Kind: Welcome, Room: room, From: p.name, Names: names, Key: p.key, Rate: s.opts.Rate}
	if err := s.send(ctx, p, &welcome); err != nil {
		return err
	}
	return s.spread(ctx, &Event{Kind: Come, Room: room, From: p.name}, p.c)
}

// depart takes a person out of the room that it is in. The order is held.
func (s *Server) depart(ctx context.Context, p *person) {
	if p.room == "" {
		return
	}
	s.mu.Lock()
	left := slices.DeleteFunc(s.rooms[p.room], func(q *person) bool { return q == p })
	if s.rooms[p.room] = left; len(left) == 0 {
		delete(s.rooms, p.room)
	}
	s.mu.Unlock()
	p.c.Leave(p.address(p.room))
	_ = s.spread(ctx, &Event{Kind: Go, Room: p.room, From: p.name}, p.c) // nobody, when the hub ends
	p.room = ""
}

// goodbye forgets a client that has gone.
func (s *Server) goodbye(ctx context.Context, p *person) {
	ctx = context.WithoutCancel(ctx)
	if p.name == "" || s.order.Lock(ctx) != nil {
		return
	}
	defer s.order.Unlock()
	s.depart(ctx, p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.people[fold(p.name)] == p {
		delete(s.people, fold(p.name))
	}
}

// names returns who is in a room. The lock is held.
func (s *Server) names(room string) []string {
	var names []string
	for _, p := range s.rooms[room] {
		names = append(names, p.name)
	}
	slices.Sort(names)
	return names
}

// tell has the history keep what is said, and tells everybody in the room: who said it
// as well, so that it knows that it was said.
func (s *Server) tell(ctx context.Context, e *Event) error {
	if err := s.order.Lock(ctx); err != nil {
		return err
	}
	defer s.order.Unlock()
	e.At = time.Now().UTC().Truncate(time.Millisecond)
	if e.stays() {
		if err := s.history.add(e); err != nil {
			s.opts.Log.Error("history", "error", err)
			return refusal{errors.New("that was not said: the server can't write it down")}
		}
	}
	return s.spread(ctx, e)
}

// spread sends an event to all in its room. The order is held, and the event reaches
// all though the one who has caused it goes.
func (s *Server) spread(ctx context.Context, e *Event, except ...*hub.Client) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(
		s.hub.Room(asLine+e.Room).Broadcast(ctx, hub.Text(e.Line()), except...),
		s.hub.Room(asJSON+e.Room).Broadcast(ctx, hub.Message{Data: e.json()}, except...))
}

// send sends an event to one person.
func (s *Server) send(ctx context.Context, p *person, e *Event) error {
	if p.json {
		return p.c.Send(ctx, hub.Message{Data: e.json()})
	}
	return p.c.Send(ctx, hub.Text(e.Line()))
}

// The rooms of the hub: each room of the chat is one for lines, and one for JSON.
const (
	asLine = "line "
	asJSON = "json "
)

func (p *person) address(room string) string {
	if p.json {
		return asJSON + room
	}
	return asLine + room
}
