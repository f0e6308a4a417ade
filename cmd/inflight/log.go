package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// A screen is stderr, with a line at the bottom that changes. It is safe for use by
// several goroutines at once.
type screen struct {
	mu  sync.Mutex
	out io.Writer
	bar bool // a line is at the bottom
}

const clearLine = "\r\x1b[K"

// show puts text into the line at the bottom.
func (s *screen) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar = true
	_, _ = io.WriteString(s.out, "\r"+text+"\x1b[K")
}

// line writes a line above that.
func (s *screen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	_, _ = io.WriteString(s.out, text+"\n")
}

// end takes the line at the bottom away.
func (s *screen) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

// clear is end for those who hold mu.
func (s *screen) clear() {
	if s.bar {
		s.bar = false
		_, _ = io.WriteString(s.out, clearLine)
	}
}

// spoken writes records of a log for people.
type spoken struct {
	screen *screen
	level  slog.Level
	attrs  []slog.Attr
}

func (h *spoken) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *spoken) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	say := func(a slog.Attr) bool {
		b.WriteString("  " + a.Key + "=" + plainText(a.Value.String()))
		return true
	}
	for _, a := range h.attrs {
		say(a)
	}
	r.Attrs(say)
	h.screen.line(b.String())
	return nil
}

func (h *spoken) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &spoken{h.screen, h.level, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

func (h *spoken) WithGroup(string) slog.Handler { return h }

// plainText quotes what could be mistaken, or steer a terminal.
func plainText(s string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' }
	if s == "" || strings.IndexFunc(s, odd) >= 0 {
		return strconv.Quote(s)
	}
	return s
}

// A logFile is the file of --log. What can't be written to it is lost, which is told at
// the end: nothing stops for that.
type logFile struct {
	file *os.File
	mu   sync.Mutex
	err  error
	lost int64
}

func openLog(path string) (*logFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	return &logFile{file: f}, nil
}

func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(b); err != nil {
		l.lost++
		l.err = err
	}
	return len(b), nil
}

// close closes the file and reports what is not in it.
func (l *logFile) close() (lost int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost, errors.Join(l.err, l.file.Close())
}
