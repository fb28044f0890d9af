package format

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/restail/restail/decode/record"
)

func TestAppendTable(t *testing.T) {
	golden(t, "table.golden", AppendTable(nil, []record.Linked{
		{Identifier: "1-discord-7", Platform: "discord", Channel: "猫 café 👩‍🚀", Status: "connected"},
		{Identifier: "1-facebook-8", Platform: "facebook", Channel: "Page", Status: "error", Reason: "new_reason"},
		{Identifier: "1-kick-3", Platform: "kick", Status: "connecting"},
		{Identifier: "1-twitch-9", Platform: "twitch", Channel: "foo\x1b[2J\nforged", Status: "error",
			Reason: "internal", ReasonText: "Something broke."},
		{Platform: "unknown"},
	}))
}

func TestAppendTableWithoutConnections(t *testing.T) {
	if got := string(AppendTable([]byte("x\n"), nil)); got != "x\nno connections\n" {
		t.Errorf("got %q", got)
	}
}

// TestAppendTableCutsCells checks that one long name widens no row beyond the
// greatest width of its column.
func TestAppendTableCutsCells(t *testing.T) {
	long := strings.Repeat("猫 ", 1<<19)
	stacked := "a" + strings.Repeat("\u0301", 1<<19)
	linked := []record.Linked{
		{Platform: long, Channel: long, Status: long, Reason: long, ReasonText: long},
		{Platform: "x", Channel: stacked, Status: "connected"},
	}
	for i := range 500 {
		linked = append(linked, record.Linked{Platform: "twitch", Channel: fmt.Sprint("channel ", i), Status: "connected"})
	}
	table := AppendTable(nil, linked)
	if len(table) > 100<<10 || !utf8.Valid(table) {
		t.Errorf("%d bytes for 502 connections", len(table))
	}
	lines := bytes.Split(table, []byte{'\n'})
	for i, line := range lines {
		if width := displaywidth.Bytes(line); width > 24+2+48+2+24+2+200 {
			t.Fatalf("row %d has %d columns", i, width)
		}
	}
	want := "twitch" + strings.Repeat(" ", 24-6+2) + "channel 499"
	if got := string(lines[len(lines)-2]); !strings.HasPrefix(got, want) {
		t.Errorf("the last row is %q", got)
	}
	if n := bytes.Count(table, []byte("…")); n != 4 {
		t.Errorf("%d cells are cut, want 4", n)
	}
}

// TestOriginOfLongNames checks that a long name costs no more memory than the
// column shows of it.
func TestOriginOfLongNames(t *testing.T) {
	w := NewText(TextOptions{Clock: Clock{none: true}})
	long := strings.Repeat("long name ", 1<<17)
	w.Know(record.Linked{Platform: "x", Channel: "a"})
	r := chat("x", long, "Ada", "hi")
	if line := w.Record(make([]byte, 0, 2<<10), r, nil); cap(line) > 2<<10 {
		t.Errorf("a line took %d bytes", cap(line))
	}
}
