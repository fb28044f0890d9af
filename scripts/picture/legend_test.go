package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestLegend holds the reference to explaining every mark of the text format, in a line
// such as "- `$`: a super chat".
func TestLegend(t *testing.T) {
	source, err := os.ReadFile("../../format/text.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../cmd/docs/REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\n### Marks of the text format\n")
	list, _, _ := strings.Cut(rest, "\n###")
	// The kinds of lines are mark{'$', style}, the roles {record.IsOwner, "♛", style}.
	signs := regexp.MustCompile(`mark\{'(\S)'|\{record\.Is\w+, "(\S)"`).FindAllStringSubmatch(string(source), -1)
	if len(signs) < 15 {
		t.Fatalf("the format has only the marks %q", signs)
	}
	for _, sign := range signs {
		if mark := sign[1] + sign[2]; !strings.Contains(list, "\n- `"+mark+"`: ") {
			t.Errorf("the reference does not say what the mark %s means", mark)
		}
	}
}
