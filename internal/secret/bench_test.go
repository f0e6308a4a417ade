package secret_test

import (
	"testing"

	"github.com/inflight-go/inflight/internal/secret"
)

// Most URLs have nothing to hide; each row has one.
func BenchmarkURL(b *testing.B) {
	for name, url := range map[string]string{"plain": "https://api.example.com/v1/users/17", "query": "https://api.example.com/v1/users?id=17&page=2&fields=name", "secret": "https://api.example.com/v1/users?id=17&token=abcdef"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = secret.URL(url)
			}
		})
	}
}
