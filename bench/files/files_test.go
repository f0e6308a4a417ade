package main

import "testing"

// Each contender has the same result with a few files as the others of its case.
func TestEveryContenderIsRight(t *testing.T) {
	o := &options{mib: 3, aioMiB: 3, small: 20, dir: t.TempDir()}
	if err := o.prepare(o.dir); err != nil {
		t.Fatal(err)
	}
	aio := haveAiofiles(t.Context())
	want := make(map[string]result)
	for _, c := range contenders() {
		if c.script && !aio {
			continue
		}
		var got result
		var err error
		if c.script {
			got, err = o.measure(t.Context(), o.dir, c)
		} else {
			got, err = c.run(t.Context(), o)
		}
		got = result{Units: got.Units, Bytes: got.Bytes}
		if err != nil || got.Units == 0 || got.Bytes == 0 {
			t.Errorf("%s, %s: %v, %v", c.kind, c.name, got, err)
		}
		if _, ok := want[c.kind]; !ok {
			want[c.kind] = got
		}
		if got != want[c.kind] {
			t.Errorf("%s, %s: %d units, %d bytes; want %d, %d", c.kind, c.name, got.Units, got.Bytes, want[c.kind].Units, want[c.kind].Bytes)
		}
	}
}
