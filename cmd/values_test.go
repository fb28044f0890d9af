package cmd

import (
	"encoding"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// oddNumbers are spellings of numbers that Go or a person accepts, but no flag.
var oddNumbers = []string{
	"", " ", "+1", "-1", "0x10", "0x1p3", "0b1", "0o7", "1_0", "1e3", "1E3", "Inf", "+Inf", "infinity", "NaN", "nan",
	".", "1.2.3", "1,5", "１", "٣", "1 0",
}

// A number in a flag is written in plain decimal digits.
func TestNumbers(t *testing.T) {
	for name, test := range map[string]struct {
		flag  encoding.TextUnmarshaler
		takes map[string]any
		wrong []string
	}{
		"count":   {new(count), map[string]any{"1": count(1), "007": count(7)}, []string{"0", "1.0", "one"}},
		"retries": {new(retries), map[string]any{"0": retries(0), "12": retries(12)}, []string{"1.5", "many"}},
		"speed": {new(speed), map[string]any{"max": speed(0), "1": speed(1), "0.5": speed(0.5), ".5": speed(0.5), "10x": speed(10)},
			[]string{"0", "0.0", "fast", "x", "1xx", strings.Repeat("9", 400)}},
		"size": {new(size), map[string]any{
			"1": size(1), "64KiB": size(64 << 10), "1.5 MiB": size(3 << 19), "2kB": size(2000), "16m": size(16 << 20),
		}, []string{"0", "0.4", "MiB", "1TiB", "1 KiB 2", "1KiB5"}},
		"duration": {new(duration), map[string]any{
			"30s": duration(30 * time.Second), "5m": duration(5 * time.Minute), "1h30m": duration(90 * time.Minute),
			"1.5": duration(1500 * time.Millisecond), "60": duration(time.Minute), "250ms": duration(250 * time.Millisecond),
		}, []string{"0", "0s", "-5s", "+5s", "5x", "1d", "1e3s", "1_0s", "soon", strings.Repeat("9", 400)}},
	} {
		for text, want := range test.takes {
			if err := test.flag.UnmarshalText([]byte(text)); err != nil {
				t.Errorf("%s %q: %v", name, text, err)
			} else if got := fmt.Sprint(value(test.flag)); got != fmt.Sprint(want) {
				t.Errorf("%s %q is %v, want %v", name, text, got, want)
			}
		}
		for _, text := range append(test.wrong, oddNumbers...) {
			err := test.flag.UnmarshalText([]byte(text))
			if err == nil {
				t.Errorf("%s takes %q as %v", name, text, value(test.flag))
			} else if !strings.HasPrefix(err.Error(), "invalid ") || !strings.Contains(err.Error(), ": want ") {
				t.Errorf("%s %q: %v", name, text, err)
			}
		}
	}
}

// value returns the value of a flag.
func value(flag encoding.TextUnmarshaler) any {
	switch v := flag.(type) {
	case *count:
		return *v
	case *retries:
		return *v
	case *speed:
		return *v
	case *size:
		return *v
	case *duration:
		return *v
	}
	return nil
}

// The error for a number that is too large names the limit.
func TestTooLarge(t *testing.T) {
	var n size
	for _, text := range []string{"9999999999GiB", fmt.Sprint(math.MaxInt), strings.Repeat("9", 400)} {
		if err, want := n.UnmarshalText([]byte(text)), fmt.Sprintf("invalid size %q: want at most %d bytes", text, math.MaxInt/2); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := n.UnmarshalText([]byte("512MiB")); err != nil || n != 512<<20 {
		t.Errorf("512MiB is %d, %v", n, err)
	}
	var lines count
	many := strings.Repeat("9", 20)
	if err, want := lines.UnmarshalText([]byte(many)), fmt.Sprintf("invalid number %q: want at most %d", many, math.MaxInt); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The suggestion for a mistyped name is the name that it most likely means.
func TestNearest(t *testing.T) {
	commands := []string{"tail", "replay", "serve", "demo", "connections", "token"}
	for _, test := range []struct {
		name  string
		known []string
		want  string
	}{
		{"tial", commands, "tail"},
		{"Demo", commands, "demo"},
		{"connection", commands, "connections"},
		{"con", commands, "connections"},
		{"following", commands, ""},
		{"", commands, ""},
		{"", record.WithoutMeanings(decode.PlatformNames()), ""},
		{"y", record.WithoutMeanings(decode.PlatformNames()), ""},
		{"X", record.WithoutMeanings(decode.PlatformNames()), "x"},
		{"nope", fieldNames(), ""},
		{"twich", record.WithoutMeanings(decode.PlatformNames()), "twitch"},
		{"you-tube", record.WithoutMeanings(decode.PlatformNames()), "youtube"},
		{"Twitter", record.WithoutMeanings(decode.PlatformNames()), "x"},
		{"fb", record.WithoutMeanings(decode.PlatformNames()), ""},
		{"evnt", record.WithoutMeanings(decode.ActionChoices()), "event"},
		{"conection_info", record.WithoutMeanings(decode.ActionChoices()), "connection_info"},
		{"txt", fieldNames(), "text"},
		{"tiem", fieldNames(), "time"},
		{"author-name", fieldNames(), "author_name"},
		{"platfrom", fieldNames(), "platform"},
		{"gap", fieldNames(), "gap_seconds"},
		{"ü", fieldNames(), ""},
		{"time", fieldNames(), "time"},
	} {
		if got := nearest(test.name, test.known); got != test.want {
			t.Errorf("%q is near %q, want %q", test.name, got, test.want)
		}
	}
}
