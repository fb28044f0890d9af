//go:build unix

package cmd

import (
	"os"
	"testing"

	"github.com/creack/pty"
)

func TestTerminalWidth(t *testing.T) {
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	defer terminal.Close()
	width := terminalWidth(terminal)
	if width == nil {
		t.Fatal("a terminal has no width")
	}
	for _, columns := range []uint16{80, 200, 0} {
		if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
			t.Fatal(err)
		}
		if got := width(); got != int(columns) {
			t.Errorf("%d columns, want %d", got, columns)
		}
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, stream := range []any{file, nil, os.Stdin.Name} {
		if terminalWidth(stream) != nil {
			t.Errorf("%T has a width", stream)
		}
	}
	if !enableColor(terminal) {
		t.Error("a terminal shows no colours")
	}
}
