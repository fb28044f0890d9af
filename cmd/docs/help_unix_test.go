//go:build unix

package docs_test

import (
	"bufio"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/creack/pty"

	"github.com/restail/restail/cmd/docs"
)

// Help is as wide as the terminal that it is written to.
func TestHelpOnTerminal(t *testing.T) {
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	defer theirs.Close()
	if err := pty.Setsize(ours, &pty.Winsize{Rows: 24, Cols: 40}); err != nil {
		t.Fatal(err)
	}
	k, err := kong.New(&birds{}, kong.Name("birds"), kong.Writers(theirs, theirs), kong.Exit(func(int) {}),
		kong.Help(docs.Help{}.Print))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse([]string{"watch", "--help"}); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(ours).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "Watch the birds; plain birds does the" {
		t.Errorf("the first line is %q, %v", line, err)
	}
}
