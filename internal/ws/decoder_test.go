package ws_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gobwas "github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"
	"github.com/gobwas/ws/wsutil"

	"github.com/inflight-go/inflight/internal/ws"
	"github.com/inflight-go/inflight/internal/ws/wstest"
)

var names = map[ws.Op]string{ws.Text: "text", ws.Binary: "binary", ws.Ping: "ping", ws.Pong: "pong", ws.Close: "close"}

// decode feeds in to a decoder, so many bytes at a time, and returns what it finds.
func decode(in []byte, step int, deflate bool) (found []string) {
	d := &ws.Decoder{Max: wstest.Max, Deflate: deflate}
	var buf []byte
	for len(in) > 0 {
		n := min(step, len(in))
		buf = append(buf, in[:n]...)
		in = in[n:]
		for {
			ev, used, err := d.Next(buf)
			buf = buf[used:]
			if e, ok := errors.AsType[*ws.Error](err); ok {
				return append(found, wstest.Fail(e.Code))
			}
			if ev.Op == ws.Continuation {
				break
			}
			found = append(found, wstest.Event(names[ev.Op], ev.Code, ev.Data))
			if ev.Op == ws.Close {
				return found
			}
		}
		if len(buf) >= ws.MaxHeader+ws.MaxControl {
			return append(found, "kept too much")
		}
		buf = slices.Clone(buf) // what was found is not in what comes
	}
	return found
}

// oracle is decode by gobwas/ws, whose limits and order of checks are put around it.
func oracle(in []byte, deflate bool) (found []string) {
	r := bytes.NewReader(in)
	state := gobwas.StateServerSide
	var inflate wsflate.MessageState
	if deflate {
		state |= gobwas.StateExtended
	}
	rd := wsutil.Reader{Source: r, State: state, CheckUTF8: !deflate}
	if deflate {
		rd.Extensions = []wsutil.RecvExtension{&inflate}
	}
	control := func(h gobwas.Header, src io.Reader) error {
		body, err := io.ReadAll(src)
		if err != nil || int64(len(body)) < h.Length {
			return io.ErrUnexpectedEOF
		}
		ev, err := oracleControl(h, body)
		if err == nil {
			found = append(found, ev)
			if h.OpCode == gobwas.OpClose {
				err = errClosed
			}
		}
		return err
	}
	rd.OnIntermediate = control
	for {
		h, err := rd.NextFrame()
		if err == nil && h.OpCode.IsControl() {
			if err = control(h, &rd); err == nil {
				continue
			}
		}
		var body []byte
		if err == nil {
			if h.Length > wstest.Max {
				return append(found, wstest.Fail(1009))
			}
			body, err = io.ReadAll(io.LimitReader(&rd, wstest.Max+1))
			if err == nil && len(body) > wstest.Max {
				return append(found, wstest.Fail(1009))
			}
		}
		if err == nil && deflate && inflate.IsCompressed() {
			body, err = oracleInflate(body)
		}
		if err == nil && deflate && h.OpCode == gobwas.OpText && !utf8.Valid(body) {
			err = wsutil.ErrInvalidUTF8
		}
		if err != nil {
			return verdict(found, err)
		}
		found = append(found, wstest.Event(names[ws.Op(h.OpCode)], 0, body))
	}
}

// oracleInflate is decompression by gobwas/ws, with a limit around it.
func oracleInflate(body []byte) ([]byte, error) {
	// Of a ByteReader it would make a byte of 0 where that ends.
	src := struct{ io.Reader }{bytes.NewReader(body)}
	r := wsflate.NewReader(src, func(r io.Reader) wsflate.Decompressor { return flate.NewReader(r) })
	text, err := io.ReadAll(io.LimitReader(r, wstest.Max+1))
	switch {
	case err != nil:
		return nil, errInflate
	case len(text) > wstest.Max:
		return nil, errTooBig
	}
	return text, nil
}

var (
	errClosed  = errors.New("closed")
	errInflate = errors.New("not to be decompressed")
	errTooBig  = errors.New("too big")
)

func oracleControl(h gobwas.Header, body []byte) (string, error) {
	if h.OpCode != gobwas.OpClose {
		return wstest.Event(names[ws.Op(h.OpCode)], 0, body), nil
	}
	if len(body) == 0 {
		return wstest.Event("close", 1005, nil), nil
	}
	code, reason := gobwas.ParseCloseFrameData(body)
	if err := gobwas.CheckCloseFrameData(code, reason); err != nil {
		return "", err
	}
	return wstest.Event("close", int(code), []byte(reason)), nil
}

// verdict turns an error of the oracle into a code.
func verdict(found []string, err error) []string {
	switch {
	case err == errInflate:
		return append(found, wstest.Fail(1007))
	case err == errTooBig:
		return append(found, wstest.Fail(1009))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), err == errClosed:
		return found
	case errors.Is(err, wsutil.ErrInvalidUTF8), errors.Is(err, gobwas.ErrProtocolInvalidUTF8):
		return append(found, wstest.Fail(1007))
	}
	return append(found, wstest.Fail(1002))
}

func TestTable(t *testing.T) {
	names := make(map[string]bool)
	for _, c := range wstest.Cases() {
		if names[c.Name] {
			t.Errorf("two cases %q", c.Name)
		}
		names[c.Name] = true
		for _, step := range []int{1, 2, 3, 7, 1000, 1 << 30} {
			if step < 7 && len(c.In) > 100_000 {
				continue
			}
			if got := decode(c.In, step, c.Deflate); !slices.Equal(got, c.Want) {
				t.Errorf("%s, %d bytes at a time: %q, want %q", c.Name, step, got, c.Want)
			}
		}
		if got := oracle(c.In, c.Deflate); slices.Equal(got, c.Want) != (c.Differs == "") {
			t.Errorf("%s: the oracle finds %q, want %q; differs: %q", c.Name, got, c.Want, c.Differs)
		}
	}
	t.Log(len(names), "cases")
}

// FuzzDecoder compares with the oracle, and one way to cut the bytes with another.
func FuzzDecoder(f *testing.F) {
	for i, c := range wstest.Cases() {
		if len(c.In) < 1000 {
			f.Add(c.In, byte(i), c.Deflate)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, step byte, deflate bool) {
		if len(in) > 4096 {
			return
		}
		whole := decode(in, 1<<30, deflate)
		if cut := decode(in, int(step)+1, deflate); !slices.Equal(whole, cut) {
			t.Fatalf("%q in one piece, %q in pieces of %d", whole, cut, int(step)+1)
		}
		if want := oracle(in, deflate); !slices.Equal(whole, want) && !excused(in, whole, want, deflate) {
			t.Fatalf("%q, the oracle finds %q", whole, want)
		}
	})
}

// excused reports whether a difference is one of those that the table names: the one
// finds a fault where the other finds none, or another fault.
func excused(in []byte, got, want []string, deflate bool) bool {
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	failed := len(got) > n && strings.HasPrefix(got[n], "fail ")
	refused := len(want) > n && strings.HasPrefix(want[n], "fail ")
	switch {
	case failed && refused: // both do; which fault comes first is another matter
		return true
	case refused: // registered since
		return n < len(got) && (strings.HasPrefix(got[n], "close 1012") || strings.HasPrefix(got[n], "close 1013") || strings.HasPrefix(got[n], "close 1014"))
	case failed:
		return got[n] == wstest.Fail(1002) && stricter(in, deflate) || got[n] != wstest.Fail(1002) && (len(want) == n || deflate) // it checks later
	}
	return false
}

// stricter reports whether there is a frame that we refuse by 1002 and the oracle does
// not: a length that is too long, the code of a close above 4999, a control frame whose
// header is cut, and other reserved bits than the first, where compression is agreed.
func stricter(in []byte, deflate bool) bool {
	for len(in) >= 2 {
		h, n, err := ws.ParseHeader(in)
		switch {
		case err != nil, h.Op >= ws.Close, n == 0:
			return true
		case deflate && h.RSV&3 != 0:
			return true
		case int64(len(in)-n) < h.Len:
			return !h.Masked || h.RSV != 0
		}
		in = in[n+int(h.Len):]
	}
	return false
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("some bytes to mask"), uint32(0x01020384), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, key uint32, pos uint8) {
		k := [4]byte{byte(key), byte(key >> 8), byte(key >> 16), byte(key >> 24)}
		want := slices.Clone(b)
		gobwas.Cipher(want, k, int(pos))
		if ws.Mask(b, k, int(pos)); !bytes.Equal(b, want) {
			t.Fatalf("%x, want %x", b, want)
		}
	})
}

func TestCompressionRoundTrips(t *testing.T) {
	for n := range 300 {
		text := bytes.Repeat([]byte("ab, c"), n*n/7)
		got, err := ws.Inflate(nil, ws.Deflate(nil, text), len(text))
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%d bytes: %v", len(text), err)
		}
	}
}
