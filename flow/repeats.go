package flow

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// repeats are the pages that a walk has had, to find out when it goes round in a circle.
type repeats struct {
	hashes, places map[string]int64 // to the number of the page; what a server says may be long
}

// page takes note of a page. It fails if the page was there before: the same content,
// the same cursor or the same URL.
func (seen *repeats) page(s *step, p *page) error {
	if s.pages == nil {
		return nil
	}
	if seen.hashes == nil {
		seen.hashes, seen.places = make(map[string]int64), make(map[string]int64)
	}
	if before, ok := seen.hashes[p.hash]; ok && len(p.values) > 0 && p.hash != "" {
		why := fmt.Sprintf("does the server know %s?", s.pages.parameter())
		if s.pages.link || s.pages.next != nil {
			why = "the server sends the same again"
		}
		return fmt.Errorf("page %d has the same content as page %d: %s", p.no, before, why)
	}
	seen.hashes[p.hash] = p.no
	if p.next == nil {
		return nil
	}
	for what, place := range map[string]string{"cursor": p.next.Cursor, "next page": p.next.URL} {
		if place == "" {
			continue
		}
		hash := hashOf([]byte(place))
		if before, ok := seen.places[hash]; ok {
			return fmt.Errorf("page %d leads to the same %s as page %d, %.100q: the list goes round in a circle", p.no, what, before, place)
		}
		seen.places[hash] = p.no
	}
	return nil
}

// hashOf tells contents apart.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawStdEncoding.EncodeToString(sum[:12])
}
