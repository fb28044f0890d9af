package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restail/restail/cmd/serve"
)

// testCommand returns a token command that runs this test binary; commandChild
// lists what it can do.
func testCommand(what string) string {
	return "'" + os.Args[0] + "' " + what
}

func commandChild() int {
	fmt.Fprintln(os.Stderr, "a message of the command")
	args := os.Args[1:]
	switch args[0] {
	case "print":
		fmt.Print(strings.Join(args[1:], "|"))
	case "count":
		text, _ := os.ReadFile(args[1])
		n, _ := strconv.Atoi(string(text))
		os.WriteFile(args[1], []byte(strconv.Itoa(n+1)), 0o600)
		fmt.Println(strings.ReplaceAll(args[2], "N", strconv.Itoa(n+1)))
	case "fail":
		fmt.Println("MARKED-OUTPUT")
		return 7
	case "failafter": // works once
		if _, err := os.Stat(args[1]); err == nil {
			return 7
		}
		os.WriteFile(args[1], nil, 0o600)
		fmt.Println("a-token")
	case "flood":
		for {
			if _, err := fmt.Println(strings.Repeat("x", 1000)); err != nil {
				return 1
			}
		}
	case "nolineend":
		fmt.Fprint(os.Stderr, "without a line end")
		fmt.Println("a-token")
	case "background": // prints a token, and leaves a process that holds stdout open
		child := exec.Command(os.Args[0], "hang")
		child.Env, child.Stdout = append(os.Environ(), childEnviron("command")...), os.Stdout
		if child.Start() == nil {
			fmt.Println("a-token")
		}
	case "interrupted": // reports the signal that asks it to end
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt)
		fmt.Fprintln(os.Stderr, "ready")
		<-signals
		fmt.Fprintln(os.Stderr, "interrupted")
	case "hang":
		time.Sleep(20 * time.Second)
	}
	return 0
}

// TestCommandEndsItsLine checks that no message continues a line of the command.
func TestCommandEndsItsLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ command, want string }{
		{"nolineend", "a message of the command\nwithout a line end\n"},
		{"print a-token", "a message of the command\n"},
	} {
		w := newCommandFixture(t, test.command)
		mustToken(t, w.open(t), "")
		if got := w.stderr(); got != test.want {
			t.Errorf("%s: stderr is %q, want %q", test.command, got, test.want)
		}
	}
}

func newCommandFixture(t *testing.T, command string) *fixture {
	t.Helper()
	w := newFixture(t, serve.OAuthOptions{})
	w.Environ = append(w.Environ, childEnviron("command")...)
	w.TokenCommand = testCommand(command)
	return w
}

func TestCommandIsAskedAgain(t *testing.T) {
	t.Parallel()
	counter := filepath.Join(t.TempDir(), "n")
	w := newCommandFixture(t, "count '"+counter+"' token-N")
	s := w.open(t)
	for _, step := range []struct{ refused, want string }{{"", "token-1"}, {"", "token-1"}, {"token-1", "token-2"}, {"", "token-2"}, {"token-1", "token-2"}} {
		if got := mustToken(t, s, step.refused); got != step.want {
			t.Errorf("refused %q: got %q, want %q", step.refused, got, step.want)
		}
	}
	if got := strings.Count(w.stderr(), "a message of the command\n"); got != 2 {
		t.Errorf("its stderr was copied %d times", got)
	}
}

func TestCommandTellsWhenItExpires(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"1000000100", `"1000000100"`, "1.0000001e9", `"2001-09-09T01:48:20Z"`, `"2001-09-09T03:48:20+02:00"`, "1000000100.5"} {
		counter := filepath.Join(t.TempDir(), "n")
		w := newCommandFixture(t, "count '"+counter+`' '{"token":"token-N","expires_at":`+at+`}'`)
		now := time.Unix(1000000000, 0)
		w.Now = func() time.Time { return now }
		s := w.open(t)
		mustToken(t, s, "")
		now = now.Add(99 * time.Second)
		if got := mustToken(t, s, ""); got != "token-1" {
			t.Errorf("%s: before its end: %q", at, got)
		}
		now = now.Add(2 * time.Second)
		if got := mustToken(t, s, ""); got != "token-2" {
			t.Errorf("%s: after its end: %q", at, got)
		}
	}
}

func TestCommandThatDoesNotTellWhenItExpires(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", `,"expires_at":null`, `,"expires_in":1`} {
		counter := filepath.Join(t.TempDir(), "n")
		w := newCommandFixture(t, "count '"+counter+`' '{"token":"token-N"`+end+`}'`)
		now := time.Now()
		w.Now = func() time.Time { return now }
		s := w.open(t)
		mustToken(t, s, "")
		now = now.Add(1000 * time.Hour)
		if got := mustToken(t, s, ""); got != "token-1" {
			t.Errorf("%s: got %q", end, got)
		}
	}
}

func TestCommandArguments(t *testing.T) {
	t.Parallel()
	w := newCommandFixture(t, `print '$HOME' "a|b" \*`)
	if got := mustToken(t, w.open(t), ""); got != "$HOME|a|b|*" {
		t.Errorf("got %q", got)
	}
}

// TestCommandWithAByteOrderMark checks what a Windows shell prints.
func TestCommandWithAByteOrderMark(t *testing.T) {
	t.Parallel()
	for _, output := range []string{"\ufeffa-token", "\ufeff" + `{"token":"a-token"}`} {
		if got := mustToken(t, newCommandFixture(t, "print '"+output+"'").open(t), ""); got != "a-token" {
			t.Errorf("%q: got %q", output, got)
		}
	}
}

func TestCommandFails(t *testing.T) {
	t.Parallel()
	name := os.Args[0]
	tests := []struct {
		command string
		says    []string
	}{
		{"fail", []string{name, "exit status 7"}},
		{"flood", []string{name, "64 KiB"}},
		{"print", []string{name, "no token in it"}},
		{"print 'MARKED two words'", []string{name, "white space"}},
		{`print '{"token":"MARKED two words"}'`, []string{name, "white space"}},
		{`print '{"token":"MARKED"'`, []string{name, "JSON"}},
		{`print '{"token":"MARKED"} x'`, []string{name, "JSON"}},
		{`print '{"access":"MARKED"}'`, []string{name, `"token"`}},
		{`print '{"token":null}'`, []string{name, `"token"`}},
		{`print '{"token":"MARKED","expires_at":"tomorrow"}'`, []string{name, "expires_at"}},
		{`print '{"token":"MARKED","expires_at":1e300}'`, []string{name, "expires_at"}},
		{`print '{"token":"MARKED","expires_at":1740152273000}'`, []string{name, "expires_at"}}, // milliseconds
		{`print '{"token":"MARKED","expires_at":"NaN"}'`, []string{name, "expires_at"}},
		{`print '{"token":"MARKED","expires_at":{}}'`, []string{name, "expires_at"}},
	}
	for _, tt := range tests {
		w := newCommandFixture(t, tt.command)
		_, err := w.open(t).Token(t.Context(), "")
		wantError(t, err, statusUnauthorized, false, append(tt.says, "--token-command")...)
		if strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%v quotes what the command printed", err)
		}
	}

	w := newCommandFixture(t, "failafter '"+filepath.Join(t.TempDir(), "ran")+"'")
	s := w.open(t)
	mustToken(t, s, "")
	_, err := s.Token(t.Context(), "a-token")
	wantError(t, err, statusUnauthorized, true, "exit status 7")

	w = newCommandFixture(t, "print same")
	s = w.open(t)
	mustToken(t, s, "")
	_, err = s.Token(t.Context(), "same")
	wantError(t, err, statusUnauthorized, false, "same token again", "refused")

	w.TokenCommand = "/nowhere/at/all MARKED"
	_, err = w.open(t).Token(t.Context(), "")
	wantError(t, err, statusUnauthorized, false, "/nowhere/at/all", "cannot be run", "sh -c")
	if strings.Contains(err.Error(), "MARKED") {
		t.Errorf("%v quotes the arguments", err)
	}
	w.TokenCommand = "pass show x | head -1"
	_, err = Open(w.Options)
	wantError(t, err, statusUsage, false, "--token-command", "|", "sh -c")
}

// TestCommandLeavesAProcess checks that a background process of the command, such as
// an agent for keys, does not hold the token back.
func TestCommandLeavesAProcess(t *testing.T) {
	t.Parallel()
	w := newCommandFixture(t, "background")
	begin := time.Now()
	if got := mustToken(t, w.open(t), ""); got != "a-token" {
		t.Errorf("got %q", got)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestCommandIsStopped(t *testing.T) {
	t.Parallel()
	w := newCommandFixture(t, "hang")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	begin := time.Now()
	if _, err := w.open(t).Token(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}
