package request_test

import (
	"net/http"
	"testing"

	"github.com/inflight-go/inflight/internal/request"
)

func TestCurl(t *testing.T) {
	for want, r := range map[string]request.Request{
		"curl http://a/b": {URL: "http://a/b", Method: "GET"},
		"curl -X POST 'http://a/?q=1&r=it'\\''s' -H 'Content-Type: application/json' --data-raw '{\"a\":\"b\nc\"}'": {
			Method: "POST", URL: "http://a/?q=1&r=it's", Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte("{\"a\":\"b\nc\"}")},
		"curl --head http://a":                               {URL: "http://a", Method: "HEAD"},
		"curl -X GET http://a -H Content-Type: --data-raw x": {URL: "http://a", Method: "GET", Body: []byte("x")},
		"curl --globoff 'http://[::1]/{x}'":                  {URL: "http://[::1]/{x}"},
		"curl http://a -H 'Authorization: Bearer REDACTED' -H 'Cookie: REDACTED' -H 'X-Api-Key: REDACTED' -H 'X-Plain: x' -H 'Idempotency-Key: k1'": {
			URL: "http://a", IdempotencyKey: "k1",
			Header: http.Header{"Authorization": {"Bearer abc"}, "Cookie": {"a=b"}, "X-Api-Key": {"abc"}, "X-Plain": {"x"}}},
		"curl -X PUT http://a -H Content-Type: --data-binary @- # 2 bytes that are no text": {Method: "PUT", URL: "http://a", Body: []byte("\xff\x00")},
	} {
		if got := request.Curl(r); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}
