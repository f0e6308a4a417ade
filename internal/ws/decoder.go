package ws

import "unicode/utf8"

// A Decoder makes messages of the bytes that a client sends. Its fields are set
// before it is used.
type Decoder struct {
	Max     int  // the most bytes of a message, before and after decompression
	Deflate bool // compression was agreed upon

	op         Op // of the message under way, Continuation for none
	compressed bool
	inside     bool // the payload of a data frame, which has more to come
	fin        bool // that frame is the last of its message
	key        [4]byte
	pos        int    // how many bytes of the payload are there
	left       int64  // how many are not
	msg        []byte // of the message under way, or the one that was returned last
	checked    int    // so many bytes of msg are known to be UTF-8
	frames     int
}

// An Event is what a decoder finds. Its Op is Text or Binary for a whole message,
// Ping, Pong or Close; and Continuation where more bytes are needed. Code is that of
// a Close, and Data what was said with it.
type Event struct {
	Op   Op
	Code int
	Data []byte // until the next call; in the bytes that were given, or the decoder's own
}

// Frames returns how many frames have begun, of any kind.
func (d *Decoder) Frames() int { return d.frames }

// Idle reports whether no message is under way, and lets go of the memory of the last.
func (d *Decoder) Idle() bool {
	if d.op != Continuation || d.inside {
		return false
	}
	d.msg = nil
	return true
}

// Next takes bytes from b, which it may change, and returns what it finds and how many
// it has used. It is called again with the rest, until it finds nothing: then what it
// has left is less than a control frame, and has to be there again, before what comes.
// The error is an *Error, and the end.
func (d *Decoder) Next(b []byte) (ev Event, n int, err error) {
	for {
		if d.inside {
			ev, used, err := d.payload(b[n:])
			n += used
			if ev.Op != Continuation || err != nil || d.inside {
				return ev, n, err
			}
		}
		h, size, err := ParseHeader(b[n:])
		if err == nil {
			err = d.check(b[n:], h, size)
		}
		if err != nil || size == 0 {
			return Event{}, n, err
		}
		if h.Op.control() {
			if len(b)-n-size < int(h.Len) {
				return Event{}, n, nil
			}
			d.frames++
			body := b[n+size:][:h.Len]
			Mask(body, h.Key, 0)
			ev, err := control(h.Op, body)
			return ev, n + size + len(body), err
		}
		d.begin(h)
		n += size
	}
}

// check says what is wrong with a frame, as soon as that can be known: of a header
// that is not complete only the first two bytes count.
func (d *Decoder) check(b []byte, h Header, size int) error {
	if len(b) < 2 {
		return nil
	}
	first := d.op == Continuation
	switch {
	case h.RSV&^rsv1 != 0, h.RSV != 0 && (!d.Deflate || h.Op.control() || h.Op == Continuation):
		return errReserved
	case !h.Op.known():
		return errOp
	case !h.Masked:
		return errUnmasked
	case h.Op.control() && (!h.Fin || h.Len > MaxControl):
		return errControl
	case h.Op == Continuation && first:
		return errContinues
	case !h.Op.control() && h.Op != Continuation && !first:
		return errUnfinished
	case size > 0 && !h.Op.control() && h.Len > int64(d.Max-d.size()):
		return errTooBig(d.Max)
	}
	return nil
}

// size returns how many bytes of the message under way are there.
func (d *Decoder) size() int {
	if d.op == Continuation {
		return 0
	}
	return len(d.msg)
}

func (d *Decoder) begin(h Header) {
	if h.Op != Continuation {
		d.op, d.compressed = h.Op, h.RSV != 0
		d.msg, d.checked = d.msg[:0], 0
	}
	d.inside, d.fin, d.key, d.pos, d.left = true, h.Fin, h.Key, 0, h.Len
	d.frames++
}

// payload takes what there is of a data frame.
func (d *Decoder) payload(b []byte) (ev Event, n int, err error) {
	b = b[:min(int64(len(b)), d.left)]
	n = len(b)
	Mask(b, d.key, d.pos)
	d.pos = (d.pos + n) & 3
	d.left -= int64(n)
	whole := d.left == 0 && d.fin
	if !whole || len(d.msg) > 0 {
		d.msg = append(d.msg, b...)
		b = d.msg
	}
	if d.op == Text && !d.compressed {
		if d.checked, err = checkText(b, d.checked, whole); err != nil {
			return Event{}, n, err
		}
	}
	d.inside = d.left > 0
	if !whole {
		return Event{}, n, nil
	}
	ev = Event{Op: d.op, Data: b}
	d.op = Continuation
	if d.compressed {
		ev.Data, err = d.inflate(ev)
	}
	return ev, n, err
}

// inflate returns what a compressed message says.
func (d *Decoder) inflate(ev Event) ([]byte, error) {
	text, err := Inflate(nil, ev.Data, d.Max)
	if err == nil && ev.Op == Text && !utf8.Valid(text) {
		err = errNotUTF8
	}
	return text, err
}

// checkText goes on checking b, of which so many bytes are known to be good, and
// returns how many are now: all, but for a character that is not complete.
func checkText(b []byte, good int, whole bool) (int, error) {
	end := len(b)
	if !whole {
		for i := end - 1; i >= max(good, end-utf8.UTFMax+1); i-- {
			if utf8.RuneStart(b[i]) {
				if !utf8.FullRune(b[i:]) {
					end = i
				}
				break
			}
		}
	}
	if !utf8.Valid(b[good:end]) {
		return good, errNotUTF8
	}
	return end, nil
}

func control(op Op, body []byte) (Event, error) {
	ev := Event{Op: op, Data: body}
	if op != Close {
		return ev, nil
	}
	var err error
	ev.Code, ev.Data, err = parseClose(body)
	return ev, err
}
