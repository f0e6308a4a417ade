package data

import "testing"

func TestT3_data(t *testing.T) {}
