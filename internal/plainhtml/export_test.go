package plainhtml

import (
	"maps"
	"slices"
	"strings"
)

// Drawn are the names that drawings have, of elements and of attributes.
func Drawn() string {
	return strings.Join(slices.Sorted(maps.Values(drawn)), " ") + " " + strings.Join(slices.Sorted(maps.Values(drawnAttributes)), " ")
}
