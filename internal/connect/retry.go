package connect

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/inflight-go/inflight/internal/option"
	"github.com/inflight-go/inflight/retry"
	"github.com/inflight-go/inflight/retry/breaker"
	"github.com/inflight-go/inflight/session"
)

func (o *Options) retry(s *session.Options) error {
	low, high, err := option.Range("backoff", o.Backoff)
	if err != nil {
		return err
	}
	s.Backoff = retry.Policy{Retries: o.Retries, Base: low, Max: high}
	if o.Retries == 0 {
		s.Backoff.Retries = -1
	}
	switch o.Jitter {
	case "full":
	case "none":
		s.Backoff.Rand = func() float64 { return math.Nextafter(1, 0) }
	default:
		return option.Wrong("jitter", o.Jitter, "full or none")
	}
	s.RetryOn = []string{}
	for w := range strings.SplitSeq(o.RetryOn, ",") {
		if w = strings.TrimSpace(w); w != "" {
			s.RetryOn = append(s.RetryOn, w)
		}
	}
	s.RetryBudget = -1
	if o.RetryBudget != "off" {
		share, ok := option.Share(o.RetryBudget)
		if !ok || share == 0 {
			return option.Wrong("retry-budget", o.RetryBudget, "a share such as 20%, or off; without retries at all: --retries 0")
		}
		s.RetryBudget = share
	}
	if err := option.OneOf("retry-methods", o.RetryMethods, "safe", "all"); err != nil {
		return err
	}
	switch o.RetryAfter {
	case "host":
		s.RetryAfter = session.HoldHost
	case "request":
		s.RetryAfter = session.HoldRequest
	case "ignore":
		s.RetryAfter = session.HoldNothing
	default:
		return option.Wrong("retry-after", o.RetryAfter, "host, request or ignore")
	}
	return o.breaker(s)
}

func (o *Options) breaker(s *session.Options) error {
	if err := option.OneOf("breaker-mode", o.BreakerMode, "wait", "fail"); err != nil || o.Breaker == "off" {
		return err
	}
	parts := strings.Split(o.Breaker, "/")
	if len(parts) == 3 {
		share, ok := option.Share(parts[0])
		samples, errN := strconv.Atoi(parts[1])
		open, errD := time.ParseDuration(parts[2])
		if ok && share > 0 && errN == nil && samples > 0 && errD == nil && open > 0 {
			s.Breaker = &breaker.Options{Share: share, Samples: samples, Open: open, Wait: o.BreakerMode == "wait"}
			return nil
		}
	}
	return option.Wrong("breaker", o.Breaker, "share/samples/time such as 50%/20/30s, or off")
}
