package cmd

import (
	"slices"
	"testing"
)

func TestNotes(t *testing.T) {
	for _, test := range []struct{ written, want []string }{
		{[]string{"one\ntwo\n"}, []string{"one", "two"}},
		{[]string{"o", "ne\n\n \ntw", "o\nrest"}, []string{"one", "two"}},
		{[]string{"Client id: ", "\n", "no id\n"}, []string{"Client id: ", "no id"}},
		{[]string{"first\nPaste it here: ", "done\n"}, []string{"first", "Paste it here: ", "done"}},
		{[]string{"warning: ", "all is lost\n"}, []string{"warning: ", "all is lost"}},
	} {
		var got []string
		n := notes{tell: func(line string) { got = append(got, line) }}
		for _, part := range test.written {
			if m, err := n.Write([]byte(part)); m != len(part) || err != nil {
				t.Errorf("Write(%q) = %d, %v", part, m, err)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q is told as %q, want %q", test.written, got, test.want)
		}
	}
}
