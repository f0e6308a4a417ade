package lane_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/inflight-go/inflight/internal/lane"
)

// What is read of an answer, and what is left after it, is the same as by
// http.ReadResponse, however the bytes come in.
func FuzzReadResponse(f *testing.F) {
	for _, answer := range answers {
		if len(answer) < 4096 {
			f.Add([]byte(answer), false)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, head bool) {
		req := &http.Request{Method: "GET"}
		if head {
			req.Method = "HEAD"
		}
		want, wantErr, wantRest := read(bytes.NewReader(data), req, func(r *bufio.Reader) (*http.Response, error) {
			return http.ReadResponse(r, req)
		})
		for _, from := range []io.Reader{bytes.NewReader(data), iotest.OneByteReader(bytes.NewReader(data)), iotest.DataErrReader(bytes.NewReader(data))} {
			reuse := false
			got, err, rest := read(from, req, func(r *bufio.Reader) (resp *http.Response, err error) {
				resp, reuse, err = lane.ReadResponse(r, req)
				return resp, err
			})
			if err != wantErr || !reflect.DeepEqual(got, want) || rest != wantRest {
				t.Fatalf("%q\nown:          %+v, %q, then %q\nReadResponse: %+v, %q, then %q", data, got, err, rest, want, wantErr, wantRest)
			}
			if reuse && want != nil && want.Close {
				t.Fatalf("%q: used again after %+v", data, want)
			}
		}
	})
}

// read reads an answer whose body is in Status, and tells the error and what is left.
func read(from io.Reader, req *http.Request, by func(*bufio.Reader) (*http.Response, error)) (resp *http.Response, err, rest string) {
	r := bufio.NewReaderSize(from, 8<<10)
	resp, e := by(r)
	if e != nil {
		return nil, e.Error(), ""
	}
	body, e := io.ReadAll(resp.Body)
	if e != nil {
		return nil, "body: " + e.Error(), ""
	}
	resp.Status += "\x00" + string(body)
	resp.Body = nil
	left, _ := io.ReadAll(r)
	return resp, "", string(left)
}

// What is sent of a request that the lane takes is the same as by Request.Write.
func FuzzAppendRequest(f *testing.F) {
	f.Add("GET", "http://a.example/x?y", "", "X-A", "b", "")
	f.Add("POST", "http://a.example:80/%2f é?a b", "b.example", "User-Agent", " b\t", "body")
	f.Add("PUT", "http://[::1]/", "b c", "Cookie", "a\r\nb", "body")
	f.Fuzz(func(t *testing.T, method, rawURL, host, name, value, body string) {
		u, err := url.Parse(rawURL)
		if err != nil {
			return
		}
		request := func() *http.Request {
			req := &http.Request{Method: method, URL: u, Host: host, Header: http.Header{name: {value}}}
			if body != "" {
				req.ContentLength = int64(len(body))
				req.GetBody = func() (io.ReadCloser, error) { return nil, nil }
				req.Body = io.NopCloser(strings.NewReader(body))
			}
			return req
		}
		if !lane.Takes(plain, request()) {
			return
		}
		got, err := lane.AppendRequest(nil, request())
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := request().Write(&want); err != nil || string(got) != want.String() {
			t.Fatalf("own:\n%s\nWrite: %v\n%s", got, err, want.String())
		}
	})
}

var plain = func() *lane.Lane { l, _ := new(server).lanes(); return l }()
