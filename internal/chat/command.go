package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inflight-go/inflight/hub"
)

// bye closes a client that wants to go.
var bye = &hub.CloseError{Code: hub.Normal, Reason: "bye"}

const help = "/join ROOM, /rooms, /who, /nick NAME, /me DOES, /msg NAME TEXT, /quit; // for a message that begins with a slash"

// command does what a line that begins with a slash says.
func (s *Server) command(ctx context.Context, p *person, line string) error {
	name, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch name {
	case "/quit":
		return bye
	case "/help":
		return s.send(ctx, p, &Event{Kind: Note, Text: help})
	case "/who":
		s.mu.Lock()
		names := s.names(p.room)
		s.mu.Unlock()
		return s.send(ctx, p, &Event{Kind: Note, Text: "in " + p.room + ": " + strings.Join(names, ", ")})
	case "/rooms":
		return s.send(ctx, p, &Event{Kind: Note, Text: s.listRooms()})
	case "/me":
		if rest == "" {
			return refusal{errors.New("what do you do? /me DOES")}
		}
		return s.tell(ctx, &Event{Kind: Act, Room: p.room, From: p.name, Text: rest})
	case "/join":
		return s.join(ctx, p, rest)
	case "/nick":
		return s.rename(ctx, p, rest)
	case "/msg":
		to, text, _ := strings.Cut(rest, " ")
		return s.whisper(ctx, p, to, strings.TrimSpace(text))
	}
	return refusal{fmt.Errorf("there is no %s; %s", name, help)}
}

// listRooms says who is where.
func (s *Server) listRooms() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rooms []string
	for room, people := range s.rooms {
		rooms = append(rooms, fmt.Sprintf("%s (%d)", room, len(people)))
	}
	slices.Sort(rooms)
	const most = 50
	if more := len(rooms) - most; more > 0 {
		rooms = append(rooms[:most], fmt.Sprintf("and %d more", more))
	}
	return "rooms: " + strings.Join(rooms, ", ")
}

func (s *Server) join(ctx context.Context, p *person, room string) error {
	if !isName(room, longestRoom) {
		return refusal{errRoom}
	}
	if room == p.room {
		return refusal{fmt.Errorf("you are in %s", room)}
	}
	return s.enter(ctx, p, room, 0)
}

func (s *Server) rename(ctx context.Context, p *person, name string) error {
	if err := s.order.Lock(ctx); err != nil {
		return err
	}
	defer s.order.Unlock()
	if name == p.name {
		return refusal{fmt.Errorf("you are %s", name)}
	}
	old := p.name
	if err := s.take(p, name, ""); err != nil {
		return refusal{err}
	}
	return s.spread(ctx, &Event{Kind: Rename, Room: p.room, From: old, To: name})
}

// whisper says something to one person, and shows it to the one who says it.
func (s *Server) whisper(ctx context.Context, p *person, to, text string) error {
	if to == "" || text == "" {
		return refusal{errors.New("what, and to whom? /msg NAME TEXT")}
	}
	s.mu.Lock()
	other := s.people[fold(to)]
	s.mu.Unlock()
	if other == nil {
		return refusal{fmt.Errorf("there is no %s", to)}
	}
	e := &Event{Kind: Private, At: time.Now().UTC(), From: p.name, To: to, Text: text}
	if err := s.send(ctx, other, e); err != nil {
		return refusal{fmt.Errorf("%s has just gone", to)}
	}
	if other == p {
		return nil
	}
	return s.send(ctx, p, e)
}
