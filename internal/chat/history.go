package chat

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/inflight-go/inflight/internal/atomicfile"
	"github.com/inflight-go/inflight/internal/filelock"
)

// errLocked says that another server has the folder.
var errLocked = errors.New("another server uses it")

// A history is what was said last in each room, in memory and, if it has a folder, in
// a file there, one line for each message.
type history struct {
	most  int // messages of a room
	seq   uint64
	rooms map[string][]Event // the oldest first
	path  string             // "" for none
	file  *os.File
	lock  *os.File
	lines int   // in the file
	size  int64 // of the file's whole lines
	again int   // how many lines it takes to try to compact again
	dirty bool  // not synced yet
}

// openHistory reads what is in a folder, which it makes; "" is none. What a crash has
// left of the last line is cut off.
func openHistory(dir string, most int) (*history, error) {
	h := &history{most: most, rooms: map[string][]Event{}}
	if dir == "" {
		return h, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	h.path = filepath.Join(dir, "messages.jsonl")
	err := h.open(filepath.Join(dir, "lock"))
	if err == nil {
		err = h.compact()
	}
	if err != nil {
		_ = h.close()
		return nil, fmt.Errorf("the history in %s: %w", dir, err)
	}
	return h, nil
}

func (h *history) open(lock string) (err error) {
	if h.lock, err = os.OpenFile(lock, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	if ok, err := filelock.Try(h.lock); err != nil || !ok {
		return errors.Join(err, errLocked)
	}
	if h.file, err = os.OpenFile(h.path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	return h.read()
}

// read reads the file, and cuts it after its last whole line.
func (h *history) read() error {
	r := bufio.NewReaderSize(h.file, 64<<10)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		h.lines++
		var e Event
		if err := json.Unmarshal(line, &e); err != nil || !e.stays() || e.Seq <= h.seq {
			return fmt.Errorf("line %d of %s is not a message that follows the one before: %.60q", h.lines, h.path, bytes.TrimSpace(line))
		}
		h.size += int64(len(line))
		h.remember(e)
	}
	return h.file.Truncate(h.size)
}

func (h *history) remember(e Event) {
	h.seq = e.Seq
	kept := append(h.rooms[e.Room], e)
	if len(kept) > h.most {
		kept = slices.Delete(kept, 0, len(kept)-h.most)
	}
	h.rooms[e.Room] = kept
	if len(h.rooms) > mostRooms {
		h.forget()
	}
}

// mostRooms is how many rooms have a history: strangers make them.
const mostRooms = 1000

// forget forgets the room in which nothing was said for longest.
func (h *history) forget() {
	oldest, seq := "", h.seq+1
	for room, events := range h.rooms {
		if last := events[len(events)-1].Seq; last < seq {
			oldest, seq = room, last
		}
	}
	delete(h.rooms, oldest)
}

// add gives the event its number and keeps it. What it has returned nil for outlasts
// the process.
func (h *history) add(e *Event) error {
	e.Seq = h.seq + 1
	if h.file != nil {
		line := append(e.json(), '\n')
		if _, err := h.file.WriteAt(line, h.size); err != nil {
			return err // what was written of it is written over
		}
		h.size += int64(len(line))
		h.lines++
		h.dirty = true
	}
	h.remember(*e)
	if h.file != nil && h.lines > max(h.again, 2*h.kept()+1000) && h.compact() != nil {
		h.again = 2 * h.lines // what is there is as good
	}
	return nil
}

func (h *history) kept() (n int) {
	for _, events := range h.rooms {
		n += len(events)
	}
	return n
}

// compact leaves in the file what is kept.
func (h *history) compact() error {
	if h.lines <= h.kept() {
		return nil
	}
	var all []Event
	for _, events := range h.rooms {
		all = append(all, events...)
	}
	slices.SortFunc(all, func(a, b Event) int { return cmp.Compare(a.Seq, b.Seq) })
	err := atomicfile.Write(h.path, func(w io.Writer) error {
		buf := bufio.NewWriter(w)
		for _, e := range all {
			_, _ = buf.Write(append(e.json(), '\n'))
		}
		return buf.Flush()
	})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_ = h.file.Close()
	h.file, h.lines = f, len(all)
	h.size, err = f.Seek(0, io.SeekEnd)
	return err
}

// since returns what was said in a room after a number.
func (h *history) since(room string, seq uint64) []Event {
	events := h.rooms[room]
	i, there := slices.BinarySearchFunc(events, seq, func(e Event, seq uint64) int { return cmp.Compare(e.Seq, seq) })
	if there {
		i++
	}
	return slices.Clone(events[i:])
}

// sync has the system write down what is new.
func (h *history) sync() error {
	if h.file == nil || !h.dirty {
		return nil
	}
	h.dirty = false
	return h.file.Sync()
}

func (h *history) close() error {
	err := h.sync()
	if h.file != nil {
		err = errors.Join(err, h.file.Close())
	}
	if h.lock != nil {
		err = errors.Join(err, h.lock.Close())
	}
	return err
}
