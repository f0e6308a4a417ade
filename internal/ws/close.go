package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The codes of close frames that this package uses, RFC 6455, 7.4.1.
const (
	ProtocolError = 1002
	NoStatus      = 1005 // stands in no frame: that of the other end had no code
	InvalidData   = 1007
	TooBig        = 1009
)

// An Error says why a connection has to be failed.
type Error struct {
	Code int
	Text string
}

// Error returns the code and what is wrong.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Text) }

func wrong(text string) *Error { return &Error{ProtocolError, text} }

var (
	errLength     = wrong("the length of a frame is not written in the shortest way")
	errReserved   = wrong("a reserved bit is set")
	errOp         = wrong("a frame has an unknown opcode")
	errUnmasked   = wrong("a frame of a client is not masked")
	errControl    = wrong("a control frame is fragmented, or longer than 125 bytes")
	errContinues  = wrong("a continuation of nothing")
	errUnfinished = wrong("a new message inside of another one")
	errClose      = wrong("a close frame with half a code, or one that may not be sent")
	errNotUTF8    = &Error{InvalidData, "text that is not UTF-8"}
	errInflate    = &Error{InvalidData, "compressed data that can't be read"}
)

func errTooBig(limit int) *Error {
	return &Error{TooBig, fmt.Sprintf("a message of more than %d bytes", limit)}
}

// CanSend reports whether a code may stand in a close frame.
func CanSend(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014, code >= 3000 && code <= 4999:
		return true
	}
	return false
}

// AppendClose appends a close frame. The code NoStatus means one without code. Of
// the reason as much is kept as there is room for, whole characters.
func AppendClose(b []byte, code int, reason string) []byte {
	if code == NoStatus {
		return AppendHeader(b, true, Close, false, 0)
	}
	reason = head(reason, MaxControl-2)
	b = AppendHeader(b, true, Close, false, 2+len(reason))
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	return append(b, reason...)
}

// head returns the first bytes of s, without half a character.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// parseClose reads the payload of a close frame.
func parseClose(b []byte) (code int, reason []byte, err error) {
	if len(b) == 0 {
		return NoStatus, nil, nil
	}
	if len(b) == 1 {
		return 0, nil, errClose
	}
	code, reason = int(binary.BigEndian.Uint16(b)), b[2:]
	if !CanSend(code) {
		return 0, nil, errClose
	}
	if !utf8.Valid(reason) {
		return 0, nil, errNotUTF8
	}
	return code, reason, nil
}
