package fetch

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Summary is what came of a run.
type Summary struct {
	Progress
	Sum     time.Duration    // what the rows took, one after the other
	Classes map[string]int64 // of the failures
	First   map[string]int64 // the first row of each class
	Before  int64            // rows that failed in an earlier run, and were not run again
	Torn    int64            // bytes of an unfinished line that were cut off the output
	Output  string           // "" for what nothing is known of
	Journal string           // where the results are, if that is not Output
	Stopped error            // why it ended early, nil if it did not
	Resume  string           // the command that goes on, "" where there is nothing to go on with

	Untold      int64  // rows of which the template made no text
	FirstUntold error  // why, of the first
	Errors      string // the file with the failed rows, "" for none
	Unreadable  int64  // failed rows that are not in it
}

// WriteText writes the summary for people.
func (s *Summary) WriteText(w io.Writer) {
	var b strings.Builder
	if s.Torn > 0 {
		fmt.Fprintf(&b, "cut %d bytes of an unfinished line off %s\n", s.Torn, cmp.Or(s.Journal, s.Output))
	}
	fmt.Fprintf(&b, "%s %s in %s: %s ok", group(s.Done), plural(s.Done, "row"), brief(s.Elapsed), group(s.OK))
	if s.Failed > 0 {
		fmt.Fprintf(&b, ", %s failed", group(s.Failed))
	}
	if s.Skipped > 0 {
		fmt.Fprintf(&b, ", %s done before", group(s.Skipped))
		if s.Before > 0 {
			fmt.Fprintf(&b, " (%s of them failed: --retry-failed)", group(s.Before))
		}
	}
	if s.Retries > 0 {
		fmt.Fprintf(&b, ", %s tried again", group(s.Retries))
	}
	if s.Done > 0 {
		fmt.Fprintf(&b, " | %s/s | p50 %s, p99 %s", short(s.rate()), brief(s.P50), brief(s.P99))
	}
	b.WriteByte('\n')
	if times := s.speedup(); times >= 1.5 {
		fmt.Fprintf(&b, "one after the other it would have taken %s, %.0f times as long\n", brief(s.Sum), times)
	}
	for _, class := range s.byCount() {
		fmt.Fprintf(&b, "  %-20s %8s  first at index %d\n", class, group(s.Classes[class]), s.First[class])
	}
	s.writeFiles(&b)
	if s.Stopped != nil {
		fmt.Fprintf(&b, "stopped: %v\n", s.Stopped)
	}
	if s.Resume != "" {
		fmt.Fprintf(&b, "to go on: %s\n", s.Resume)
	}
	io.WriteString(w, b.String())
}

// writeFiles says what is where.
func (s *Summary) writeFiles(b *strings.Builder) {
	if s.Untold > 0 {
		fmt.Fprintf(b, "%s %s left out, of which the template makes no text: %v\n", group(s.Untold), plural(s.Untold, "row"), s.FirstUntold)
	}
	if s.Journal != "" {
		fmt.Fprintf(b, "the results are in %s, for --resume and for inflight convert\n", s.Journal)
	}
	if s.Errors != "" && s.Failed+s.Before > 0 {
		fmt.Fprintf(b, "what failed is in %s, as an input", s.Errors)
		if s.Unreadable > 0 {
			fmt.Fprintf(b, ", but for %s %s that can't be written again", group(s.Unreadable), plural(s.Unreadable, "row"))
		}
		b.WriteByte('\n')
	}
}

func (s *Summary) speedup() float64 {
	if s.Elapsed <= 0 || s.Sum < time.Second { // of a moment nobody wants to know
		return 0
	}
	return s.Sum.Seconds() / s.Elapsed.Seconds()
}

// byCount returns the classes, the most frequent first.
func (s *Summary) byCount() []string {
	classes := make([]string, 0, len(s.Classes))
	for class := range s.Classes {
		classes = append(classes, class)
	}
	slices.SortFunc(classes, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Classes[b], s.Classes[a]), cmp.Compare(a, b))
	})
	return classes
}

// WriteJSON writes the summary as one line of JSON.
func (s *Summary) WriteJSON(w io.Writer) error {
	members := map[string]any{}
	if err := json.Unmarshal(s.Progress.JSON(), &members); err != nil {
		return err
	}
	members["sum_s"] = s.Sum.Seconds()
	members["classes"] = s.Classes
	members["torn_bytes"] = s.Torn
	members["failed_before"] = s.Before
	if s.Output != "" {
		members["output"] = s.Output
	}
	if s.Journal != "" {
		members["journal"] = s.Journal
	}
	if s.Errors != "" {
		members["errors"] = s.Errors
	}
	if s.Untold > 0 {
		members["untold"] = s.Untold
	}
	if s.Stopped != nil {
		members["stopped"] = s.Stopped.Error()
	}
	if s.Resume != "" {
		members["resume"] = s.Resume
	}
	return json.NewEncoder(w).Encode(members)
}

func plural(n int64, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
