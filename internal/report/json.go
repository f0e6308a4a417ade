package report

import (
	"encoding/json"
	"io"
	"time"
)

// The shapes of WriteJSON. Times are milliseconds, as in the results.
type (
	jsonSummary struct {
		Requests   int64   `json:"requests"`
		OK         int64   `json:"ok"`
		Failed     int64   `json:"failed"`
		Retries    int64   `json:"retries"`
		Truncated  int64   `json:"truncated"`
		Bytes      int64   `json:"bytes"`
		Started    *string `json:"started,omitempty"`
		Ended      *string `json:"ended,omitempty"`
		WallMS     float64 `json:"wall_ms"`
		WorkMS     float64 `json:"work_ms"`
		Speedup    float64 `json:"speedup"`
		Throughput float64 `json:"throughput"`

		Duration jsonQuantiles `json:"duration_ms"`
		Alone    jsonQuantiles `json:"alone_ms"`
		TTFB     jsonQuantiles `json:"ttfb_ms"`
		Statuses []jsonStatus  `json:"statuses"`
		Classes  []jsonClass   `json:"classes"`
		Hosts    []jsonHost    `json:"hosts"`
		Slowest  []jsonRequest `json:"slowest"`

		Lines      int64         `json:"lines"`
		Superseded int64         `json:"superseded"`
		Repeated   int64         `json:"repeated"`
		Broken     int64         `json:"broken"`
		Problems   []jsonProblem `json:"problems"`
	}
	jsonQuantiles struct {
		N   int64   `json:"n"`
		P50 float64 `json:"p50"`
		P90 float64 `json:"p90"`
		P95 float64 `json:"p95"`
		P99 float64 `json:"p99"`
		Max float64 `json:"max"`
	}
	jsonStatus struct {
		Status   int   `json:"status"`
		Requests int64 `json:"requests"`
	}
	jsonClass struct {
		Class    string `json:"class"`
		Requests int64  `json:"requests"`
		Example  string `json:"example"`
		Index    int64  `json:"index"`
		Line     int64  `json:"line"`
	}
	jsonHost struct {
		Host     string        `json:"host"`
		Requests int64         `json:"requests"`
		Failed   int64         `json:"failed"`
		Retries  int64         `json:"retries"`
		Bytes    int64         `json:"bytes"`
		Duration jsonQuantiles `json:"duration_ms"`
	}
	jsonRequest struct {
		Index      int64   `json:"index"`
		Line       int64   `json:"line"`
		Method     string  `json:"method"`
		URL        string  `json:"url"`
		Status     int     `json:"status"`
		OK         bool    `json:"ok"`
		Class      string  `json:"class,omitempty"`
		DurationMS float64 `json:"duration_ms"`
	}
	jsonProblem struct {
		Line    int64  `json:"line"`
		Message string `json:"message"`
	}
)

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

func (q Quantiles) json() jsonQuantiles {
	return jsonQuantiles{
		N: q.N, P50: milliseconds(q.P50), P90: milliseconds(q.P90), P95: milliseconds(q.P95), P99: milliseconds(q.P99), Max: milliseconds(q.Max),
	}
}

// WriteJSON writes the summary as one JSON object, indented, with times in
// milliseconds. Names are never taken away, and what there are none of is an empty
// array. The only errors are those of w.
func (s *Summary) WriteJSON(w io.Writer) error {
	v := jsonSummary{
		Requests: s.Requests, OK: s.OK, Failed: s.Failed, Retries: s.Retries, Truncated: s.Truncated, Bytes: s.Bytes,
		WallMS: milliseconds(s.Wall()), WorkMS: milliseconds(s.Work), Speedup: s.Speedup(), Throughput: s.Throughput(),
		Duration: s.Duration.json(), Alone: s.Alone.json(), TTFB: s.TTFB.json(),
		Statuses: []jsonStatus{}, Classes: []jsonClass{}, Hosts: []jsonHost{}, Slowest: []jsonRequest{}, Problems: []jsonProblem{},
		Lines: s.Lines, Superseded: s.Superseded, Repeated: s.Repeated, Broken: s.Broken,
	}
	if !s.Start.IsZero() {
		from, to := s.Start.Format(time.RFC3339Nano), s.End.Format(time.RFC3339Nano)
		v.Started, v.Ended = &from, &to
	}
	for _, x := range s.Statuses {
		v.Statuses = append(v.Statuses, jsonStatus{Status: x.Code, Requests: x.Requests})
	}
	for _, x := range s.Classes {
		v.Classes = append(v.Classes, jsonClass{Class: x.Name, Requests: x.Requests, Example: x.Example, Index: x.Index, Line: x.Line})
	}
	for _, x := range s.Hosts {
		v.Hosts = append(v.Hosts, jsonHost{
			Host: x.Name, Requests: x.Requests, Failed: x.Failed, Retries: x.Retries, Bytes: x.Bytes, Duration: x.Duration.json(),
		})
	}
	for _, x := range s.Slowest {
		v.Slowest = append(v.Slowest, jsonRequest{
			Index: x.Index, Line: x.Line, Method: x.Method, URL: x.URL, Status: x.Status, OK: x.OK, Class: x.Class, DurationMS: milliseconds(x.Duration),
		})
	}
	for _, x := range s.Problems {
		v.Problems = append(v.Problems, jsonProblem(x))
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
