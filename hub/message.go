package hub

import (
	"bytes"
	"unicode/utf8"

	"github.com/inflight-go/inflight/internal/ws"
)

// A Message is text in UTF-8, or bytes if it is Binary.
type Message struct {
	Data   []byte
	Binary bool
}

// Text returns a message of text.
func Text(s string) Message { return Message{Data: []byte(s)} }

// String returns the data.
func (m Message) String() string { return string(m.Data) }

// A form is how messages are written to a client.
type form uint8

const (
	plain    form = iota // WebSocket
	deflated             // WebSocket, and compression was agreed upon
	line                 // TCP
	forms
)

// A frame is a message as it is sent, made once for all clients. It never changes.
type frame struct {
	buf    []byte // room for a header, the payload, a line feed
	start  int    // of the header
	zip    []byte // the frame compressed, nil if that is not worth it
	line   []byte // the line, where it can't be a part of buf
	except []*Client
}

const (
	headerSpace = 10
	// Shorter messages are not compressed: it costs more than it brings.
	minDeflate = 256
)

// newFrame copies the message.
func newFrame(m Message, compress bool) *frame {
	f := &frame{buf: make([]byte, headerSpace, headerSpace+len(m.Data)+1)}
	var head [headerSpace]byte
	op := ws.Text
	if m.Binary {
		op = ws.Binary
	}
	h := ws.AppendHeader(head[:0], true, op, false, len(m.Data))
	f.start = headerSpace - len(h)
	copy(f.buf[f.start:], h)
	f.buf = append(append(f.buf, m.Data...), '\n')
	if bytes.IndexByte(m.Data, '\n') >= 0 || bytes.IndexByte(m.Data, '\r') >= 0 {
		f.line = oneLine(f.buf[headerSpace:])
	}
	if compress && len(m.Data) >= minDeflate {
		f.compress(op, m.Data)
	}
	return f
}

// oneLine returns a line in which what was several is one: nobody can make up lines of
// others.
func oneLine(s []byte) []byte {
	s = bytes.Clone(s)
	for i, b := range s[:len(s)-1] {
		if b == '\n' || b == '\r' {
			s[i] = ' '
		}
	}
	return s
}

func (f *frame) compress(op ws.Op, data []byte) {
	body := ws.Deflate(make([]byte, headerSpace, headerSpace+len(data)/2), data)
	n := len(body) - headerSpace
	if n >= len(data) {
		return
	}
	var head [headerSpace]byte
	h := ws.AppendHeader(head[:0], true, op, true, n)
	f.zip = body[headerSpace-len(h):]
	copy(f.zip, h)
}

// bytes returns the frame in a form.
func (f *frame) bytes(as form) []byte {
	switch {
	case as == deflated && f.zip != nil:
		return f.zip
	case as != line:
		return f.buf[f.start : len(f.buf)-1]
	case f.line != nil:
		return f.line
	}
	return f.buf[headerSpace:]
}

// check returns what is wrong with a message.
func (m Message) check() error {
	if !m.Binary && !utf8.Valid(m.Data) {
		return ErrNotUTF8
	}
	return nil
}
