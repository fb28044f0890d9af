package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restail/restail/format"
)

// TestLegend holds what the reference says about the marks against the format:
// it has all of them, and each stands in the lines that it says.
func TestLegend(t *testing.T) {
	legend := readLegend(t)
	signs := definedMarks(t)
	if got := slices.Sorted(maps.Keys(legend)); !slices.Equal(got, signs) {
		t.Errorf("the reference explains %q, the format has %q", got, signs)
	}
	none, err := format.ParseClock("none")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range []struct{ sign, meaning, field, value string }{
		{"$", "super chat", "type", "super_chat"},
		{"$", "super sticker", "type", "super_sticker"},
		{"$", "other gift of money", "amount", "5.00"},
		{"+", "subscription", "type", "subscription"},
		{"+", "membership", "type", "membership"},
		{"+", "milestone", "type", "member_milestone"},
		{"+", "gifts", "type", "membership_gift"},
		{"%", "private whisper", "is_whisper", ""},
		{"1", "first message", "is_first", ""},
		{"@", "reply", "reply_to", "Bob"},
		{"*", "/me", "is_action", ""},
		{"?", "event", "type", "raid"},
		{"?", "action", "action", "raid"},
		{">", "you", "action", "reply_created"},
		{"=", "accepted", "action", "reply_accepted"},
		{"=", "confirmed", "action", "relay_confirmed"},
		{"!", "failed", "action", "reply_failed"},
		{"!", "failed", "action", "relay_failed"},
		{"+", "connection", "connection_info", "connected"},
		{"+", "link", "link", "restored"},
		{"~", "connecting", "connection_info", "connecting"},
		{"~", "lost", "link", "lost"},
		{"!", "connection", "connection_info", "error"},
		{"-", "closed", "connection_closed", "closed"},
		{".", "heartbeat", "action", "heartbeat"},
		{"♛", "owner", "is_owner", ""},
		{"⚔", "moderator", "is_moderator", ""},
		{"✦", "subscriber", "is_subscriber", ""},
		{"✓", "verified", "is_verified", ""},
		{"⚙", "bot", "is_bot", ""},
	} {
		object := map[string]any{"action": "event", "platform": "x", "author": "Ada", "text": "hi"}
		switch {
		case strings.HasPrefix(c.field, "connection_") || c.field == "link":
			object["action"], object["status"] = c.field, c.value
		case c.value == "":
			object[c.field] = true
		default:
			object[c.field] = c.value
		}
		line := string(format.NewText(format.TextOptions{Clock: none}).Value(nil, object))
		if marks := strings.Fields(line)[1]; marks != c.sign {
			t.Errorf("%s %s has the mark %s, not %s: %s", c.field, c.value, marks, c.sign, line)
		}
		if !strings.Contains(legend[c.sign], c.meaning) {
			t.Errorf("the reference says that %s is %q, and not that it is %q", c.sign, legend[c.sign], c.meaning)
		}
		seen[c.sign] = true
	}
	if len(seen) != len(signs) {
		t.Errorf("lines with %q are tried, of %q", slices.Sorted(maps.Keys(seen)), signs)
	}
}

// readLegend returns what the reference says about each mark.
func readLegend(t *testing.T) map[string]string {
	page, err := os.ReadFile("../../cmd/docs/REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\n### Marks of the text format\n")
	list, _, _ := strings.Cut(rest, "\n###")
	legend := map[string]string{}
	for _, entry := range regexp.MustCompile("(?m)^- `(.)`: (.*)$").FindAllStringSubmatch(list, -1) {
		legend[entry[1]] = entry[2]
	}
	return legend
}

// definedMarks returns the signs in the format's two tables of marks.
func definedMarks(t *testing.T) (signs []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../format/text.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	take := func(literal ast.Expr) {
		sign, err := strconv.Unquote(literal.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if sign != " " {
			signs = append(signs, sign)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit: // mark{'*', style}
			if name, ok := n.Type.(*ast.Ident); ok && name.Name == "mark" {
				take(n.Elts[0])
			}
		case *ast.ValueSpec: // marks = […]struct{…}{{field, sign, style}, …}
			if n.Names[0].Name == "marks" {
				for _, row := range n.Values[0].(*ast.CompositeLit).Elts {
					take(row.(*ast.CompositeLit).Elts[1])
				}
			}
		}
		return true
	})
	slices.Sort(signs)
	return slices.Compact(signs)
}
