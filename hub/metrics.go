package hub

import (
	"maps"
	"slices"
	"strconv"

	"github.com/inflight-go/inflight/telemetry"
)

// Metrics is a source of the Stats: "inflight_hub_…". Those that have gone are by code,
// which is a label.
func (h *Hub) Metrics() telemetry.Source {
	return func(yield func(telemetry.Metric) bool) {
		s := h.Stats()
		for _, m := range []telemetry.Metric{
			{Name: "clients", Help: "Clients", Now: float64(s.Clients)},
			{Name: "rooms", Help: "Rooms with somebody in them", Now: float64(s.Rooms)},
			{Name: "queued", Help: "Deliveries that wait in queues", Now: float64(s.Queued)},
			{Name: "opened_total", Help: "Clients there were in all", Now: float64(s.Opened), Counter: true},
			{Name: "refused_total", Help: "Connections that did not become clients", Now: float64(s.Refused), Counter: true},
			{Name: "kicked_total", Help: "Clients that were closed for being slow", Now: float64(s.Kicked), Counter: true},
			{Name: "failed_total", Help: "Handlers that have panicked or returned an error", Now: float64(s.Failed), Counter: true},
			{Name: "accept_errors_total", Help: "Times that no connection could be accepted", Now: float64(s.AcceptErrors), Counter: true},
			{Name: "received_total", Help: "Messages from clients", Now: float64(s.Received), Counter: true},
			{Name: "sent_total", Help: "Messages that were broadcast, or sent to one", Now: float64(s.Sent), Counter: true},
			{Name: "delivered_total", Help: "Deliveries that the system has taken", Now: float64(s.Delivered), Counter: true},
			{Name: "dropped_total", Help: "Deliveries that the policy for slow clients has dropped", Now: float64(s.Dropped), Counter: true},
			{Name: "discarded_total", Help: "Deliveries for clients that have gone", Now: float64(s.Discarded), Counter: true},
			{Name: "queue_messages", Help: "How many messages waited for the client at a delivery, itself among them", Histogram: &s.Depth},
			{Name: "queue_bytes", Help: "How many bytes waited for the client at a delivery, its own among them", Histogram: &s.DepthBytes},
		} {
			m.Name = "inflight_hub_" + m.Name
			if !yield(m) {
				return
			}
		}
		for _, code := range slices.Sorted(maps.Keys(s.Closed)) {
			if !yield(telemetry.Metric{Name: "inflight_hub_closed_total", Help: "Clients that have gone, by the code of the close",
				Label: "code", Value: strconv.Itoa(code), Now: float64(s.Closed[code]), Counter: true}) {
				return
			}
		}
	}
}
