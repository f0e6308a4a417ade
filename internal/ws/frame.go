package ws

import (
	"encoding/binary"
)

// An Op says what a frame is.
type Op byte

// The opcodes of RFC 6455, 5.2.
const (
	Continuation Op = 0
	Text         Op = 1
	Binary       Op = 2
	Close        Op = 8
	Ping         Op = 9
	Pong         Op = 10
)

func (o Op) control() bool { return o&8 != 0 }

func (o Op) known() bool { return o <= Binary || o >= Close && o <= Pong }

const (
	// MaxControl is the most bytes of the payload of a control frame.
	MaxControl = 125
	// MaxHeader is the most bytes of a header.
	MaxHeader = 14

	rsv1 = 4 // the first of the three reserved bits: the message is compressed
)

// A Header is what stands before a payload.
type Header struct {
	Fin    bool
	RSV    byte // the reserved bits, 4 for the first
	Op     Op
	Masked bool
	Key    [4]byte // where Masked
	Len    int64   // of the payload
}

// ParseHeader reads a header from the start of b. It returns how many bytes that
// was, 0 where more are needed. The error is an *Error, for a length that is not
// written as it has to be.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin, h.RSV, h.Op = b[0]&0x80 != 0, b[0]>>4&7, Op(b[0]&15)
	h.Masked, h.Len, n = b[1]&0x80 != 0, int64(b[1]&0x7f), 2
	switch {
	case h.Len == 126 && len(b) < 4, h.Len == 127 && len(b) < 10:
		return h, 0, nil
	case h.Len == 126:
		h.Len, n = int64(binary.BigEndian.Uint16(b[2:])), 4
		if h.Len <= MaxControl {
			return h, 0, errLength
		}
	case h.Len == 127:
		length := binary.BigEndian.Uint64(b[2:])
		if length>>63 != 0 || length <= 0xffff {
			return h, 0, errLength
		}
		h.Len, n = int64(length), 10
	}
	if h.Masked {
		if len(b) < n+4 {
			return h, 0, nil
		}
		n += copy(h.Key[:], b[n:])
	}
	return h, n, nil
}

// AppendHeader appends the header of an unmasked frame with n bytes of payload.
func AppendHeader(b []byte, fin bool, op Op, compressed bool, n int) []byte {
	first := byte(op)
	if fin {
		first |= 0x80
	}
	if compressed {
		first |= rsv1 << 4
	}
	switch {
	case n <= 125:
		return append(b, first, byte(n))
	case n <= 0xffff:
		return append(b, first, 126, byte(n>>8), byte(n))
	default:
		return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(n))
	}
}

// Mask puts the mask on a part of a payload, or takes it off: the part that begins
// pos bytes behind the payload's start.
func Mask(b []byte, key [4]byte, pos int) {
	var k [8]byte
	for i := range k {
		k[i] = key[(pos+i)&3]
	}
	word := binary.LittleEndian.Uint64(k[:])
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= k[i]
	}
}
