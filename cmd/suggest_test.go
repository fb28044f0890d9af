package cmd

import (
	"slices"
	"testing"

	"github.com/restail/restail/decode"
	"github.com/restail/restail/decode/record"
)

// TestNearest suggests what a mistyped name most likely means.
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

// TestDistance counts edits; a swap of neighbours is one.
func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "abd", 1},
		{"abc", "acb", 1}, {"abcd", "badc", 2}, {"text", "txt", 1}, {"größe", "grösse", 2}, {"kitten", "sitting", 3},
	} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("from %q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestEither(t *testing.T) {
	for want, choices := range map[string][]string{
		"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"},
	} {
		if got := either(choices); got != want {
			t.Errorf("%q: %q", slices.Clone(choices), got)
		}
	}
}
