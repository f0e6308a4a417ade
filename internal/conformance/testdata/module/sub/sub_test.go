package sub

import "testing"

func TestT1_again(t *testing.T) {}

func TestT99_no_such_check(t *testing.T) {}
