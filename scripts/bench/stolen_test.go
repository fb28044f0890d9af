//go:build unix

package main

import (
	"slices"
	"testing"
)

func TestStolen(t *testing.T) {
	then := machineOf("cpu  100 20 30 400 5 6 7 8 9 10")
	now := machineOf("cpu  150 20 60 500 5 6 7 28 9 10")
	want := []row{{what: "processor time that the host gave to others meanwhile", result: "10.0 %"}}
	if rows := now.since(then); !slices.Equal(rows, want) {
		t.Errorf("%+v", rows)
	}
	for _, line := range []string{"", "cpu", "intr 1 2 3 4 5 6 7 8 9", "cpu 1 2 3 four 5 6 7 8"} {
		if m := machineOf(line); m != (machine{}) {
			t.Errorf("%q: %+v", line, m)
		}
	}
	if rows := (machine{}).since(machine{}); rows != nil {
		t.Errorf("%+v", rows)
	}
}
