package origin

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"time"
)

// block is what large bodies are made of.
const block = 64 << 10

func (o *Origin) bytes(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	n := p.size("n", 0, o.opts.MaxBody)
	if p.bad(w) {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	o.send(w, r, n)
}

// endless has no length, and ends only with the client, or by the caps.
func (o *Origin) endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	o.send(w, r, o.opts.MaxBody)
}

// send writes n bytes that depend on the seed, until the client goes.
func (o *Origin) send(w http.ResponseWriter, r *http.Request, n int64) {
	data := make([]byte, min(n, block)+7)
	for i := 0; i+8 <= len(data); i += 8 {
		binary.LittleEndian.PutUint64(data[i:], chance(o.opts.Seed, "", uint64(i)))
	}
	end := time.Now().Add(o.opts.MaxTime)
	for n > 0 && r.Context().Err() == nil && time.Now().Before(end) {
		part := data[:min(n, block)]
		if _, err := w.Write(part); err != nil {
			return
		}
		n -= int64(len(part))
	}
}

func (o *Origin) jsonArray(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	n := p.int("n", 0, 0, int(min(o.opts.MaxBody/64, 10_000_000)))
	if p.bad(w) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	buf := []byte{'['}
	for i := range n {
		if i > 0 {
			buf = append(buf, ',')
		}
		x := chance(o.opts.Seed, "json", uint64(i))
		buf = fmt.Appendf(buf, `{"id":%d,"name":%q,"value":%.4f}`, i+1, pick(nouns, x), unit(x))
		if len(buf) >= block {
			if _, err := w.Write(buf); err != nil {
				return
			}
			buf = buf[:0]
		}
	}
	_, _ = w.Write(append(buf, ']', '\n'))
}

func (o *Origin) slowBody(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	chunk := p.size("chunk", 16, 1<<20)
	every := p.duration("every", 100*time.Millisecond, o.opts.MaxTime)
	n := p.int("n", 10, 0, 1_000_000)
	if p.bad(w) {
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	drop := bytes.Repeat([]byte{'.'}, int(chunk))
	flush := http.NewResponseController(w)
	end := time.Now().Add(o.opts.MaxTime)
	for i := range n {
		if i > 0 && (!wait(r, every) || !time.Now().Before(end)) {
			return
		}
		if _, err := w.Write(drop); err != nil || flush.Flush() != nil {
			return
		}
	}
}

func zipped(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	_, _ = z.Write([]byte(`{"gzipped":true}` + "\n"))
	_ = z.Close()
}

// gzipBomb sends zeros. They are compressed once: a block that ends at the border of a
// byte and refers to nothing before it can be repeated.
func (o *Origin) gzipBomb(w http.ResponseWriter, r *http.Request) {
	p := read(r)
	n := p.size("size", 64<<20, o.opts.MaxBody)
	if p.bad(w) {
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Encoding", "gzip")
	const part = 1 << 20
	zeros := make([]byte, part)
	whole, rest := deflated(zeros), deflated(zeros[:n%part])
	_, _ = w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	sum := uint32(0)
	for range n / part {
		if _, err := w.Write(whole); err != nil || r.Context().Err() != nil {
			return
		}
		sum = crc32.Update(sum, crc32.IEEETable, zeros)
	}
	sum = crc32.Update(sum, crc32.IEEETable, zeros[:n%part])
	tail := append(rest, 1, 0, 0, 0xff, 0xff) // the last block, stored and empty
	tail = binary.LittleEndian.AppendUint32(tail, sum)
	_, _ = w.Write(binary.LittleEndian.AppendUint32(tail, uint32(n)))
}

func deflated(data []byte) []byte {
	var buf bytes.Buffer
	z, err := flate.NewWriter(&buf, flate.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(data) // a Buffer takes everything
	_ = z.Flush()
	return buf.Bytes()
}
