package warc

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1" // what indexes of archives know payloads by
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Field is a line of the header of a record, or of a body of fields.
type Field struct{ Name, Value string }

// A Record is what Write writes.
type Record struct {
	// Type is the kind: resource, conversion, metadata, …; the response of an Exchange
	// is made by that.
	Type string
	// URL is what it is of; empty means that it is of no URL.
	URL string
	// Date is when it was made; zero means now.
	Date time.Time
	// ContentType is that of Block; empty means none.
	ContentType string
	// Fields are added to the header, such as WARC-Refers-To; not those that are written
	// anyway. A line of the header has at most 64 KiB.
	Fields []Field
	// Block is the record itself.
	Block []byte

	id      string // empty means a new one
	payload int    // where the payload begins in Block; zero means that there is none
}

// Fields makes a block of the type application/warc-fields.
func Fields(fields ...Field) []byte {
	var b bytes.Buffer
	appendFields(&b, fields)
	return b.Bytes()
}

func appendFields(b *bytes.Buffer, fields []Field) {
	for _, f := range fields {
		b.WriteString(oneLine(f.Name))
		b.WriteString(": ")
		b.WriteString(oneLine(f.Value))
		b.WriteString("\r\n")
	}
}

// oneLine is a text without what would end a line.
func oneLine(text string) string {
	if !strings.ContainsFunc(text, isControl) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, text)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }

// newID is a name for a record that nothing else has.
func newID() string {
	var u [16]byte
	_, _ = rand.Read(u[:]) // it never fails
	u[6], u[8] = u[6]&0x0F|0x40, u[8]&0x3F|0x80
	return fmt.Sprintf("<urn:uuid:%x-%x-%x-%x-%x>", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// check says what keeps a record from being written.
func (r *Record) check() error {
	if r.Type == "" || strings.ContainsFunc(r.Type, func(c rune) bool { return c < 'a' || c > 'z' }) {
		return fmt.Errorf("%.80q is no type of a record: use one such as resource or metadata", r.Type)
	}
	if strings.ContainsFunc(r.URL, func(c rune) bool { return c <= ' ' || c == 0x7F }) {
		return fmt.Errorf("%.200q is no URL: it has a blank or a control character in it", r.URL)
	}
	for _, f := range r.Fields {
		if f.Name == "" || strings.ContainsFunc(f.Name, func(c rune) bool { return c <= ' ' || c == 0x7F || c == ':' }) {
			return fmt.Errorf("%.80q is no name of a field", f.Name)
		}
		if hasField(written, f.Name) {
			return fmt.Errorf("the field %s is written by itself", f.Name)
		}
	}
	for _, f := range append(r.Fields[:len(r.Fields):len(r.Fields)], Field{"WARC-Target-URI", r.URL}, Field{"Content-Type", r.ContentType}) {
		if n := len(f.Name) + len(": ") + len(f.Value) + len("\r\n"); n > maxLine { // Open could not read on behind it
			return fmt.Errorf("the field %s would make a line of %d bytes: there may be %d", f.Name, n, maxLine)
		}
	}
	return nil
}

// written are the fields of which encode knows the value: with another one, readers would
// not find the end of the record.
var written = []Field{{Name: "WARC-Type"}, {Name: "WARC-Record-ID"}, {Name: "WARC-Date"}, {Name: "WARC-Target-URI"}, {Name: "Content-Type"}, {Name: "WARC-Block-Digest"}, {Name: "Content-Length"}}

// encode writes a record.
func (r *Record) encode(b *bytes.Buffer) {
	if r.id == "" {
		r.id = newID()
	}
	date := r.Date
	if date.IsZero() {
		date = time.Now()
	}
	b.WriteString("WARC/1.1\r\n")
	fields := []Field{
		{"WARC-Type", r.Type},
		{"WARC-Record-ID", r.id},
		{"WARC-Date", date.UTC().Format("2006-01-02T15:04:05.000000Z")},
	}
	if r.URL != "" {
		fields = append(fields, Field{"WARC-Target-URI", r.URL})
	}
	if r.ContentType != "" {
		fields = append(fields, Field{"Content-Type", r.ContentType})
	}
	fields = append(fields, r.Fields...)
	if r.payload > 0 {
		sum := sha1.Sum(r.Block[r.payload:])
		fields = append(fields, Field{"WARC-Payload-Digest", "sha1:" + base32.StdEncoding.EncodeToString(sum[:])})
	}
	sum := sha256.Sum256(r.Block)
	fields = append(fields,
		Field{"WARC-Block-Digest", "sha256:" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])},
		Field{"Content-Length", strconv.Itoa(len(r.Block))})
	appendFields(b, fields)
	b.WriteString("\r\n")
	b.Write(r.Block)
	b.WriteString("\r\n\r\n")
}
