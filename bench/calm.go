package main

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// calm is the share of the machine that others may use during a round that
// counts. patience is how many times the rounds wanted are tried to get as many
// calm ones; after that, those in which others used least do.
const (
	calm     = 0.10
	patience = 2
)

// A round is what all contenders took, one after the other.
type round struct {
	foreign float64 // the share of the machine that others used meanwhile
	samples []sample
}

// calmest plays rounds until n of them were calm, most at the utmost, and returns
// n. What others did is all that it chooses by.
func calmest(n, most int, play func() []sample) []round {
	var all []round
	quiet := 0
	for len(all) < n || quiet < n && len(all) < most {
		r := round{}
		r.foreign = foreign(func() { r.samples = play() })
		if r.foreign <= calm {
			quiet++
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b round) int {
		switch {
		case max(a.foreign, calm) < max(b.foreign, calm):
			return -1
		case max(a.foreign, calm) > max(b.foreign, calm):
			return 1
		}
		return 0
	})
	return all[:n]
}

// awaitCalm returns when others have left the machine alone for a moment, or when
// that took too long.
func awaitCalm(ctx context.Context, patience time.Duration) {
	const moment = 500 * time.Millisecond
	for end := time.Now().Add(patience); time.Now().Before(end) && ctx.Err() == nil; {
		if foreign(func() { time.Sleep(moment) }) <= calm {
			return
		}
	}
}

// foreign tells which share of the machine was used by others while f ran; 0
// where that can't be known.
func foreign(f func()) float64 {
	busy0, cpu0, t0 := machineTime(), cpuTime(), time.Now()
	f()
	elapsed := time.Since(t0)
	spent, busy1 := cpuTime()-cpu0, machineTime()
	if busy0 == 0 || busy1 == 0 {
		return 0
	}
	return max(0, float64(busy1-busy0-spent)/float64(elapsed)/float64(runtime.NumCPU()))
}

// tick is the unit of /proc/stat on every Linux there is.
const tick = time.Second / 100

// machineTime is what all processors have worked since the machine started, 0
// where that can't be had.
func machineTime() (busy time.Duration) {
	b, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(b), "\n")
	for i, field := range strings.Fields(line) {
		switch i {
		case 1, 2, 3, 6, 7, 8: // user, nice, system, irq, softirq, steal
			n, _ := strconv.ParseInt(field, 10, 64)
			busy += time.Duration(n) * tick
		}
	}
	return busy
}
