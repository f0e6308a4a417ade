package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// writeLog writes a log of that size, with lines of 60 to 160 bytes, of which one in
// fifty has the status 500.
func writeLog(path string, mib int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	block := logBlock()
	w := bufio.NewWriterSize(f, 1<<20)
	for range mib {
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// logBlock is a MiB of whole lines.
func logBlock() []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	letters := []byte("abcdefghijklmnopqrstuvwxyz0123456789")
	var b []byte
	for len(b) < 1<<20-400 {
		status := 200
		if rnd.IntN(50) == 0 {
			status = 500
		}
		b = fmt.Appendf(b, "10.0.%d.%d - - GET /", rnd.IntN(256), rnd.IntN(256))
		for range 20 + rnd.IntN(100) {
			b = append(b, letters[rnd.IntN(len(letters))])
		}
		b = fmt.Appendf(b, " HTTP/1.1 %d\n", status)
	}
	for len(b) < 1<<20-1 {
		b = append(b, 'x')
	}
	return append(b, '\n')
}

func writeSmall(dir string, n int) error {
	for _, name := range []string{"small", "made"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o777); err != nil {
			return err
		}
	}
	block := logBlock()[:4<<10]
	for _, path := range smallFiles(dir, n) {
		if err := os.WriteFile(path, block, 0o666); err != nil {
			return err
		}
	}
	return nil
}

func smallFiles(dir string, n int) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = filepath.Join(dir, "small", fmt.Sprintf("%06d.txt", i))
	}
	return paths
}

// made is the output for a small file.
func made(path string) string {
	return filepath.Join(filepath.Dir(filepath.Dir(path)), "made", filepath.Base(path))
}
