package nested

import "testing"

func TestT3_elsewhere(t *testing.T) {}
