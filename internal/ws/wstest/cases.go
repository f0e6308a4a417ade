// Package wstest is a table of what a client may send to a WebSocket server, well or
// badly, and of what has to become of it by RFC 6455 and RFC 7692.
package wstest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"strings"
)

// Max is the most bytes of a message in the table.
const Max = 1 << 16

// A Case is the bytes that a client sends behind the handshake.
type Case struct {
	Name string
	// Deflate: compression was agreed upon.
	Deflate bool
	In      []byte
	// Want is what the server finds, each as Event writes it. The last may be
	// "fail 1002": the server fails the connection.
	Want []string
	// Differs says why the oracle finds something else, where it does.
	Differs string
}

// Event is how a message or control frame is written in Want.
func Event(kind string, code int, data []byte) string {
	if code != 0 {
		kind = fmt.Sprint(kind, " ", code)
	}
	if len(data) > 40 {
		return fmt.Sprintf("%s %q… %d", kind, data[:8], len(data))
	}
	return fmt.Sprintf("%s %q", kind, data)
}

// Fail is the last of Want for a connection that is failed.
func Fail(code int) string { return fmt.Sprint("fail ", code) }

const (
	fin  = 0x80
	rsv1 = 0x40
	rsv2 = 0x20
	rsv3 = 0x10

	cont, text, bin, closing, ping, pong = 0, 1, 2, 8, 9, 10
)

// Frame is a frame as a client sends it, with a mask, and its length in the shortest
// way.
func Frame(first byte, payload string) []byte {
	return masked(first, payload, [4]byte{1, 2, 0xf3, 0x84})
}

func masked(first byte, payload string, key [4]byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i&3])
	}
	return b
}

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

// code is the payload of a close frame.
func code(n int, reason string) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(n))) + reason
}

// packed is a message compressed, as it is sent.
func packed(s string, level int) string {
	var b bytes.Buffer
	z, _ := flate.NewWriter(&b, level)
	z.Write([]byte(s))
	z.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

// Cases is the table.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{
		lengths(), masks(), controls(), fragments(), headers(), closes(), texts(), deflated(), sizes(),
	} {
		all = append(all, part...)
	}
	return all
}

func said(kind, data string) string { return Event(kind, 0, []byte(data)) }

// lengths are the three ways to write a length, and their edges.
func lengths() (all []Case) {
	for _, n := range []int{0, 1, 2, 7, 8, 9, 124, 125, 126, 127, 128, 255, 256, 4095, 4096, 65534, 65535, 65536} {
		s := strings.Repeat("*", n)
		all = append(all,
			Case{Name: fmt.Sprint("text of ", n), In: Frame(fin|text, s), Want: []string{said("text", s)}},
			Case{Name: fmt.Sprint("binary of ", n), In: Frame(fin|bin, s), Want: []string{said("binary", s)}})
	}
	const why = "5.2: the shortest way MUST be used"
	k := []byte{0, 0, 0, 0}
	return append(all,
		Case{Name: "16 bits for 0", In: join([]byte{fin | text, 0xfe, 0, 0}, k), Want: []string{Fail(1002)}, Differs: why},
		Case{Name: "16 bits for 125", In: join([]byte{fin | text, 0xfe, 0, 125}, k, make([]byte, 125)), Want: []string{Fail(1002)}, Differs: why},
		Case{Name: "64 bits for 0", In: join([]byte{fin | text, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}, k), Want: []string{Fail(1002)}, Differs: why},
		Case{Name: "64 bits for 65535", In: join([]byte{fin | bin, 0xff, 0, 0, 0, 0, 0, 0, 255, 255}, k, make([]byte, 65535)), Want: []string{Fail(1002)}, Differs: why},
		Case{Name: "a length of 63 bits and one", In: join([]byte{fin | bin, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, k), Want: []string{Fail(1002)}},
		Case{Name: "all bits of the length", In: join([]byte{fin | bin, 0xff, 255, 255, 255, 255, 255, 255, 255, 255}, k), Want: []string{Fail(1002)}},
		Case{Name: "the largest length", In: join([]byte{fin | bin, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255}, k), Want: []string{Fail(1009)}},
		Case{Name: "half a header", In: []byte{fin | text}},
		Case{Name: "a header without its key", In: []byte{fin | text, 0x85, 1, 2}},
		Case{Name: "a header without its payload", In: []byte{fin | text, 0x85, 1, 2, 3, 4}},
		Case{Name: "half a payload", In: Frame(fin|text, "Hello")[:8]},
		Case{Name: "half a length", In: []byte{fin | text, 0xff, 0, 0, 0}},
	)
}

// masks: a client has to mask, with any key.
func masks() []Case {
	all := []Case{
		{Name: "unmasked text, 5.7", In: []byte("\x81\x05Hello"), Want: []string{Fail(1002)}},
		{Name: "unmasked and empty", In: []byte("\x81\x00"), Want: []string{Fail(1002)}},
		{Name: "unmasked ping", In: []byte("\x89\x05Hello"), Want: []string{Fail(1002)}},
		{Name: "unmasked close", In: []byte("\x88\x02\x03\xe8"), Want: []string{Fail(1002)}},
		{Name: "masked text, 5.7", In: []byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), Want: []string{said("text", "Hello")}},
		{Name: "unmasked after masked", In: join(Frame(fin|text, "a"), []byte("\x81\x01a")), Want: []string{said("text", "a"), Fail(1002)}},
		{Name: "unmasked continuation", In: join(Frame(text, "a"), []byte("\x80\x01a")), Want: []string{Fail(1002)}},
	}
	for i, key := range [][4]byte{{}, {255, 255, 255, 255}, {0, 0, 0, 1}, {1, 0, 0, 0}, {0x80, 0x81, 0, 0xff}} {
		s := "seventeen bytes.."
		all = append(all, Case{Name: fmt.Sprint("key ", i), In: masked(fin|text, s, key), Want: []string{said("text", s)}})
	}
	return all
}

func controls() (all []Case) {
	long := strings.Repeat("x", 125)
	for _, c := range []struct {
		op   byte
		name string
	}{{ping, "ping"}, {pong, "pong"}} {
		all = append(all,
			Case{Name: c.name + " of nothing", In: Frame(fin|c.op, ""), Want: []string{said(c.name, "")}},
			Case{Name: c.name, In: Frame(fin|c.op, "Hello"), Want: []string{said(c.name, "Hello")}},
			Case{Name: c.name + " of bytes", In: Frame(fin|c.op, "\x00\xff\xfe"), Want: []string{said(c.name, "\x00\xff\xfe")}},
			Case{Name: c.name + " of 125", In: Frame(fin|c.op, long), Want: []string{said(c.name, long)}},
			Case{Name: c.name + " of 126", In: Frame(fin|c.op, long+"x"), Want: []string{Fail(1002)}},
			Case{Name: c.name + " of 65536", In: Frame(fin|c.op, strings.Repeat("x", 65536)), Want: []string{Fail(1002)}},
			Case{Name: c.name + ", the length of 126 alone", In: Frame(fin|c.op, long+"x")[:2], Want: []string{Fail(1002)}, Differs: "known from two bytes"},
			Case{Name: c.name + " fragmented", In: Frame(c.op, "Hello"), Want: []string{Fail(1002)}},
			Case{Name: c.name + " ten times", In: bytes.Repeat(Frame(fin|c.op, "1"), 10), Want: repeat(said(c.name, "1"), 10)},
			Case{Name: c.name + " before text", In: join(Frame(fin|c.op, "1"), Frame(fin|text, "2")), Want: []string{said(c.name, "1"), said("text", "2")}},
			Case{Name: c.name + " inside of text", In: join(Frame(text, "a"), Frame(fin|c.op, "1"), Frame(fin|cont, "b")), Want: []string{said(c.name, "1"), said("text", "ab")}},
			Case{Name: c.name + " between half characters", In: join(Frame(text, "\xc3"), Frame(fin|c.op, "1"), Frame(fin|cont, "\xbc")), Want: []string{said(c.name, "1"), said("text", "ü")}},
			Case{Name: c.name + " cut", In: Frame(fin|c.op, "Hello")[:9]},
		)
	}
	return append(all,
		Case{Name: "close fragmented", In: Frame(closing, ""), Want: []string{Fail(1002)}},
		Case{Name: "close of 126", In: Frame(fin|closing, code(1000, long[1:]+"..")), Want: []string{Fail(1002)}})
}

func repeat(s string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = s
	}
	return all
}

func fragments() []Case {
	return []Case{
		{Name: "two fragments, 5.7", In: join(Frame(text, "Hel"), Frame(fin|cont, "lo")), Want: []string{said("text", "Hello")}},
		{Name: "binary in two", In: join(Frame(bin, "\xff"), Frame(fin|cont, "\xfe")), Want: []string{said("binary", "\xff\xfe")}},
		{Name: "five fragments", In: join(Frame(text, "a"), Frame(cont, "b"), Frame(cont, "c"), Frame(cont, "d"), Frame(fin|cont, "e")), Want: []string{said("text", "abcde")}},
		{Name: "empty fragments", In: join(Frame(text, ""), Frame(cont, ""), Frame(fin|cont, "")), Want: []string{said("text", "")}},
		{Name: "an empty one in the middle", In: join(Frame(text, "a"), Frame(cont, ""), Frame(fin|cont, "b")), Want: []string{said("text", "ab")}},
		{Name: "an empty one at the end", In: join(Frame(text, "a"), Frame(fin|cont, "")), Want: []string{said("text", "a")}},
		{Name: "a hundred fragments", In: join(Frame(text, ""), bytes.Repeat(Frame(cont, "ab"), 99), Frame(fin|cont, "")), Want: []string{said("text", strings.Repeat("ab", 99))}},
		{Name: "two fragmented messages", In: bytes.Repeat(join(Frame(text, "a"), Frame(fin|cont, "b")), 2), Want: repeat(said("text", "ab"), 2)},
		{Name: "whole after fragmented", In: join(Frame(bin, "aaaa"), Frame(fin|cont, "b"), Frame(fin|text, "c")), Want: []string{said("binary", "aaaab"), said("text", "c")}},
		{Name: "fragmented after whole", In: join(Frame(fin|text, "c"), Frame(bin, "a"), Frame(fin|cont, "b")), Want: []string{said("text", "c"), said("binary", "ab")}},
		{Name: "unfinished", In: join(Frame(text, "a"), Frame(cont, "b"))},
		{Name: "close inside of a message", In: join(Frame(text, "a"), Frame(fin|closing, code(1000, ""))), Want: []string{Event("close", 1000, nil)}},
		{Name: "continuation of nothing", In: Frame(cont, "a"), Want: []string{Fail(1002)}},
		{Name: "last continuation of nothing", In: Frame(fin|cont, "a"), Want: []string{Fail(1002)}},
		{Name: "empty continuation of nothing", In: Frame(fin|cont, ""), Want: []string{Fail(1002)}},
		{Name: "continuation after the end", In: join(Frame(text, "a"), Frame(fin|cont, "b"), Frame(fin|cont, "c")), Want: []string{said("text", "ab"), Fail(1002)}},
		{Name: "continuation after a whole message", In: join(Frame(fin|text, "a"), Frame(cont, "b")), Want: []string{said("text", "a"), Fail(1002)}},
		{Name: "text inside of text", In: join(Frame(text, "a"), Frame(fin|text, "b")), Want: []string{Fail(1002)}},
		{Name: "binary inside of text", In: join(Frame(text, "a"), Frame(bin, "b")), Want: []string{Fail(1002)}},
		{Name: "text inside of binary, after a ping", In: join(Frame(bin, "a"), Frame(fin|ping, ""), Frame(text, "b")), Want: []string{said("ping", ""), Fail(1002)}},
		{Name: "text inside of an empty one", In: join(Frame(text, ""), Frame(fin|text, "")), Want: []string{Fail(1002)}},
	}
}

// headers are reserved bits and opcodes.
func headers() (all []Case) {
	for _, bits := range []byte{rsv1, rsv2, rsv3, rsv1 | rsv2, rsv1 | rsv3, rsv2 | rsv3, rsv1 | rsv2 | rsv3} {
		for _, op := range []byte{text, ping, closing} {
			all = append(all, Case{Name: fmt.Sprintf("reserved bits %x of opcode %d", bits>>4, op), In: Frame(fin|bits|op, ""), Want: []string{Fail(1002)}})
		}
	}
	for _, bits := range []byte{rsv1, rsv2, rsv3} {
		all = append(all, Case{Name: fmt.Sprintf("reserved bit %x of a continuation", bits>>4), In: join(Frame(text, "a"), Frame(fin|bits|cont, "b")), Want: []string{Fail(1002)}})
	}
	for _, op := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		all = append(all,
			Case{Name: fmt.Sprint("opcode ", op), In: Frame(fin|op, ""), Want: []string{Fail(1002)}},
			Case{Name: fmt.Sprint("opcode ", op, " after text"), In: join(Frame(fin|text, "a"), Frame(fin|op, "b")), Want: []string{said("text", "a"), Fail(1002)}})
	}
	return all
}

func closes() (all []Case) {
	for _, n := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		c := Case{Name: fmt.Sprint("close ", n), In: Frame(fin|closing, code(n, "why")), Want: []string{Event("close", n, []byte("why"))}}
		if n >= 1012 && n <= 1014 {
			c.Differs = "registered with IANA later than the RFC"
		}
		all = append(all, c)
	}
	for _, n := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		c := Case{Name: fmt.Sprint("close ", n), In: Frame(fin|closing, code(n, "")), Want: []string{Fail(1002)}}
		if n >= 5000 {
			c.Differs = "7.4.2: there are no codes above 4999"
		}
		all = append(all, c)
	}
	long := strings.Repeat("y", 123)
	return append(all,
		Case{Name: "close without a code", In: Frame(fin|closing, ""), Want: []string{Event("close", 1005, nil)}},
		Case{Name: "close with half a code", In: Frame(fin|closing, "\x03"), Want: []string{Fail(1002)}},
		Case{Name: "close with a code alone", In: Frame(fin|closing, code(1000, "")), Want: []string{Event("close", 1000, nil)}},
		Case{Name: "close with a long reason", In: Frame(fin|closing, code(1000, long)), Want: []string{Event("close", 1000, []byte(long))}},
		Case{Name: "close with a reason in UTF-8", In: Frame(fin|closing, code(1000, "Ωß")), Want: []string{Event("close", 1000, []byte("Ωß"))}},
		Case{Name: "close with a reason that is not UTF-8", In: Frame(fin|closing, code(1000, "\xff")), Want: []string{Fail(1007)}},
		Case{Name: "close with half a character", In: Frame(fin|closing, code(1000, "a\xe2\x82")), Want: []string{Fail(1007)}},
		Case{Name: "text after close", In: join(Frame(fin|closing, code(1000, "")), Frame(fin|text, "a")), Want: []string{Event("close", 1000, nil)}},
		Case{Name: "ping after close", In: join(Frame(fin|closing, code(1000, "")), Frame(fin|ping, "a")), Want: []string{Event("close", 1000, nil)}},
		Case{Name: "close twice", In: bytes.Repeat(Frame(fin|closing, code(1000, "")), 2), Want: []string{Event("close", 1000, nil)}},
		Case{Name: "nonsense after close", In: join(Frame(fin|closing, ""), []byte("\xff\xff\xff\xff\xff")), Want: []string{Event("close", 1005, nil)}},
		Case{Name: "close cut", In: Frame(fin|closing, code(1000, "why"))[:8]},
	)
}

// texts are in UTF-8, or not.
func texts() (all []Case) {
	for i, s := range []string{
		"κόσμε", "\x00", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd", "\uffff", "\U00010000", "\U0010ffff", "a\U0001f600b", "Hello-µ@ßöäüàá-UTF-8!!",
	} {
		all = append(all, Case{Name: fmt.Sprintf("characters %d: %+q", i, s), In: Frame(fin|text, s), Want: []string{said("text", s)}})
		var split []byte
		for j := range len(s) {
			op := byte(cont)
			if j == 0 {
				op = text
			}
			split = append(split, Frame(op, s[j:j+1])...)
		}
		split = append(split, Frame(fin|cont, "")...)
		all = append(all, Case{Name: fmt.Sprintf("characters %d, a byte a fragment", i), In: split, Want: []string{said("text", s)}})
	}
	for i, s := range []string{
		"\x80", "\xbf", "\xc0\xaf", "\xc1\x81", "\xc3", "\xc3(", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "good\xed\xa0\xbd\xed\xb8\x80bad", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", "ok\xc3",
	} {
		name := fmt.Sprintf("not UTF-8 %d: %+q", i, s)
		all = append(all,
			Case{Name: name, In: Frame(fin|text, s), Want: []string{Fail(1007)}},
			Case{Name: name + " in fragments", In: join(Frame(text, s[:1]), Frame(fin|cont, s[1:])), Want: []string{Fail(1007)}},
			Case{Name: name + " as binary", In: Frame(fin|bin, s), Want: []string{said("binary", s)}})
	}
	return append(all,
		Case{Name: "not UTF-8, the rest to come", In: Frame(text, "a\xff"), Want: []string{Fail(1007)}},
		Case{Name: "too high, the rest to come", In: Frame(text, "\xf4\x90"), Want: []string{Fail(1007)}},
		Case{Name: "not UTF-8 in half a frame", In: Frame(fin|text, "\xffaaaaaaaa")[:9], Want: []string{Fail(1007)}},
		Case{Name: "a half character to come", In: Frame(text, "a\xf4\x8f\xbf")},
	)
}

func deflated() []Case {
	const otherBits = "it leaves them to other extensions"
	const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"
	z := func(name string, in []byte, want ...string) Case {
		return Case{Name: "deflate: " + name, Deflate: true, In: in, Want: want}
	}
	long := strings.Repeat("one and the same, ", 3000)
	two := packed(long, 9)
	return []Case{
		z("hello, 7.2.3.1", Frame(fin|rsv1|text, hello), said("text", "Hello")),
		z("hello in fragments, 7.2.3.1", join(Frame(rsv1|text, hello[:3]), Frame(fin|cont, hello[3:])), said("text", "Hello")),
		z("a block without compression, 7.2.3.3", Frame(fin|rsv1|text, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), said("text", "Hello")),
		z("a final block, 7.2.3.4", Frame(fin|rsv1|text, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), said("text", "Hello")),
		z("two blocks, 7.2.3.5", Frame(fin|rsv1|text, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), said("text", "Hello")),
		z("empty", Frame(fin|rsv1|text, "\x00"), said("text", "")),
		z("not compressed", Frame(fin|text, "Hello"), said("text", "Hello")),
		z("one so, one so", join(Frame(fin|text, "a"), Frame(fin|rsv1|text, hello), Frame(fin|bin, "b")), said("text", "a"), said("text", "Hello"), said("binary", "b")),
		z("twice", bytes.Repeat(Frame(fin|rsv1|bin, hello), 2), repeat(said("binary", "Hello"), 2)...),
		z("long", Frame(fin|rsv1|text, two), said("text", long)),
		z("long, in fragments", join(Frame(rsv1|text, two[:10]), Frame(cont, two[10:20]), Frame(fin|cont, two[20:])), said("text", long)),
		z("a ping inside", join(Frame(rsv1|text, hello[:3]), Frame(fin|ping, "x"), Frame(fin|cont, hello[3:])), said("ping", "x"), said("text", "Hello")),
		z("level 0", Frame(fin|rsv1|text, packed(long, 0)), said("text", long)),
		z("huffman alone", Frame(fin|rsv1|text, packed(long, -2)), said("text", long)),
		z("UTF-8", Frame(fin|rsv1|text, packed("κόσμε", 1)), said("text", "κόσμε")),
		z("not UTF-8", Frame(fin|rsv1|text, packed("a\xffb", 1)), Fail(1007)),
		z("not UTF-8 as binary", Frame(fin|rsv1|bin, packed("a\xffb", 1)), said("binary", "a\xffb")),
		z("nonsense", Frame(fin|rsv1|text, "\xff\xff\xff\xff"), Fail(1007)),
		z("cut in a block", Frame(fin|rsv1|bin, packed(long, 1)[:20]), Fail(1007)),
		z("a distance too far back", Frame(fin|rsv1|text, "\x4b\x04\x12\x00"), Fail(1007)),
		z("too big inside", Frame(fin|rsv1|text, packed(strings.Repeat("a", Max+1), 9)), Fail(1009)),
		z("just fits", Frame(fin|rsv1|text, packed(strings.Repeat("a", Max), 9)), said("text", strings.Repeat("a", Max))),
		z("a bomb", Frame(fin|rsv1|bin, packed(strings.Repeat("\x00", 4<<20), 9)), Fail(1009)),
		z("the bit on a ping", Frame(fin|rsv1|ping, ""), Fail(1002)),
		z("the bit on a continuation", join(Frame(rsv1|text, hello[:3]), Frame(fin|rsv1|cont, hello[3:])), Fail(1002)),
		{Name: "deflate: the second bit", Deflate: true, In: Frame(fin|rsv2|text, "a"), Want: []string{Fail(1002)}, Differs: otherBits},
		{Name: "deflate: both bits", Deflate: true, In: Frame(fin|rsv1|rsv3|text, hello), Want: []string{Fail(1002)}, Differs: otherBits},
		z("the bit on a close", Frame(fin|rsv1|closing, ""), Fail(1002)),
		{Name: "compressed, and not agreed", In: Frame(fin|rsv1|text, hello), Want: []string{Fail(1002)}},
	}
}

// sizes are messages that are too big, in one frame or in many.
func sizes() []Case {
	half := strings.Repeat("h", Max/2)
	return []Case{
		{Name: "too big", In: Frame(fin|text, strings.Repeat("a", Max+1)), Want: []string{Fail(1009)}},
		{Name: "too big by its header", In: Frame(fin|bin, strings.Repeat("a", Max+1))[:14], Want: []string{Fail(1009)}},
		{Name: "as big as may be, in halves", In: join(Frame(bin, half), Frame(fin|cont, half)), Want: []string{said("binary", half+half)}},
		{Name: "too big by a byte, in halves", In: join(Frame(bin, half), Frame(cont, half), Frame(fin|cont, "x")), Want: []string{Fail(1009)}},
		{Name: "too big in the second half", In: join(Frame(bin, half), Frame(fin|cont, half+"x")), Want: []string{Fail(1009)}},
		{Name: "big ones, one after the other", In: bytes.Repeat(Frame(fin|text, half), 5), Want: repeat(said("text", half), 5)},
	}
}
