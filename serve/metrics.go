package serve

import "github.com/inflight-go/inflight/telemetry"

// Metrics is a source of the Stats of all listeners: "inflight_server_…", with the label
// "listener", which is the listener's Name.
func (s *Server) Metrics() telemetry.Source {
	return func(yield func(telemetry.Metric) bool) {
		for _, m := range metrics {
			for _, l := range s.listeners {
				stats := l.Stats()
				if !yield(telemetry.Metric{Name: "inflight_server_" + m.name, Help: m.help, Label: "listener", Value: l.Name, Now: m.of(&stats), Counter: m.counter}) {
					return
				}
			}
		}
	}
}

var metrics = []struct {
	name, help string
	counter    bool
	of         func(*Stats) float64
}{
	{"accepted_total", "Connections that were accepted", true, func(s *Stats) float64 { return float64(s.Accepted) }},
	{"refused_total", "Connections that were closed for there were too many from one address", true, func(s *Stats) float64 { return float64(s.Refused) }},
	{"accept_errors_total", "Times that no connection could be accepted", true, func(s *Stats) float64 { return float64(s.AcceptErrors) }},
	{"connections", "Connections that are open", false, func(s *Stats) float64 { return float64(s.Open) }},
	{"under_way", "Requests, or connections' functions, that have not ended", false, func(s *Stats) float64 { return float64(s.UnderWay) }},
	{"served_total", "Requests, or connections' functions, that have ended", true, func(s *Stats) float64 { return float64(s.Served) }},
	{"failed_total", "Of those, the ones that panicked or failed", true, func(s *Stats) float64 { return float64(s.Failed) }},
}
