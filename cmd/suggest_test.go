package cmd

import (
	"slices"
	"testing"

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
		{"", record.Words(record.Platforms), ""},
		{"y", record.Words(record.Platforms), ""},
		{"X", record.Words(record.Platforms), "x"},
		{"nope", fieldNames(), ""},
		{"twich", record.Words(record.Platforms), "twitch"},
		{"you-tube", record.Words(record.Platforms), "youtube"},
		{"Twitter", record.Words(record.Platforms), "x"},
		{"fb", record.Words(record.Platforms), ""},
		{"evnt", record.Words(record.ActionChoices), "event"},
		{"conection_info", record.Words(record.ActionChoices), "connection_info"},
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
