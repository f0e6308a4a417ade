package warc_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"testing"
)

// record is one as a reader by the standard sees it.
type record struct {
	header textproto.MIMEHeader
	block  []byte
}

// read reads an archive by hand: gzip members of the standard library, each of which
// has to hold one record, and checks what the records say of themselves.
func read(t *testing.T, path string) (records []record) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(data))
	for {
		if _, err := r.Peek(1); err == io.EOF {
			break
		}
		if !strings.HasSuffix(path, ".gz") {
			records = append(records, one(t, r))
			continue
		}
		z, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		z.Multistream(false)
		member := bufio.NewReader(z)
		records = append(records, one(t, member))
		if rest, err := io.ReadAll(member); err != nil || len(rest) > 0 {
			t.Fatalf("behind the record: %q, %v", rest, err)
		}
	}
	return records
}

// one reads one record.
func one(t *testing.T, r *bufio.Reader) record {
	t.Helper()
	version, err := r.ReadString('\n')
	if err != nil || version != "WARC/1.1\r\n" {
		t.Fatalf("a record begins with %q, %v", version, err)
	}
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, length)
	end := make([]byte, 4)
	if _, err := io.ReadFull(r, block); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, end); err != nil || string(end) != "\r\n\r\n" {
		t.Fatalf("a record ends with %q, %v", end, err)
	}
	sum := sha256.Sum256(block)
	if want := "sha256:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]); header.Get("WARC-Block-Digest") != want {
		t.Errorf("the digest is %s, want %s", header.Get("WARC-Block-Digest"), want)
	}
	if digest := header.Get("WARC-Payload-Digest"); digest != "" {
		_, payload, _ := bytes.Cut(block, []byte("\r\n\r\n"))
		sum := sha1.Sum(payload)
		if want := "sha1:" + base32.StdEncoding.EncodeToString(sum[:]); digest != want {
			t.Errorf("the digest of the payload is %s, want %s", digest, want)
		}
	}
	return record{header, block}
}

// kinds are what records are, parted by blanks.
func kinds(records []record) string {
	var kinds []string
	for _, r := range records {
		kinds = append(kinds, r.header.Get("WARC-Type"))
	}
	return strings.Join(kinds, " ")
}

func (r record) String() string { return fmt.Sprint(r.header, string(r.block)) }
