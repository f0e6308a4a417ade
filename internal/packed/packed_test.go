package packed_test

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"github.com/inflight-go/inflight/internal/packed"
)

// What is written to a file comes back as it was, and is packed as its name says.
func TestThereAndBack(t *testing.T) {
	for name, want := range map[string]string{"out.csv.gz": "gzip", "out.csv.zst": "zstd", "out.csv": "", "gz": ""} {
		var file bytes.Buffer
		w, err := packed.NewWriter(name, &file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.WriteString(w, "id,name\n1,tea\n")
		if end := w.Close(); err != nil || end != nil {
			t.Fatal(err, end)
		}
		r, format, err := packed.Open(bufio.NewReader(&file))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || format != want || string(text) != "id,name\n1,tea\n" {
			t.Errorf("%s: %q, packed as %q, %v", name, text, format, err)
		}
		r.Close()
	}
}
