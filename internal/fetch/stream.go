package fetch

import (
	"bytes"
	"io"

	"github.com/inflight-go/inflight/internal/table"
)

// stream returns the writer that lines go to, which writes them in the form that was
// asked for.
func (j *Job) stream(out io.Writer) io.Writer {
	if j.out.form == nil {
		return out
	}
	j.formed = &formed{form: j.out.form, out: out, job: j, head: bytes.Clone(j.out.form.Head())}
	return j.formed
}

// formed writes whole lines, and nothing else is written to it, in another form.
type formed struct {
	form *table.Form
	out  io.Writer
	job  *Job
	head []byte // nil when it is written
	buf  []byte
}

// Write writes what becomes of the lines by one call.
func (f *formed) Write(lines []byte) (int, error) {
	f.buf = append(f.buf[:0], f.head...)
	f.head = nil
	for line := range bytes.Lines(lines) {
		text, err := f.form.Row(indexOf(line), bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			f.job.untold(err)
			continue
		}
		f.buf = append(f.buf, text...)
	}
	if _, err := f.out.Write(f.buf); err != nil {
		return 0, err
	}
	return len(lines), nil
}

// indexOf is the index that a line begins with.
func indexOf(line []byte) (index int64) {
	_, rest, _ := bytes.Cut(line, []byte(":"))
	for _, c := range rest {
		if c < '0' || c > '9' {
			break
		}
		index = index*10 + int64(c-'0')
	}
	return index
}

// untold counts a result of which the template makes no text.
func (j *Job) untold(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.untoldRows == 0 {
		j.firstUntold = err
	}
	j.untoldRows++
}

// flush writes the head where there was no row.
func (f *formed) flush() error {
	if f == nil || f.head == nil {
		return nil
	}
	_, err := f.Write(nil)
	return err
}
